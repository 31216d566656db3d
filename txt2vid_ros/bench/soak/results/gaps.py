"""When a viewer got no picture, or none that was new, the time that has not ended included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from txt2vid_ros.bench.soak.log import Row

GAP_SECONDS = 0.5
"""Seconds without a picture from which on they are told."""
FROZEN_SECONDS = 1.5
"""Seconds without a new picture from which on they are told: they are asked for twice a second."""


def longest(gaps: Iterable[Row]) -> float:
    """Return the seconds of the longest; 0 where there is none."""
    return max((float(row['seconds']) for row in gaps), default=0.0)


def gaps(rows: Sequence[Row]) -> list[Row]:
    """Return when (`t`) pictures were missing, and for how long (`seconds`)."""
    return _with_open(rows, 'gap', 'missing_s', GAP_SECONDS)


def frozen(rows: Sequence[Row]) -> list[Row]:
    """Return when (`t`) there was no new picture, and for how long (`seconds`)."""
    return _with_open(rows, 'frozen', 'frozen_s', FROZEN_SECONDS)


def last_look(rows: Sequence[Row]) -> Row:
    """Return what was last noted of the pictures; empty where nothing was."""
    return next((row for row in reversed(rows) if row['kind'] == 'pictures'), {})


def _with_open(rows: Sequence[Row], kind: str, so_far: str, least: float) -> list[Row]:
    """Return the gaps of a kind, and the one that lasts until the end."""
    found = [row for row in rows if row['kind'] == kind]
    look = last_look(rows)
    if look and look[so_far] > least:
        found.append({'kind': kind, 't': look['t'] - look[so_far], 'seconds': look[so_far]})
    return found
