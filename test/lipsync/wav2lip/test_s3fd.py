"""The detector against the golden data, and the loading of its published checkpoint."""

from __future__ import annotations

import json
import pathlib

from arrays import Array, Golden
import checkpoints
import numpy as np
import pytest
import torch
from txt2vid_ros.lipsync.face.s3fd.decoding import decode, faces, suppress
from txt2vid_ros.lipsync.face.s3fd.model import load_checkpoint, preprocess, S3FD


@pytest.fixture(scope='module')
def maps(golden: Golden, s3fd: S3FD) -> list[Array]:
    """Return the twelve maps that our detector gives for the golden picture."""
    frame = golden('s3fd_golden.npz')['image_bgr_u8']
    with torch.inference_mode():
        return [m[0].numpy() for m in s3fd(preprocess(frame[None]))]


def test_names_shapes_and_order_are_those_of_the_published_checkpoint(
        golden_dir: pathlib.Path) -> None:
    expected = json.loads((golden_dir / 's3fd_state.json').read_text())['state']
    ours = [[name, list(t.shape), str(t.dtype).removeprefix('torch.')]
            for name, t in S3FD().state_dict().items()]
    assert ours == expected


def test_maps_equal_the_golden_maps(golden: Golden, maps: list[Array]) -> None:
    for i, ours in enumerate(maps):
        np.testing.assert_allclose(ours, golden('s3fd_golden.npz')[f'map{i}'], atol=1e-4)


def test_faces_and_rectangle_equal_the_golden_ones(golden: Golden, maps: list[Array]) -> None:
    data = golden('s3fd_golden.npz')
    found = faces(maps)
    assert found.shape == data['final'].shape
    np.testing.assert_allclose(found[:, 4], data['final'][:, 4], atol=1e-4)
    # A thousandth of a pixel: an error of 1e-5 in a map grows by up to 256 pixels a unit.
    np.testing.assert_allclose(found[:, :4], data['final'][:, :4], atol=2e-3)
    np.testing.assert_array_equal(found[:, :4].astype(int), data['final'][:, :4].astype(int))
    best = np.maximum(0.0, found[0, :4]).astype(int)
    assert tuple(best) == tuple(data['rect_xyxy_int'])


def test_candidates_and_suppression_equal_the_golden_ones(golden: Golden) -> None:
    data = golden('s3fd_golden.npz')
    candidates = decode([data[f'map{i}'] for i in range(12)])
    assert abs(len(candidates) - int(data['raw_count'])) <= 2   # two lie on the threshold
    best = candidates[np.argsort(-candidates[:, 4], kind='stable')][:512]
    np.testing.assert_allclose(best, data['raw_top512'], rtol=1e-5, atol=1e-3)
    assert abs(len(suppress(candidates)) - len(data['nms_keep'])) <= 2


def test_no_face() -> None:
    empty = [np.zeros((2 + 2 * (i % 2), 4, 4), np.float32) - 9 * (i % 2) for i in range(12)]
    for classes in empty[::2]:
        classes[0] = 9
    assert decode(empty).shape == (0, 5)
    assert faces(empty).shape == (0, 5)


def test_loads_the_layout_of_the_published_file(s3fd: S3FD, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 's3fd.pth'
    checkpoints.save_published(s3fd.state_dict(), path, pickle_module=checkpoints.Python2Pickle)
    loaded = load_checkpoint(path)
    assert all(torch.equal(t, loaded.state_dict()[n]) for n, t in s3fd.state_dict().items())


def test_any_frame_size(s3fd: S3FD) -> None:
    with torch.inference_mode():
        maps = s3fd(preprocess(np.zeros((2, 67, 90, 3), np.uint8)))
    assert [m.shape[0] for m in maps] == [2] * 12
