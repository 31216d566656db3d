"""Both ways of running the face networks give the same face."""

from __future__ import annotations

import pathlib
import sys

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.tflite import load_network
from txt2vid_ros.media.driving.driving_media import load_driving


def mesh_points() -> np.ndarray:
    frame = load_driving(width=640).frames[0]
    mesh = FaceMesh()
    points, score = mesh.landmarks(frame, mesh.detect(frame)[0])
    assert score > 0.9
    return points


def test_an_old_opencv_finds_the_same_face_with_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('ai_edge_litert')
    here = mesh_points()
    monkeypatch.delattr(cv2.dnn, 'readNetFromTFLite')
    assert np.abs(mesh_points() - here).max() < 0.05


def test_neither_of_them_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.dnn, 'readNetFromTFLite')
    monkeypatch.setitem(sys.modules, 'ai_edge_litert.interpreter', None)
    with pytest.raises(UserError, match='pip install ai-edge-litert'):
        FaceMesh()


def test_litert_names_a_damaged_file_too(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('ai_edge_litert')
    monkeypatch.delattr(cv2.dnn, 'readNetFromTFLite')
    file = tmp_path / 'face.tflite'
    file.write_bytes(b'<html>not found</html>')
    with pytest.raises(UserError, match='cannot be read'):
        load_network(file)
