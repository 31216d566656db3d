"""Folds beside the mouth deepen as lips spread and soften as they round, if there are any."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.geometry import read_face
from txt2vid_ros.lipsync.viseme.skin.folds import Folds
from txt2vid_ros.media.driving.driving_media import load_driving
from viseme_views import held

SKIN = (120, 150, 200)
FOLDS = ((203, 206, 216), (423, 426, 436))


@pytest.fixture(scope='module')
def mesh() -> np.ndarray:
    return find_face(load_driving('test/portraits/glasses.jpg'), FaceMesh).points[0]


def drawn(mesh: np.ndarray, depth: float, *, hair: bool = False) -> np.ndarray:
    """Return even skin or hair and, `depth` darker, folds where that face has them."""
    picture = np.full((640, 640, 3), SKIN, np.float32)
    unit = float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
    for fold in FOLDS:
        shade = np.zeros((640, 640), np.float32)
        cv2.polylines(shade, [np.round(mesh[list(fold), :2]).astype(np.int32)], False, (1.0,), 5)
        picture *= 1 - depth * cv2.GaussianBlur(shade, (0, 0), 0.02 * unit)[..., None]
    if hair:
        picture *= np.random.default_rng(1).uniform(0.5, 1.5, (640, 640, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def shaded(picture: np.ndarray, mesh: np.ndarray, **shapes: float) -> np.ndarray:
    """Return `picture` with its folds in a pose, and nothing moved."""
    height, width = picture.shape[:2]
    folds = Folds(picture, read_face(mesh, picture), (0, 0), (0, 0, width, height))
    still = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    result = picture.copy()
    folds.shade(result, (still, still), held(**shapes).mouth(0), 0.0)
    return result


def depth_of(picture: np.ndarray, mesh: np.ndarray) -> float:
    """Return how much darker the folds are than skin."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return 1 - float(np.mean([grey[round(y), round(x)] for x, y in mesh[[206, 426], :2]])) / 162


def test_a_fold_deepens_with_spread_lips_and_softens_with_rounded_ones(mesh: np.ndarray) -> None:
    picture = drawn(mesh, 0.12)
    pictured = depth_of(picture, mesh)
    assert pictured > 0.05
    assert depth_of(shaded(picture, mesh, lips_wide=1.0), mesh) > 1.3 * pictured
    assert depth_of(shaded(picture, mesh, lips_round=1.0), mesh) < 0.75 * pictured
    assert (shaded(picture, mesh) == picture).all()


@pytest.mark.parametrize('hair', [False, True], ids=['smooth skin', 'a beard'])
def test_where_there_is_no_fold_none_is_made(mesh: np.ndarray, hair: bool) -> None:
    picture = drawn(mesh, 0, hair=hair).astype(int)
    for shape in ('lips_wide', 'jaw_open', 'lips_round', 'lower_lip_in'):
        made = shaded(picture.astype(np.uint8), mesh, **{shape: 1.0})
        assert np.abs(made - picture).max() <= 1
