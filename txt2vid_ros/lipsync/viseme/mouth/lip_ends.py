"""
The ends of the lips of a mouth that is turned away: the mesh corrected where closing would tear.

On a head that is turned, the mesh ends the far side of a mouth with points nearly above each
other, where the lips are in truth a slope. Lips that close would shear the skin there to a hook.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SHEAR = 2.5  # of the distance between neighbours, that one may move further than the other
_LEAST = 0.012  # face units, by which it always may
_POINTS = 3  # beside each corner that are looked at


def eased_ends(pictured: Array, rest: Array) -> Array:
    """
    Return a row of the lips as pictured (11, 2) whose ends bear the way to the lips at `rest`.

    Points by the corners move up or down, in face units; all others are returned as they are,
    and the row itself where it bears that already.
    """
    apart = np.abs(np.diff(pictured[:, 0]))
    ways = np.abs(np.diff(rest[:, 1] - pictured[:, 1]))
    if (ways <= np.maximum(_SHEAR * apart, _LEAST)).all():
        return pictured
    eased = pictured.copy()
    for ends in (range(_POINTS + 1), range(10, 9 - _POINTS, -1)):
        for beside, point in pairwise(ends):
            way = float(rest[point, 1] - eased[point, 1] - rest[beside, 1] + eased[beside, 1])
            most = max(_SHEAR * float(apart[min(beside, point)]), _LEAST)
            eased[point, 1] += way - float(np.clip(way, -most, most))
    return eased
