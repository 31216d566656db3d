"""
The inner edges of the lips of an open mouth: the mesh corrected by the picture.

The mesh is trained to follow expressions, not edges. Anything beyond the edge that it counts as
lip would be drawn as lip (a dark rim, teeth in the lip); lip that it leaves out would be lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.mouth.best_path import best_path
from txt2vid_ros.lipsync.viseme.warp import sampled_lab

Array = NDArray[np.float64]
Picture = NDArray[np.float32]

_SHUT = 0.012  # face units; between lips closer than this is no edge, from twice that there is
_WIDE = 0.03  # face units; from twice this on the lower edge is searched for both ways
_DARK = 0.6  # of the lip's own lightness: the inside of a mouth
_PALER = 6.0  # of CIELAB's a*: teeth against lips
_CLEAN = 0.7  # of the way from the inside to the lip: what is less is blurred with the inside
_BELOW = 0.012  # face units inside the mesh's edge at which dark or teeth must have begun
_COLUMNS, _ROWS = 33, 48
_PRIOR = 0.05  # face units by which the mesh is commonly wrong
_MIN_LIP = 0.3  # of the mesh's lip height is lip in any case
_FLOOR = np.array([4.0, 3.5, 3.5])  # of colour differences that count, in CIELAB (L at 0.6)
_BEND = 6.0  # cost of a step between columns, in rows squared


def refined_edges(
    frame: NDArray[np.uint8], to_pixels: Array, rows: tuple[Array, Array, Array, Array]
) -> tuple[Array, Array]:
    """
    Return the inner edges (11, 2) of the upper and the lower lip in face units.

    `to_pixels`: (2, 3) from face units to pixels. `rows`: upper outer, upper inner, lower inner
    and lower outer points (11, 2) of the mesh in face units.
    """
    _, upper_inner, lower_inner, _ = rows
    gap = float((lower_inner[4:7, 1] - upper_inner[4:7, 1]).mean())
    parted = float(np.clip((gap - _SHUT) / _SHUT, 0, 1))
    if parted == 0:
        return upper_inner, lower_inner
    x = np.linspace(upper_inner[0, 0], upper_inner[-1, 0], _COLUMNS + 2)[1:-1]
    top, up, low, bottom = (np.interp(x, row[:, 0], row[:, 1]) for row in rows)
    share = (np.arange(_ROWS) + 0.5) / _ROWS
    y = top + (bottom - top) * share[:, None]
    strip = _sampled(frame, to_pixels, np.broadcast_to(x, y.shape), y)
    new_up = _past_the_inside(strip, y, top, up, (up + low) / 2)
    # Seen upside down, the lip begins at its outer edge and ends at the inner one.
    turned = strip[::-1], -y[::-1], -bottom, -low
    new_low = -_past_the_inside(*turned, -(up + low) / 2)
    wide = float(np.clip((gap - _WIDE) / _WIDE, 0, 1))
    if wide > 0:
        new_low = new_low * (1 - wide) - _edge(*turned, -(new_up + low) / 2) * wide
    return (_resampled(upper_inner, x, up + (new_up - up) * parted),
            _resampled(lower_inner, x, low + (new_low - low) * parted))


def _past_the_inside(
    strip: Picture, y: Array, outer: Array, inner: Array, limit: Array
) -> Array:
    """
    Return the lower end of the lip that begins at `outer`, for each column: not below `inner`.

    What goes on from the mesh's edge into the lip without a break, as dark as the mouth or as
    pale as teeth, is none. Gums pass for lip, and so does an upper lip in its own shade.
    """
    depth = (y - outer) / np.maximum(inner - outer, 1e-3)
    middle = slice(len(outer) // 4, -(len(outer) // 4))
    lip = strip[:, middle][(depth[:, middle] > 0.1) & (depth[:, middle] < 0.5)]
    inside = strip[:, middle][(depth[:, middle] > 1) & (y[:, middle] < limit[middle])]
    if not len(lip) or not len(inside):
        return inner
    light, red = np.median(lip[:, :2], axis=0)
    dark, pale = np.percentile(inside[:, :2], 10, axis=0)
    taken = np.zeros(y.shape, bool)
    shade = float(np.median(inside[inside[:, 0] <= dark, 1]))
    # A mouth is dark and grey; a lip in the shade is dark and red.
    if dark < _DARK * light and shade < red - _PALER:
        taken |= strip[..., 0] < _CLEAN * light + (1 - _CLEAN) * dark
    if pale < red - _PALER:
        taken |= strip[..., 1] < _CLEAN * red + (1 - _CLEAN) * pale
    taken &= depth > _MIN_LIP
    start = np.argmin(np.abs(y - np.minimum(inner + _BELOW, (inner + limit) / 2)), axis=0)
    above = np.arange(len(y))[:, None] <= start
    broken = np.cumsum((~taken & above)[::-1], axis=0)[::-1]
    run = taken & above & (broken == 0)
    first = np.where(run.any(axis=0), run.argmax(axis=0), start)
    return np.asarray(np.minimum(y[first, np.arange(len(outer))], inner))


def _sampled(frame: NDArray[np.uint8], to_pixels: Array, x: Array, y: Array) -> Picture:
    """Return `frame` at positions in face units, in a colour space that tells lips from teeth."""
    px = to_pixels[0, 0] * x + to_pixels[0, 1] * y + to_pixels[0, 2]
    py = to_pixels[1, 0] * x + to_pixels[1, 1] * y + to_pixels[1, 2]
    lab = sampled_lab(frame, np.stack([px, py], axis=-1))
    return np.asarray(lab * np.array([0.6, 1.0, 1.0]), np.float32)


def _edge(strip: Picture, y: Array, outer: Array, inner: Array, limit: Array) -> Array:
    """
    Return the y of the lower end of the lip that begins at `outer`, for each column.

    A lip is what looks like its own outer part; the edge is the cut that has most lip above and
    least below, near the mesh's `inner` and not beyond `limit`, bent as little as possible.
    """
    height = np.maximum(inner - outer, 1e-3)
    depth = (y - outer) / height
    sample = (depth > 0.2) & (depth < 0.6)
    sample[:, : len(outer) // 6] = sample[:, -(len(outer) // 6):] = False
    if sample.sum() < 20:
        return inner
    colours = strip[sample]
    centre = np.median(colours, axis=0)
    spread = np.maximum(1.5 * np.median(np.abs(colours - centre), axis=0), _FLOOR)
    far = (((strip - centre) / spread) ** 2).sum(-1)
    lipness = np.exp(-far / 18) - 0.5
    above = np.cumsum(lipness, axis=0)
    step = float(np.median(np.diff(y, axis=0)))
    gain = 2 * above - ((y - inner) / _PRIOR) ** 2 * 2.0
    gain[(depth < _MIN_LIP) | (y > limit)] = -1e6
    rows = best_path(gain, 1 / _BEND)
    found = y[rows, np.arange(len(outer))] + step / 2
    return np.asarray(found)


def _resampled(points: Array, x: Array, y: Array) -> Array:
    """Return the points of a row with y taken from the curve (x, y); the corners stay."""
    kernel = np.hanning(7)[1:-1]
    padded = np.pad(y, 2, mode='edge')
    smooth = np.convolve(padded, kernel / kernel.sum(), mode='valid')
    moved = points.copy()
    moved[1:-1, 1] = np.interp(points[1:-1, 0], x, smooth)
    return moved
