"""Where the lower lip really ends inside an open mouth: the mesh corrected by the picture.

The mesh is trained to follow expressions, not edges: it can put the inner edge of the lower lip
well inside the lip, and what it leaves out would be taken for the inside of the mouth.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = NDArray[np.float32]

_MIN_GAP = 0.04  # face units; lips closer than this have no edge worth looking for
_COLUMNS, _ROWS = 33, 48
_PRIOR = 0.05  # face units by which the mesh is commonly wrong
_MIN_LIP = 0.3  # of the mesh's lip height is lip in any case
_FLOOR = np.array([4.0, 3.5, 3.5])  # of colour differences that count, in CIELAB (L at 0.6)
_BEND = 6.0  # cost of a step between columns, in rows squared


def refined_lower_edge(
    frame: NDArray[np.uint8],
    to_pixels: Array,
    rows: tuple[Array, Array, Array, Array],
) -> Array:
    """Return the inner edge (11, 2) of the lower lip in face units.

    The upper lip is left as the mesh has it: it is thin, mostly in shade and much like the gums
    in colour, and the mesh is nearer to it than a search gets.
    `to_pixels`: (2, 3) from face units to pixels. `rows`: upper outer, upper inner, lower inner
    and lower outer points (11, 2) of the mesh in face units.
    """
    upper_outer, upper_inner, lower_inner, lower_outer = rows
    if float((lower_inner[4:7, 1] - upper_inner[4:7, 1]).mean()) < _MIN_GAP:
        return lower_inner
    left, right = upper_inner[0, 0], upper_inner[-1, 0]
    x = np.linspace(left, right, _COLUMNS + 2)[1:-1]
    top = np.interp(x, upper_outer[:, 0], upper_outer[:, 1])
    bottom = np.interp(x, lower_outer[:, 0], lower_outer[:, 1])
    up = np.interp(x, upper_inner[:, 0], upper_inner[:, 1])
    low = np.interp(x, lower_inner[:, 0], lower_inner[:, 1])
    share = (np.arange(_ROWS) + 0.5) / _ROWS
    y = top + (bottom - top) * share[:, None]
    strip = _sampled(frame, to_pixels, np.broadcast_to(x, y.shape), y)
    # Seen upside down, the lip begins at its outer edge and ends at the inner one.
    new_low = -_edge(strip[::-1], -y[::-1], -bottom, -low, -(up + low) / 2)
    return _resampled(lower_inner, x, new_low)


def _sampled(frame: NDArray[np.uint8], to_pixels: Array, x: Array, y: Array) -> Picture:
    """Return `frame` at positions in face units, in a colour space that tells lips from teeth."""
    px = to_pixels[0, 0] * x + to_pixels[0, 1] * y + to_pixels[0, 2]
    py = to_pixels[1, 0] * x + to_pixels[1, 1] * y + to_pixels[1, 2]
    taken = cv2.remap(
        frame,
        px.astype(np.float32),
        py.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    lab = cv2.cvtColor(np.asarray(taken, np.float32) / 255, cv2.COLOR_BGR2LAB)
    return np.asarray(lab * np.array([0.6, 1.0, 1.0]), np.float32)


def _edge(strip: Picture, y: Array, outer: Array, inner: Array, limit: Array) -> Array:
    """Return the y of the lower end of the lip that begins at `outer`, for each column.

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
    rows = _best_path(gain)
    found = y[rows, np.arange(len(outer))] + step / 2
    return np.asarray(found)


def _best_path(gain: Array) -> NDArray[np.int64]:
    """Return the row of each column that maximises the gain less the bends (Viterbi)."""
    count, columns = gain.shape
    steps = np.arange(count)
    cost = (steps[:, None] - steps[None]) ** 2 / _BEND
    best, back = gain[:, 0], np.zeros((columns, count), np.int64)
    for column in range(1, columns):
        total = best[None] - cost
        back[column] = total.argmax(axis=1)
        best = total.max(axis=1) + gain[:, column]
    rows = np.zeros(columns, np.int64)
    rows[-1] = int(best.argmax())
    for column in range(columns - 1, 0, -1):
        rows[column - 1] = back[column, rows[column]]
    return rows


def _resampled(points: Array, x: Array, y: Array) -> Array:
    """Return the points of a row with y taken from the curve (x, y); the corners stay."""
    kernel = np.hanning(7)[1:-1]
    padded = np.pad(y, 2, mode='edge')
    smooth = np.convolve(padded, kernel / kernel.sum(), mode='valid')
    moved = points.copy()
    moved[1:-1, 1] = np.interp(points[1:-1, 0], x, smooth)
    return moved
