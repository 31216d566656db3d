"""The folds beside mouth and chin: softened where they are a smile's, and moving in speech."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose, SHAPE_INDEX
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.skin.blur import blurred
from txt2vid_ros.lipsync.viseme.warp import Map, remapped, smooth_step

Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]

_FINE, _COARSES = (
    0.010,
    (0.05, 0.10),
)  # face units: folds are darker than the skin between such scales
_WIDTH = 0.11  # face units, of the band along the mesh's lines that is looked at
_SOFT = 0.04  # face units, of that band's edges
_LIPS = (0.005, 0.04)  # face units beside the lips between which a smile's lines fade out
_BESIDE_LIPS = (0.02, 0.06)  # the same for folds that move
_OUTLINE = (0.02, 0.09)  # face units within the outline of the face: its edge is dark as well
_EVEN = 0.008  # face units over which a fold is even
_REACH = 0.06  # face units that a fold moves at most
_FAINT = (0.01, 0.035)  # of the light: less is unevenness of skin, and no fold is made of it
_HAIR = (0.05, 0.085)  # of the light: skin is not as rough as a beard
_MOST = 0.16  # of the light by which a fold is darkened
_SOFTEST = 0.6  # of a fold's depth that rounded lips take away
_REMAINS = 0.35  # of a fold in a smile after that is softened
_SMALL = 0.02  # of its depth: a change that nobody sees


@dataclasses.dataclass(frozen=True)
class _Kind:
    """
    A fold: mesh points along it, and what each mouth shape adds to its depth.

    `smile`: what corners that are up as in a smile add; `with_it`: mesh points along lines that a
    smile has besides; `below`: it is below the mouth.
    """

    line: tuple[int, ...]
    response: tuple[tuple[str, float], ...]
    smile: float = 0.0
    with_it: tuple[tuple[int, ...], ...] = ()
    below: bool = False


_BESIDE = (('lips_wide', 0.75), ('jaw_open', 0.3), ('lips_round', -0.9))
_UNDER = (('lips_closed', 0.3), ('lower_lip_in', 0.5), ('lips_round', 0.25), ('jaw_open', -0.7))
# Between cheek and upper lip, of the right and of the left side.
_SIDES = (
    _Kind((203, 206, 216, 212), _BESIDE, 0.8, ((216, 57, 43), (212, 214, 210))),
    _Kind((423, 426, 436, 432), _BESIDE, 0.8, ((436, 287, 273), (432, 434, 430))),
)
_CHIN = _Kind((204, 194, 201, 200, 421, 418, 424), _UNDER, below=True)


@dataclasses.dataclass(frozen=True)
class _Fold:
    """
    A fold's box in the region, and by how much of the light it is darker than skin.

    `shading` (height, width of the region): 255 is _MOST. `kept`: how much of the fold the face
    at rest has.
    """

    kind: _Kind
    box: Box
    shading: Frame
    kept: float


class Folds:
    """The folds of a face in one driving frame, and their shade in each pose."""

    def __init__(
        self, roi: Frame, face: FaceGeometry, corner: tuple[int, int], moving: Box | None
    ) -> None:
        """
        Look for folds in `roi` (h, w, 3) of the picture, which begins at `corner` (x, y).

        Only what is darker than its surroundings at the scale of a fold is one: skin that is
        smooth in the picture stays so. Outside of `moving` (x0, y0, x1, y1 in the picture)
        nothing is shaded. Without it nothing is at all: in a video folds move by themselves, and
        found in each frame they would flicker.
        """
        self.rested = roi if face.smile < 0.05 else roi.copy()
        """`roi` with the folds of a smile softened, as much as the face smiles."""
        self._folds: list[_Fold] = []
        for kind in _SIDES if moving is None else (*_SIDES, _CHIN):
            if moving is None and face.smile < 0.05:
                continue
            band = _band(roi.shape, face, corner, kind)
            if band is None:
                continue
            box, wide, narrow = band
            x0, y0, x1, y1 = box
            kept = 1.0
            part = roi[y0:y1, x0:x1]
            if face.smile >= 0.05 and kind.with_it:
                kept -= (1 - _REMAINS) * face.smile
                lift = _depth(part.astype(np.float32), face.unit)
                lift *= (face.smile * wide)[..., None]
                lifted = self.rested[y0:y1, x0:x1] + lift
                self.rested[y0:y1, x0:x1] = np.clip(lifted + 0.5, 0, 255).astype(np.uint8)
            if moving is None:
                continue
            shading = np.zeros(roi.shape[:2], np.uint8)
            shading[y0:y1, x0:x1] = _shading(part, narrow, face.unit)
            if int(shading.max()) * _MOST > _FAINT[0] * 255:
                limits = np.array(moving, np.float64).reshape(2, 2) - corner
                box = _around(shading, round(_REACH * face.unit), limits)
                self._folds.append(_Fold(kind, box, shading, kept))

    @property
    def nbytes(self) -> int:
        """Bytes held for the shading."""
        return sum(fold.shading.nbytes for fold in self._folds)

    def shade(
        self, picture: Frame, where: tuple[Map, Map], pose: MouthPose, corners: float
    ) -> None:
        """
        Shade the folds of `picture` (h, w, 3), in place.

        `where`: where each pixel comes from (h, w, 2), above the mouth and below. `corners`: how
        far those of the mouth are up as in a smile, -1 to 1. At rest nothing changes.
        """
        for fold in self._folds:
            deeper = fold.kind.smile * max(corners, 0.0) + sum(
                share * float(pose[SHAPE_INDEX[name]]) for name, share in fold.kind.response)
            deeper = min(max(deeper, -_SOFTEST * fold.kept), 1.0)
            x0, y0, x1, y1 = fold.box
            if abs(deeper) < _SMALL or x1 <= x0 or y1 <= y0:
                continue
            part = picture[y0:y1, x0:x1]
            share = remapped(fold.shading, where[fold.kind.below][y0:y1, x0:x1])
            change = cv2.multiply(part, cv2.merge([share] * 3), scale=abs(deeper) * _MOST / 255)
            (cv2.subtract if deeper > 0 else cv2.add)(part, change, part)


def _around(shading: Frame, reach: int, limits: Array) -> Box:
    """Return the box within `limits` in which what is not 0 may move by `reach` pixels."""
    x, y, width, height = cv2.boundingRect(shading)
    low = np.maximum(np.array([x, y]) - reach, limits[0])
    high = np.maximum(np.minimum(np.array([x + width, y + height]) + reach, limits[1]), low)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _band(
    shape: tuple[int, ...], face: FaceGeometry, corner: tuple[int, int], kind: _Kind
) -> tuple[Box, Map, Map] | None:
    """
    Return the part of the region in which a fold moves, and weights (h, w) along its lines.

    The first weight has all lines of a smile, the second that of the fold alone.
    """
    lines = [face.points[list(line)] - corner for line in (kind.line, *kind.with_it)]
    spots = np.concatenate(lines)
    margin = (_WIDTH / 2 + 2 * _SOFT) * face.unit
    x0, y0 = np.clip(np.floor(spots.min(0) - margin), 0, None).astype(int)
    x1, y1 = np.minimum(np.ceil(spots.max(0) + margin).astype(int), shape[1::-1])
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    outline = np.concatenate([face.lips.upper_outer, face.lips.lower_outer[::-1]])
    start = np.array([corner[0] + x0, corner[1] + y0])
    size = (int(y1 - y0), int(x1 - x0))
    away = np.asarray(cv2.distanceTransform(
        1 - _filled(face.to_pixels(outline) - start, size), cv2.DIST_L2, 3), np.float32)
    within = np.asarray(cv2.distanceTransform(np.pad(
        _filled(face.points[list(mp.OVAL)] - start, size), 1, mode='edge'), cv2.DIST_L2, 3)[
            1:-1, 1:-1], np.float32)
    wide = _along(lines, (x0, y0), size, face.unit) * smooth_step(
        away / face.unit, *_LIPS)
    narrow = _along(lines[:1], (x0, y0), size, face.unit) * smooth_step(
        away / face.unit, *_BESIDE_LIPS) * smooth_step(within / face.unit, *_OUTLINE)
    return (int(x0), int(y0), int(x1), int(y1)), wide, narrow


def _filled(outline: Array, size: tuple[int, int]) -> Frame:
    """Return 1 within `outline` (n, 2), in pixels, and 0 outside."""
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], (1,), cv2.LINE_8, 4)
    return mask


def _along(
    lines: list[Array], start: tuple[int, int], size: tuple[int, int], unit: float
) -> Map:
    mask = np.zeros(size, np.float32)
    for line in lines:
        fixed = np.round((line - start) * 16).astype(np.int32)
        cv2.polylines(mask, [fixed], False, (1.0,), max(3, round(_WIDTH * unit)), cv2.LINE_8, 4)
    return blurred(mask, _SOFT * unit)


def _depth(part: Map, unit: float) -> Map:
    """Return how much darker each pixel of `part` (h, w[, 3]) is than its surroundings."""
    fine = cv2.GaussianBlur(part, (0, 0), max(0.6, _FINE * unit))
    depth = np.zeros_like(part)
    for coarse in _COARSES:
        np.maximum(depth, blurred(part, coarse * unit) - fine, out=depth)
    return depth


def _shading(part: Frame, weight: Map, unit: float) -> Frame:
    """Return by how much of the light (h, w; 255 is _MOST) a fold is darker than skin."""
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).astype(np.float32)
    share = np.asarray(cv2.GaussianBlur(
        _depth(grey, unit) * weight / (grey + 8), (0, 0), max(0.5, _EVEN * unit)), np.float32)
    if float(share.max()) < _FAINT[0]:
        return np.zeros(grey.shape, np.uint8)
    fine = cv2.GaussianBlur(grey, (0, 0), max(0.6, _FINE * unit))
    rough = np.asarray(blurred(np.abs(grey - fine), 0.03 * unit) / (fine + 8), np.float32)
    skin = smooth_step(share, *_FAINT) * (1 - smooth_step(rough, *_HAIR))
    return np.asarray(np.round(np.minimum(share / _MOST, 1) * skin * 255), np.uint8)
