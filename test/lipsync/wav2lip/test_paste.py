"""Cutting the face out and blending the mouth in."""

from __future__ import annotations

from typing import Any

from arrays import Array, Golden
import numpy as np
import pytest
from txt2vid_ros.lipsync.face.boxes import Box
from txt2vid_ros.lipsync.wav2lip import paste
from txt2vid_ros.lipsync.wav2lip.generator.base import MOUTH_SHAPE, network_input

BOX: Box = (20, 10, 120, 140)


def golden_box(data: dict[str, Any]) -> Box:
    top, bottom, left, right = data['box_y1y2x1x2'].tolist()
    return left, top, right, bottom


def test_the_crop_and_the_network_input_equal_the_golden_ones(golden: Golden) -> None:
    data = golden('crop_paste_golden.npz')
    crop = paste.cut(data['frame_bgr_u8'], golden_box(data))
    assert np.abs(crop.astype(int) - data['crop96_u8']).max() <= 1
    np.testing.assert_allclose(network_input(data['crop96_u8'][None])[0], data['net_input'],
                               atol=1e-7)


def test_pasting_without_a_mask_equals_the_golden_picture(golden: Golden) -> None:
    data = golden('crop_paste_golden.npz')
    frame, box = data['frame_bgr_u8'].copy(), golden_box(data)
    everything = np.ones((box[3] - box[1], box[2] - box[0]), np.float32)
    paste.paste(frame, box, data['pred'].transpose(1, 2, 0), everything)
    assert np.abs(frame.astype(int) - data['pasted']).max() <= 1


@pytest.mark.parametrize('height', [24, 25, 47, 95, 96, 97, 191, 240, 333, 1001])
def test_rows_above_those_that_are_decoded_show_nowhere(height: int) -> None:
    face = np.random.default_rng(height).random((96, 96, 3)).astype(np.float32)
    whole, lower = np.zeros((2, height, 60, 3), np.uint8)
    alpha = paste.mask(60, height)
    paste.paste(whole, (0, 0, 60, height), face, alpha)
    paste.paste(lower, (0, 0, 60, height), face[-MOUTH_SHAPE[0]:], alpha)
    assert whole.any()
    np.testing.assert_array_equal(lower, whole)


@pytest.mark.parametrize('size', [(24, 24), (96, 96), (187, 224), (640, 900)])
def test_the_mask_is_soft_inside_the_jaw_and_nothing_elsewhere(size: tuple[int, int]) -> None:
    width, height = size
    alpha = paste.mask(width, height)
    assert alpha.shape == (height, width)
    assert alpha.min() == 0 and alpha.max() > 0.97
    assert not alpha[:height // 2].any()
    assert max(alpha[:, 0].max(), alpha[:, -1].max(), alpha[-1].max()) < 0.05
    if width > 90:
        assert np.abs(np.diff(alpha, axis=0)).max() < 0.25
        assert np.abs(np.diff(alpha, axis=1)).max() < 0.25


def oval(turn: float = 0.0) -> Array:
    """Return the outline of a face that is `turn` box widths off the centre."""
    angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    return np.stack((0.5 + turn + 0.35 * np.sin(angle), 0.5 - 0.48 * np.cos(angle)), -1).astype(
        np.float32)


def test_the_mask_follows_the_jaw_of_a_turned_face() -> None:
    left, right = paste.mask(200, 260, oval(-0.1)), paste.mask(200, 260, oval(0.1))
    for alpha in (left, right):
        assert not alpha[:130].any() and alpha.max() > 0.97
        assert max(alpha[:, 0].max(), alpha[:, -1].max(), alpha[-1].max()) < 0.02
        assert np.abs(np.diff(alpha, axis=1)).max() < 0.25
    np.testing.assert_allclose(left, right[:, ::-1], atol=0.06)
    columns = np.flatnonzero(left[170] > 0.5)
    assert 12 <= columns[0] <= 40 and 120 <= columns[-1] <= 150


def test_outside_the_mask_the_frame_is_bit_identical() -> None:
    noise = np.random.default_rng(1)
    frame = noise.integers(0, 256, (150, 150, 3), np.uint8)
    pasted = frame.copy()
    alpha = paste.mask(100, 130)
    paste.paste(pasted, BOX, noise.random(MOUTH_SHAPE, np.float32), alpha)
    changed = np.any(pasted != frame, axis=2)
    allowed = np.zeros((150, 150), bool)
    allowed[10:140, 20:120] = alpha > 0
    assert changed.any() and not changed[~allowed].any()
    assert not changed[:75].any()


def test_weight_blends_towards_the_frame() -> None:
    frame = np.full((150, 150, 3), 100, np.uint8)
    mouth, alpha = np.ones(MOUTH_SHAPE, np.float32), paste.mask(100, 130)
    centre = []
    for weight in (0.0, 0.25, 0.5, 1.0):
        pasted = frame.copy()
        paste.paste(pasted, BOX, mouth, alpha, weight)
        centre.append(int(pasted[110, 70, 0]))
    assert centre == [100, 139, 178, 255]


def test_an_empty_mask_pastes_nothing() -> None:
    frame = np.zeros((150, 150, 3), np.uint8)
    paste.paste(frame, BOX, np.ones(MOUTH_SHAPE, np.float32), np.zeros((130, 100), np.float32))
    assert not frame.any()


def test_light_that_differs_across_the_face_is_matched() -> None:
    crop = np.full((96, 96, 3), (90, 120, 150), np.uint8)
    crop[70:80, 30:66] = (60, 60, 160)                      # lips, inside the mask
    mouth = crop[-MOUTH_SHAPE[0]:].astype(np.float32) / 255
    slope = np.linspace(-0.04, 0.04, 96, dtype=np.float32)[None, :, None]
    matched = paste.colour_matched(mouth + 0.05 + slope, crop)
    assert np.abs(matched - mouth).max() < 0.01


def test_a_mouth_that_moved_is_not_taken_for_light() -> None:
    crop = np.full((96, 96, 3), 140, np.uint8)
    mouth = np.full(MOUTH_SHAPE, 140 / 255, np.float32)
    mouth[20:40, 40:56] = 0                                 # a wide open mouth
    mouth[40:] -= 0.2                                       # and what the chin left behind
    matched = paste.colour_matched(mouth, crop)
    assert np.abs(matched[:20] - mouth[:20]).max() < 0.01
