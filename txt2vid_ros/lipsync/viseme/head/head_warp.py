"""Warping a still head: lids, brows, and the head as a whole against its background."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.head.head_turn import Box, HeadTurn
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState, Sway
from txt2vid_ros.lipsync.viseme.lid import is_in_picture, Lid
from txt2vid_ros.lipsync.viseme.lid_edges import lid_edges
from txt2vid_ros.lipsync.viseme.lid_skin import skin_top
from txt2vid_ros.lipsync.viseme.lid_tone import lid_gain
from txt2vid_ros.lipsync.viseme.warp import Map, remapped, remapped_sharply, smooth_step

Frame = NDArray[np.uint8]

BROW_LIFT = 0.016  # face units, as far as stress raises them
INNER_LIFT = 0.022  # face units, of the ends by the nose besides
_KNIT = 0.012  # face units by which the ends by the nose come together in anger
SHUT = 1.1  # times as far, where the eyes stay shut
LOOK = (0.034, 0.014)  # face units of the eyeball's surface to the side and up
_LID_FOLLOWS = 0.22  # of the eye's height by which the upper lid goes with the eyes
_STREAK = 0.035  # face units to both sides over which stretched skin is smoothed
_EVEN = (0.35, 0.75)  # of a blink, between which the line of lashes becomes an even one
_SHARP_REACH = 3  # pixels beside its place that sharp interpolation looks at
_LIDS = (
    (mp.RIGHT_LID_UPPER, mp.RIGHT_LID_LOWER, mp.RIGHT_BROW, mp.RIGHT_BROW_LOWER),
    (mp.LEFT_LID_UPPER, mp.LEFT_LID_LOWER, mp.LEFT_BROW, mp.LEFT_BROW_LOWER),
)


class HeadWarp:
    """Applies idle motion to rendered pictures of one face. Prepared once per still picture."""

    def __init__(self, face: FaceGeometry, picture: Frame) -> None:
        """Take the face's eyes, open as `picture` (height, width, 3) shows them."""
        self._face = face
        height, width = picture.shape[:2]
        self.eyes: Box = _box(
            face,
            list(mp.RIGHT_BROW + mp.LEFT_BROW + mp.RIGHT_LID_LOWER + mp.LEFT_LID_LOWER),
            0.16,
            width,
            height,
        )
        """The part of the picture in which lids, eyes and brows move."""
        x0, y0, x1, y1 = self.eyes
        ys, xs = np.mgrid[y0:y1, x0:x1]
        self._xy: Map = np.stack([xs, ys], axis=-1).astype(np.float32)
        units = face.to_units(self._xy.astype(np.float64))
        self._lids = _lids(face, picture, units)
        self._brow, self._inner, self._towards = _brow_weights(face, units)
        self._streak = 2 * max(1, round(_STREAK * face.unit)) + 1
        self._head = _box(face, list(mp.OVAL), 1.1, width, height)
        self._sharp = _box(face, list(mp.OVAL), 0.0, width, height)
        self._turn = HeadTurn(face, self._head)
        self._laid: tuple[Sway, Map] | None = None
        """The last sway, and where each pixel of the head's box comes from in it."""
        self._reach = 0
        """Pixels that a change of the picture may come away from its place in that sway."""

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture` warped to `state`; `picture` itself if nothing moves."""
        looking = self.look(picture, state)
        return self.sway(looking, state) if any(state.sway) else looking

    def look(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture` with lids, eyes and brows moved; `picture` itself if they do not."""
        return self._eyes_moved(picture, state) if any(state.eyes) else picture

    def sway(self, picture: Frame, state: IdleState) -> Frame:
        """Return a copy of `picture` with the head moved as a whole."""
        result = picture.copy()
        if any(state.sway):
            self._warp(picture, self._map(state.sway), self._head, result)
        return result

    def sway_part(self, picture: Frame, state: IdleState, changed: Sequence[Box],
                  result: Frame) -> None:
        """Bring `result`, of sway() in the same state, up to date where `picture` has changed."""
        moved = any(state.sway)
        where = self._map(state.sway) if moved else None
        x0, y0, x1, y1 = self._head
        for a, b, c, d in changed:
            result[b:d, a:c] = picture[b:d, a:c]
            if where is not None:
                reach = self._reach
                self._warp(picture, where, (
                    max(a - reach, x0), max(b - reach, y0), min(c + reach, x1),
                    min(d + reach, y1)), result)

    def _eyes_moved(self, picture: Frame, state: IdleState) -> Frame:
        lift: Map = np.zeros(self._xy.shape[:2], np.float32)
        aside: Map | None = None
        blink = float(min(state.blink - _LID_FOLLOWS * state.look_up, SHUT))
        for lid in self._lids:
            shift = lid.shift(blink)
            if state.look_right or state.look_up:
                # What is seen of the eyeball beside the lid, taken from where it was.
                ball = lid.opening(blink)
                turned = ball * (LOOK[0] * -state.look_right)
                aside = turned if aside is None else aside + turned
                shift += ball * (LOOK[1] * state.look_up)
            lift += shift
        lift += state.brows * BROW_LIFT * self._brow
        if state.inner_brows:
            lift += state.inner_brows * INNER_LIFT * self._inner
        if state.inner_brows < 0:
            knit = -state.inner_brows * _KNIT * self._towards
            aside = knit if aside is None else aside + knit
        axes = self._face.axes.astype(np.float32)
        where = self._xy + lift[..., None] * axes[:, 1]
        if aside is not None:
            where += aside[..., None] * axes[:, 0]
        x0, y0, x1, y1 = self.eyes
        result = picture.copy()
        moved = remapped(picture, where)
        if blink > 0:
            # The lashes and their shadow lie over the eyeball, and go with the lid.
            for lid in self._lids:
                drop, share = lid.lashes(blink)
                part = (lid.rows, lid.columns)
                # Skin that is pulled out of a few rows would show their pixels as streaks.
                grown = lid.stretched(blink)
                skin = moved[part] * (1 + (lid.gain - 1) * lid.in_light(blink)[..., None])
                smooth = _smoothed(skin, grown, self._streak)
                over = remapped(picture, where[part] - drop[..., None] * axes[:, 1])
                # Bits of the eye between the lashes would make a line of teeth of them.
                even = cv2.blur(over, (self._streak, 1))
                shut = np.float32(smooth_step(np.array([blink]), *_EVEN)[0])
                lashes = over * (1 - shut) + np.minimum(even, over) * shut
                mixed = smooth * (1 - share[..., None]) + lashes * share[..., None]
                moved[part] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        result[y0:y1, x0:x1] = moved
        return result

    def _map(self, sway: Sway) -> Map:
        """Return where each pixel of the head's box comes from; sets how far that may be."""
        if self._laid is None or self._laid[0] != sway:
            where, reach = self._turn.laid_out(sway)
            self._reach = reach + _SHARP_REACH
            self._laid = sway, where
        return self._laid[1]

    def _warp(self, picture: Frame, where: Map, box: Box, result: Frame) -> None:
        """Fill a box within the head's in `result` from `picture`."""
        x0, y0 = self._head[:2]
        left, top, right, bottom = self._sharp
        height, width = picture.shape[:2]
        # Linear interpolation would blur the face, where viewers look, at subpixel shifts.
        for part, sharp in (
            ((box[0], box[1], box[2], top), False),
            ((box[0], bottom, box[2], box[3]), False),
            ((box[0], top, left, bottom), False),
            ((right, top, box[2], bottom), False),
            ((left, top, right, bottom), True),
        ):
            a, b = max(part[0], box[0]), max(part[1], box[1])
            c, d = min(part[2], box[2]), min(part[3], box[3])
            if a >= c or b >= d:
                continue
            there, reach = where[b - y0:d - y0, a - x0:c - x0], self._reach
            result[b:d, a:c] = remapped_sharply(picture, there, (
                max(a - reach, 0), max(b - reach, 0), min(c + reach, width),
                min(d + reach, height))) if sharp else remapped(picture, there)


