"""How a mouth pose moves the lips, the jaw and the skin around them."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose, SHAPE_INDEX
from txt2vid_ros.lipsync.viseme.geometry import Lips

Array = NDArray[np.float64]

# In face units (distance of the outer eye corners, about 90 mm): the extremes of speech.
JAW_GAP = 0.155  # between the lips, 14 mm
JAW_DROP = 0.115  # of the chin, 10 mm
_ORDER = [SHAPE_INDEX[name] for name in (
    'jaw_open', 'lips_closed', 'lips_round', 'lips_wide', 'lower_lip_in', 'tongue_up')]
_TOOTH_GAP = 0.035  # f, v: the upper teeth's edge shows
_TONGUE_GAP = 0.03
_ROUND_GAP = 0.035
_WIDE_GAP = 0.03
_SLIT = 0.9  # of the mouth's width, between the ends of the inner lips
_ASIDE = (0.05, 0.1)  # of the mouth's width between its middle and where the lips' halves meet
_ROUNDED_END = 0.94  # at the ends of the inner lips: the slit is not quite a point
_OVERLAP_SEEN = 0.014  # of a gap is covered by the inner skin of the lips
NARROWING = 0.29  # of the mouth's width by rounding
_PRESSED = 0.05  # of the mouth's width by lips that are pressed together
_FULLER_ROUND = 0.07  # of their height by rounding, in the middle
_BLUNT = 0.6  # of the way from the pictured outline to that of a ring, by rounding
WIDENING = 0.13  # of the mouth's width by spreading
ROUND_DROP = 0.02  # of the upper lip
_UPPER_SHARE = 0.2  # of the gap that the upper lip gives
# Of the corners of the mouth in an expression, at most: what more would tear cheeks or lips.
CORNER_RISE, CORNER_FALL = 0.036, 0.075
CORNER_SPREAD = 0.09  # of the mouth's width in a smile; half as much narrower in sorrow


@dataclasses.dataclass(frozen=True)
class Articulated:
    """
    The lips in a pose, in face units, and what moves with them.

    `jaw`: drop of the chin; `corner_right` and `corner_left`: shift (2,) of the mouth's corners;
    `gap`: the largest distance between the inner lips.
    """

    lips: Lips
    jaw: float
    corner_right: Array
    corner_left: Array
    gap: float


def shape_values(pose: MouthPose) -> tuple[float, ...]:
    """Return jaw, closed, round, wide, lower lip in and tongue, each 0 to 1."""
    return tuple(min(max(float(pose[at]), 0.0), 1.0) for at in _ORDER)


def lip_gaps(pose: MouthPose) -> tuple[float, float]:
    """Return the gap of parted lips and the gap that shows the teeth on the lower lip."""
    jaw, closed, rounded, wide, lip_in, tongue = shape_values(pose)
    gap = (
        JAW_GAP * jaw
        + _ROUND_GAP * rounded * min(1.0, 4 * jaw + 0.2)
        + _WIDE_GAP * wide * min(1.0, 5 * jaw)
        + _TONGUE_GAP * tongue * min(1.0, 5 * jaw)
    )
    gap *= (1 - closed) * (1 - lip_in)
    return gap + min(gap, _OVERLAP_SEEN), _TOOTH_GAP * lip_in * (1 - closed)


def articulate(rest: Lips, pose: MouthPose, corners: float = 0.0) -> Articulated:
    """
    Return the lips of `pose`, starting from the lips at rest.

    `corners` moves those of the mouth up (1) as in a smile, or down (-1).
    """
    jaw, closed, rounded, wide, lip_in, _ = shape_values(pose)
    parted = (1 - closed) * (1 - lip_in)
    gap, tooth_gap = lip_gaps(pose)
    drop = JAW_DROP * jaw * (1 - 0.45 * closed) * (1 - 0.3 * lip_in)
    narrow = 1 - NARROWING * rounded + WIDENING * wide * (1 - 0.5 * closed) - 0.05 * jaw * parted
    narrow -= _PRESSED * closed * (1 - wide)
    # Rounded lips leave the corners no way.
    corners *= 1 - 0.6 * rounded
    narrow += CORNER_SPREAD * (corners if corners > 0 else 0.5 * corners)
    lift = CORNER_RISE * max(corners, 0.0) + CORNER_FALL * min(corners, 0.0)
    middle, aside = _middle(rest)
    # Lips that round leave only the middle of the slit open; lips that spread open it all.
    aperture = 0.95 - 0.22 * rounded * (1 - 0.4 * jaw)
    shift = np.array([0.0, 0.28 * drop - 0.006 * wide])

    def moved(row: Array) -> Array:
        out = row.copy()
        out[:, 0] = middle + (row[:, 0] - middle) * narrow
        u = np.minimum(np.abs(_beside(row[:, 0], middle, rest.upper_outer)), 1)
        # Corners go with the jaw by their own share; the middle is placed by the gap below.
        out[:, 1] += shift[1] * u ** 2 - lift * u ** 1.7
        return out

    def profile(row: Array, power: float) -> Array:
        u = np.abs(_beside(row[:, 0], middle, rest.upper_outer)) / aperture
        if aside > 0:
            # Seen from the side, the slit ends where the inner lips do, at its own distance.
            end = _ROUNDED_END * np.abs(_beside(row[:, 0], middle, rest.upper_inner))
            u += aside * (end * max(1.0, _SLIT / aperture) - u)
        return np.asarray((1 - np.minimum(u, 1) ** 2.2) ** power)

    up_in, low_in = moved(rest.upper_inner), moved(rest.lower_inner)
    up_out, low_out = moved(rest.upper_outer), moved(rest.lower_outer)
    up_height = _heights(rest.upper_outer, rest.upper_inner)
    low_height = _heights(rest.lower_outer, rest.lower_inner)
    fuller = 1 + _FULLER_ROUND * rounded - 0.1 * wide - 0.28 * closed - 0.08 * jaw * parted
    # Rounded lips reach down over the upper teeth instead of baring them.
    upper = _UPPER_SHARE * gap - ROUND_DROP * rounded * (1 - closed) * (1 - 0.5 * jaw)
    rise = upper + 0.75 * tooth_gap
    fall = (1 - _UPPER_SHARE) * gap - 0.01 * rounded * parted + 0.25 * tooth_gap
    up_in[:, 1] -= rise * profile(rest.upper_inner, 0.95)
    low_in[:, 1] += fall * profile(rest.lower_inner, 0.92)
    # Lips that come forward are as full beside their middle as there: pictured ones, narrowed,
    # would end in a tip.
    blunt = _BLUNT * rounded
    up_full = fuller * _ringed(up_height, rest.upper_outer, middle, blunt)
    low_full = fuller * (1 - 0.45 * lip_in) * _ringed(low_height, rest.lower_outer, middle, blunt)
    up_out[:, 1] += up_height - up_full - rise * profile(rest.upper_outer, 0.9)
    low_out[:, 1] += low_full - low_height + fall * profile(rest.lower_outer, 0.7)
    lips = Lips(up_out, up_in, low_in, low_out)
    return Articulated(
        lips,
        drop,
        up_out[0] - rest.upper_outer[0],
        up_out[-1] - rest.upper_outer[-1],
        gap + tooth_gap,
    )


def _middle(rest: Lips) -> tuple[float, float]:
    """
    Return the x about which the lips open and round, and how far they are seen from the side, 0-1.

    On a head that is turned, the halves of the lips do not meet in the middle between the corners.
    """
    left, right = float(rest.upper_outer[0, 0]), float(rest.upper_outer[-1, 0])
    middle, width = (left + right) / 2, max(right - left, 1e-6)
    away = float(np.clip(rest.upper_inner[5, 0] - middle, -0.2 * width, 0.2 * width))
    aside = float(np.interp(abs(away) / width, _ASIDE, (0, 1)))
    return middle + aside * away, aside


def _beside(x: Array, middle: float, row: Array) -> Array:
    """Return how far each x lies from the `middle` (0) towards the ends of `row` (-1, 1)."""
    reach = np.where(x < middle, middle - float(row[0, 0]), float(row[-1, 0]) - middle)
    return np.asarray((x - middle) / np.maximum(reach, 1e-6))


def _ringed(heights: Array, row: Array, middle: float, share: float) -> Array:
    """Return the heights of a lip's outline (11,), by `share` those of a ring as high."""
    u = np.minimum(np.abs(_beside(row[:, 0], middle, row)), 1)
    ring = float(heights[4:7].mean()) * np.sqrt(1 - u**2)
    return np.asarray(heights * (1 - share) + ring * share)


def _heights(outer: Array, inner: Array) -> Array:
    """Return how high the lip is at each outer point; 0 at the corners."""
    height = np.abs(outer[:, 1] - np.interp(outer[:, 0], inner[:, 0], inner[:, 1]))
    height[0] = height[-1] = 0.0
    return np.asarray(height)
