"""Cutting the face out of a driving frame and blending the new mouth into it."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.face.boxes import Box
from txt2vid_ros.lipsync.wav2lip.architecture import FACE, MASKED_ROW
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth
from txt2vid_ros.lipsync.wav2lip.generator.rows import LOWER_FACE_ROW

Alpha = NDArray[np.float32]

# The jaw in a face box, as fractions of its size: a superellipse from the cheekbones to the chin.
_CENTRE, _TOP = 0.5, 0.49
_HALF_WIDTH, _DEPTH, _POWER = 0.46, 0.48, 2.5
_FEATHER = 0.16                             # of the distance from the contour to the centre
_FADE_IN = (MASKED_ROW / FACE, (MASKED_ROW + 8) / FACE)
_JAW_ROOM = 1.06
_TRACED, _TRACED_FEATHER = 192, 0.09        # side at which an outline is traced; share of it
_CHEEK_ROW = 70                             # of 96; the mouth's corners are about there
_MAX_DIFFERENCE = 0.15                      # of full scale; more is motion rather than light


def cut(frame: Frame, box: Box) -> Crop:
    """Return the face in `box` at the size that the network sees."""
    left, top, right, bottom = box
    crop = cv2.resize(frame[top:bottom, left:right], (FACE, FACE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(crop, np.uint8)


def mask(width: int, height: int, outline: NDArray[np.float32] | None = None) -> Alpha:
    """
    Return how much of the new mouth shows in a box: (height, width) in 0..1.

    0 over the upper half and beyond the jaw, 1 around the mouth, feathered between. `outline`: the
    contour of the whole face, (k, 2) as fractions of the box; without it, that of a face seen
    from the front.
    """
    v = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    fade = _smoothstep((v - _FADE_IN[0]) / (_FADE_IN[1] - _FADE_IN[0]))
    inside = _frontal(width, height) if outline is None else _traced(width, height, outline)
    alpha: Alpha = (inside * fade).astype(np.float32)
    return alpha


def _frontal(width: int, height: int) -> NDArray[np.floating[Any]]:
    u = (np.arange(width, dtype=np.float32) + 0.5) / width
    v = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    across = np.abs(u - _CENTRE) / _HALF_WIDTH
    down = np.maximum(v - _TOP, 0) / _DEPTH
    radius = (across ** _POWER + down ** _POWER) ** (1 / _POWER)
    return _smoothstep((1 - radius) / _FEATHER)


def _traced(width: int, height: int, outline: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """Return 1 deep inside the outline, 0 outside, and outside the box's edge."""
    # A little larger than the face at rest, as an opening mouth moves the chin down.
    middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
    points = (middle + (outline - middle) * _JAW_ROOM) * _TRACED
    small = np.zeros((_TRACED, _TRACED), np.uint8)
    cv2.fillPoly(small, [np.rint((points - 0.5) * 16).astype(np.int32)], 1, shift=4)
    # The edge of the box always counts as outside.
    small[[0, 1, -2, -1]] = 0
    small[:, [0, 1, -2, -1]] = 0
    depth = cv2.distanceTransform(small, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    soft = np.asarray(cv2.GaussianBlur(depth, (0, 0), 2.0), np.float32)
    inside = _smoothstep(soft / (_TRACED_FEATHER * _TRACED)).astype(np.float32)
    return np.asarray(
        cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _smoothstep(x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    x = np.clip(x, 0, 1)
    step: NDArray[np.floating[Any]] = x * x * (3 - 2 * x)
    return step


@functools.cache
def _colour_fit() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    Return the slopes (N, 2) over the lower face and the fit to its upper rim (2, N).

    The lighting of the network's picture and of the frame may differ by a constant and a slope
    across the face. The difference is measured on the feathered rim where speech hardly moves the
    skin: over the cheeks and the base of the nose. The chin, which drops, is left out.
    """
    alpha = mask(FACE, FACE)[LOWER_FACE_ROW:]
    rows, columns = np.mgrid[LOWER_FACE_ROW:FACE, 0:FACE].astype(np.float32)
    slopes = np.stack((np.ones_like(rows), columns / FACE - 0.5), axis=-1).reshape(-1, 2)
    weight = (alpha * (1 - alpha) * (rows < _CHEEK_ROW)).reshape(-1, 1)
    fit = np.linalg.solve(slopes.T @ (weight * slopes), (weight * slopes).T)
    return slopes, fit.astype(np.float32)


def colour_matched(mouth: Mouth, crop: Crop) -> Mouth:
    """Return the mouth with its lighting matched to the driving frame's `crop`."""
    slopes, fit = _colour_fit()
    target = crop[LOWER_FACE_ROW:].astype(np.float32) / 255
    difference = (target - mouth).reshape(-1, 3).clip(-_MAX_DIFFERENCE, _MAX_DIFFERENCE)
    matched: Mouth = np.clip(mouth + (slopes @ (fit @ difference)).reshape(mouth.shape), 0, 1)
    return matched


def paste(frame: Frame, box: Box, mouth: Mouth, alpha: Alpha, weight: float = 1.0) -> None:
    """
    Blend `mouth`, the last rows of a 96x96 face, into `box` of `frame`, in place.

    `alpha`: (height, width) of the box. Where it is 0 the frame keeps its exact values.
    """
    left, top, right, bottom = box
    rows = np.flatnonzero(alpha.any(axis=1))
    if len(rows) == 0:
        return
    first = int(rows[0])
    missing = FACE - len(mouth)
    face = np.concatenate((np.repeat(mouth[:1], missing, axis=0), mouth)) if missing else mouth
    # Truncated to 8 bits before enlarging, as published: identical output in a third of the time.
    small = (face * 255).astype(np.uint8)
    picture = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    target = frame[top + first:bottom, left:right]
    original = target.astype(np.float32)
    blend = original + (picture[first:] - original) * (alpha[first:, :, None] * weight)
    np.copyto(target, np.rint(blend).astype(np.uint8))