def _lids(face: FaceGeometry, picture: Frame, units: Array) -> list[Lid]:
    """Return the lids of those eyes that are in the picture."""
    lids = []
    for upper, lower, _, brow_lower in _LIDS:
        above, below = lid_edges(picture, face, upper, lower)
        if is_in_picture(units, above, below):
            brow = face.to_units(face.points[list(brow_lower)])
            brow = brow[np.argsort(brow[:, 0])]
            top = skin_top(picture, face, above, brow)
            gain = lid_gain(picture, face, units[..., 0], above, below, top)
            lids.append(Lid(face, units, upper, above, below, top, gain))
    return lids


def _smoothed(skin: Map, grown: Map, width: int) -> Map:
    """Return `skin` (h, w, 3) smoothed along the eye by how far it has `grown` (h, w)."""
    weight = cv2.blur(grown, (width, 1))[..., None]
    along = cv2.blur(skin * grown[..., None], (width, 1)) / np.maximum(weight, 1e-3)
    return np.asarray(skin + (along - skin) * grown[..., None], np.float32)


def _brow_weights(face: FaceGeometry, units: Array) -> tuple[Map, Map, Map]:
    """
    Return how much each pixel follows both brows, their ends by the nose, and these sideways.

    Fully at the brows, not at the lids. Sideways, towards the nose, is with a sign.
    """
    weight = np.zeros(units.shape[:2], np.float32)
    inner, towards = weight.copy(), weight.copy()
    nose = float(face.to_units(face.points[[mp.NOSE_BRIDGE]])[0, 0])
    for upper, _, brow, _ in _LIDS:
        arch, lid = face.to_units(face.points[list(brow)]), face.to_units(face.points[list(upper)])
        order = np.argsort(arch[:, 0])
        x, y = units[..., 0], units[..., 1]
        line = np.interp(x, arch[order, 0], arch[order, 1])
        eye = np.interp(x, lid[:, 0], lid[:, 1])
        below = 1 - smooth_step((y - line) / np.maximum(eye - line, 0.02), 0.1, 0.95)
        over = smooth_step(y, line - 0.14, line - 0.02)
        sides = smooth_step(x, arch[:, 0].min() - 0.12, arch[:, 0].min() + 0.02) * (
            1 - smooth_step(x, arch[:, 0].max() - 0.02, arch[:, 0].max() + 0.12)
        )
        own = below * over * sides
        weight = np.maximum(weight, own)
        # From the middle of the brow to its end by the nose.
        away = np.abs(x - nose) / max(float(np.abs(arch[:, 0] - nose).max()), 1e-3)
        by_nose = own * (1 - smooth_step(away, 0.2, 0.75))
        inner = np.maximum(inner, by_nose)
        side = np.sign(float(arch[:, 0].mean()) - nose)
        # Nothing moves across the middle.
        still = smooth_step((x - nose) * side, 0.0, 0.12)
        towards = np.where(by_nose * still > np.abs(towards), by_nose * still * side, towards)
    return weight, inner, towards.astype(np.float32)


def _box(
    face: FaceGeometry, points: list[int], margin: float, width: int, height: int
) -> tuple[int, int, int, int]:
    low = np.floor(face.points[points].min(0) - margin * face.unit).astype(int)
    high = np.ceil(face.points[points].max(0) + margin * face.unit).astype(int)
    return (
        int(np.clip(low[0], 0, width - 2)),
        int(np.clip(low[1], 0, height - 2)),
        int(np.clip(high[0], 2, width)),
        int(np.clip(high[1], 2, height)),
    )
