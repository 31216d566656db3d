"""The two halves of the pictured face that part at the mouth: textures with alpha."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry
from txt2vid_ros.lipsync.viseme.skin.blur import blurred

Picture = NDArray[np.float32]
Array = NDArray[np.float64]

_INSET = 0.008  # face units that the lips' blurred edge loses to a neighbour of clean colour
_OPEN = 0.04  # face units between the lips from which on their parting leaves dark corners
_STAIN = 0.62  # of the usual lightness around a mouth: what is darker is no lip
_STAIN_REACH = 0.035  # face units
_STAIN_EDGE = 0.08  # face units across, of its soft edge
_SHADED = 0.8  # of a lip's usual lightness: in that edge, what is darker is no lip
_GOES_ON = 0.13  # face units beside an open mouth that its dark may go on
_OVERLAP = 0.007  # face units that each lip goes on behind the line where they meet
_FILL_REACH = 0.1
_WIDE_OPEN = 0.12  # face units between the lips from which on the mesh is not to be trusted
_PALER = 0.10  # red over green: teeth against lips
_SHIFT = 4  # fractional bits of polygon corners


def cut_layers(
    roi: NDArray[np.uint8], corner: tuple[int, int], face: FaceGeometry
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """
    Return the upper and the lower half of `roi` as (h, w, 4) uint8, BGR and alpha.

    `corner`: the region's position in the picture. Beyond its inner edge each half continues in
    the colour of its own lip, so that neither teeth nor the other lip show through.
    """
    offset = np.array(corner, np.float64)
    upper = face.to_pixels(face.lips.upper_inner) - offset
    lower = face.to_pixels(face.lips.lower_inner) - offset
    down = face.axes[:, 1]
    inset = _INSET * down
    far = 2.0 * down
    right = face.axes[:, 0] * 2.0
    # Near the corners the two lips would overlap: shrink the inset with their height.
    taper = np.clip(np.sin(np.linspace(0, np.pi, len(upper))) * 2, 0, 1)[:, None]
    overlap = _OVERLAP * down * taper
    upper_edge, lower_edge = upper + overlap, lower - overlap
    below_upper = _polygon(
        roi.shape, np.concatenate([upper_edge, [upper_edge[-1] + far, upper_edge[0] + far]])
    )
    wide = np.concatenate([[lower_edge[0] - right], lower_edge, [lower_edge[-1] + right]])
    above_lower = _polygon(roi.shape, np.concatenate([wide, [wide[-1] - far, wide[0] - far]]))
    hole_up = np.concatenate([upper - inset * taper, lower[::-1]])
    hole_low = np.concatenate([upper, (lower + inset * taper)[::-1]])
    soft = max(0.6, 0.004 * face.unit)
    dark = _dark_around(roi, corner, face)
    outer = face.to_pixels(face.lips.upper_outer) - offset
    teeth = _teeth_in_lip(roi, outer, upper, face)
    upper_hole = np.maximum(np.maximum(_polygon(roi.shape, hole_up), dark), teeth)
    upper_texture = _continued(roi, upper_hole, face.unit)
    lower_texture = _continued(roi, np.maximum(_polygon(roi.shape, hole_low), dark), face.unit)
    return (
        _with_alpha(upper_texture, 255 - cv2.GaussianBlur(below_upper, (0, 0), soft)),
        _with_alpha(lower_texture, 255 - cv2.GaussianBlur(above_lower, (0, 0), soft)),
    )


def _polygon(shape: tuple[int, ...], corners: Array) -> NDArray[np.uint8]:
    mask = np.zeros(shape[:2], np.uint8)
    fixed = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, _SHIFT)
    return mask


def _dark_around(
    roi: NDArray[np.uint8], corner: tuple[int, int], face: FaceGeometry
) -> NDArray[np.uint8]:
    """
    Return the dark of an open mouth just outside the inner lips, mostly at its corners.

    It belongs to neither lip and would remain as a stain when they close.
    """
    hole = np.concatenate([face.lips.upper_inner, face.lips.lower_inner[::-1]])
    mask = _polygon(roi.shape, face.to_pixels(hole) - corner)
    if face.gap < _OPEN:
        return np.zeros_like(mask)
    size = max(3, round(2 * _STAIN_REACH * face.unit)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    around = cv2.dilate(mask, kernel) > 0
    # numpy's own maximum over the last axis is ten times slower.
    level = np.maximum(np.maximum(roi[..., 0], roi[..., 1]), roi[..., 2])
    usual = float(np.median(level[around & (mask == 0)]))
    dark = level < _STAIN * usual
    stain = (around & dark).astype(np.uint8) * 255
    stain = np.maximum(stain, _goes_on(mask, dark, face))
    # The soft edge of what is that dark is no colour of a lip either.
    size = max(3, round(_STAIN_EDGE * face.unit)) | 1
    edge = cv2.dilate(stain, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    stain[(edge > 0) & _shaded(level, corner, face)] = 255
    return np.asarray(cv2.dilate(stain, np.ones((3, 3), np.uint8)), np.uint8)


def _shaded(
    level: NDArray[np.uint8], corner: tuple[int, int], face: FaceGeometry
) -> NDArray[np.bool_]:
    """Return what is darker than the lip that it is next to usually is."""
    outer_up, inner_up, inner_low, outer_low = (
        face.to_pixels(row) - corner for row in face.lips.rows())
    upper = _polygon(level.shape, np.concatenate([outer_up, inner_up[::-1]])) > 0
    lower = _polygon(level.shape, np.concatenate([inner_low, outer_low[::-1]])) > 0
    far = 2.0 * face.axes[:, 1]
    line = (inner_up + inner_low) / 2
    below = _polygon(level.shape, np.concatenate([line, [line[-1] + far, line[0] + far]])) > 0
    most = [_SHADED * float(np.median(level[lip])) if lip.any() else 0.0 for lip in (upper, lower)]
    return np.asarray(level < np.where(below, most[1], most[0]))


def _goes_on(
    hole: NDArray[np.uint8], dark: NDArray[np.bool_], face: FaceGeometry
) -> NDArray[np.uint8]:
    """
    Return what is `dark` without a break from `hole` on, further than the mesh is usually wrong.

    The mesh of a head that is turned ends an open mouth before its far corner. What goes on to
    the edge of the reach is hair, a beard or a shadow, and is left alone.
    """
    found = np.zeros_like(hole)
    size = max(3, round(2 * _GOES_ON * face.unit)) | 1
    reach = cv2.dilate(hole, np.ones((size, size), np.uint8)) > 0
    inner = cv2.dilate(hole, np.ones((size - 2, size - 2), np.uint8)) > 0
    outside = reach & dark & (hole == 0)
    count, labels = cv2.connectedComponents(outside.astype(np.uint8))
    beside = cv2.dilate(hole, np.ones((3, 3), np.uint8)) > 0
    for label in range(1, count):
        one = labels == label
        if (one & beside).any() and not (one & ~inner).any():
            found[one] = 255
    return found


def _teeth_in_lip(
    roi: NDArray[np.uint8], outer: Array, inner: Array, face: FaceGeometry
) -> NDArray[np.uint8]:
    """Return the teeth that the mesh of a wide-open mouth mistakes for the edge of the lip."""
    nothing = np.zeros(roi.shape[:2], np.uint8)
    if face.gap < _WIDE_OPEN:
        return nothing
    middle = (outer + inner) / 2
    lip = _polygon(roi.shape, np.concatenate([outer, middle[::-1]])) > 128
    below = _polygon(roi.shape, np.concatenate([middle, inner[::-1]])) > 0
    if lip.sum() < 10:
        return nothing
    picture = cv2.GaussianBlur(roi, (0, 0), max(0.5, 0.006 * face.unit)).astype(np.float32)
    redness = picture[..., 2] / np.maximum(picture[..., 1], 1)
    pale = below & (redness < float(np.median(redness[lip])) - _PALER)
    return np.asarray(cv2.dilate(pale.astype(np.uint8) * 255, np.ones((3, 3), np.uint8)))


def _continued(
    roi: NDArray[np.uint8], hole: NDArray[np.uint8], unit: float
) -> NDArray[np.uint8]:
    """Return `roi` with `hole` filled from its rim by ever wider normalised blurs."""
    found = cv2.boundingRect(hole)
    if found[2] == 0:
        return roi
    margin = round(_FILL_REACH * unit)
    x0, y0 = max(0, found[0] - margin), max(0, found[1] - margin)
    x1, y1 = found[0] + found[2] + margin, found[1] + found[3] + margin
    whole = roi.copy()
    part = _filled(roi[y0:y1, x0:x1], hole[y0:y1, x0:x1], unit)
    whole[y0:y1, x0:x1] = np.clip(part, 0, 255).astype(np.uint8)
    return whole


def _filled(roi: NDArray[np.uint8], hole: NDArray[np.uint8], unit: float) -> Picture:
    valid = (hole < 8).astype(np.float32)
    filled = roi.astype(np.float32)
    missing = 1 - valid
    result = filled * valid[..., None]
    for sigma in (0.006, 0.014, 0.03, 0.07):
        around = blurred(filled * valid[..., None], sigma * unit)
        weight = blurred(valid, sigma * unit)
        reached = (weight > 0.02) & (missing > 0)
        result[reached] = around[reached] / weight[reached][:, None]
        missing[reached] = 0
    return np.asarray(result, np.float32)


def _with_alpha(texture: NDArray[np.uint8], alpha: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(cv2.merge([*cv2.split(texture), alpha.astype(np.uint8)]), np.uint8)
