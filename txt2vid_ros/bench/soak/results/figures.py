"""What the rows of a soak test say: the figures that are held against bars."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
import math
from typing import Any

import numpy as np
from txt2vid_ros.bench.rig.slope import Slope, theil_sen
from txt2vid_ros.bench.soak.log import Row
from txt2vid_ros.bench.soak.results.gaps import frozen, gaps, last_look, longest
from txt2vid_ros.bench.soak.results.stages import LATE, MOUTH_EVERY

HOUR = 3600.0
FEWEST_POINTS = 10
"""Of a process; with fewer there is no slope."""
WARM_UP = 1 / 3, 600.0
"""The part of a process's life that is its warm-up, and the seconds that it takes at most."""
LAST_PART = 0.25
"""The part of the test, at its end, whose offset is compared with the whole."""
CUTTING = 'kill tts'
"""What takes an utterance with it."""
SETTLING, UNDISTURBED = 120.0, 600.0
"""Seconds after the last fault, and those that have to be left for growth to be measured from
there on: a fault may have a node load once what it then keeps."""
AFTER_FAULT = 15.0
"""Seconds after a fault in which what goes wrong is put down to it."""


def of_kind(rows: Iterable[Row], kind: str) -> list[Row]:
    """Return the rows of a kind."""
    return [row for row in rows if row['kind'] == kind]


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of a test, also of one that was interrupted."""
    faults, look = of_kind(rows, 'fault'), last_look(rows)
    said = of_kind(rows, 'utterance')
    lives = longest_lives(rows)
    memory = {name: [(at, held[1]) for at, held in life] for name, life in lives.items()}
    grown = {name: slope(points) for name, points in memory.items()}
    offsets = [(row['t'], each) for row in said for each in row['offsets_ms']]
    end = rows[-1]['t'] if rows else 0.0
    last = [each for at, each in offsets if at > end * (1 - LAST_PART)]
    in_time = in_time_offsets(said, of_kind(rows, 'stages'))
    missing = [row for row in said if row['verdict'] == 'lost' and not row['interrupted']]
    cut_by_tts = [row for row in said if row['verdict'] in ('lost', 'cut')
                  and not row['interrupted'] and _caused(row, faults, CUTTING)]
    lost = [row for row in missing if row not in cut_by_tts]
    cut = [row for row in said if row['verdict'] == 'cut' and row not in cut_by_tts
           and not row['interrupted']]
    repeated = [row for row in said if row['ids'] > 1
                or row['summed_s'] - row['said_s'] > 0.5]
    missing_pictures, frozen_pictures = gaps(rows), frozen(rows)
    viewers = of_kind(rows, 'viewer')
    return {
        'lost': len(lost), 'repeated': len(repeated),
        'rss_slope_mb_per_h': {name: _known(each.value) for name, each in grown.items()},
        'offset_ms_p95': _percentile([abs(each) for _, each in offsets], 95),
        'offset_ms_p95_last': _percentile([abs(each) for each in last], 95),
        'worst_restart_s': _worst(faults),
        'worst_picture_gap_s': longest(missing_pictures),
        'faults': [{'name': row['name'], 'at_s': row['t'], 'end_s': row['end'],
                    **({'back_s': row['back_s']} if 'back_s' in row else {}),
                    'gap_s': longest(_after(row, missing_pictures)),
                    'frozen_s': longest(_after(row, frozen_pictures))} for row in faults],
        'rss_slope_interval': {name: [_known(each.low), _known(each.high)]
                               for name, each in grown.items()},
        'rss_slope_minutes': {name: round((life[-1][0] - life[0][0]) / 60, 1)
                              for name, life in lives.items()},
        'processor_percent': {name: _percent(life) for name, life in lives.items()},
        'open_files': {name: [life[0][1][3], life[-1][1][3]] for name, life in lives.items()},
        'threads': {name: [life[0][1][4], life[-1][1][4]] for name, life in lives.items()},
        'utterances': len(said),
        'whole': sum(row['verdict'] == 'whole' for row in said if not row['interrupted']),
        'unjudged': len(of_kind(rows, 'unjudged')),
        'unseen_on_topics': sum(row['verdict'] == 'unseen' for row in said),
        'lost_utterances': [_named(row, faults) for row in lost],
        'repeated_utterances': [_named(row, faults) for row in repeated],
        'cut_by_kill_of_tts': [_named(row, faults) for row in cut_by_tts],
        'cut_utterances': [_named(row, faults) for row in cut],
        'interruptions': sum(row['interrupted'] for row in said),
        'offsets_measured': len(offsets),
        'offset_ms_p50': _percentile([abs(each) for _, each in offsets], 50),
        'offset_ms_p95_in_time': _percentile([abs(each) for each in in_time], 95),
        'offsets_in_time': len(in_time),
        'worst_undisturbed_picture_gap_s': longest(
            gap for gap in missing_pictures if not _near(gap['t'], faults)),
        'worst_frozen_picture_s': longest(frozen_pictures),
        'pictures': look.get('seen'), 'picture_changes': look.get('changes'),
        'not_injected': {row['name']: row['why'] for row in of_kind(rows, 'not_injected')},
        'viewers': len(viewers),
        'viewers_refused': sum(not row['ok'] for row in viewers),
        'viewers_refused_undisturbed': sum(not row['ok'] and not _near(row['t'], faults)
                                           for row in viewers),
        'ended_early': bool(of_kind(rows, 'ended')),
        'minutes': round(end / 60, 2),
        'load': _percentile([row['load'] for row in of_kind(rows, 'processes')], 50)}


def in_time_offsets(said: Iterable[Row], stages: Sequence[Row]) -> list[float]:
    """
    Return the offsets, ms, of claps for which the machine was quick enough.

    No picture was late or left out, and each was rendered: one that is blended of its neighbours
    shows a clap at the time of the nearest that is not.
    """
    times = [row['t'] for row in stages]
    found: list[float] = []
    for row in said:
        before = bisect.bisect_right(times, row['published']) - 1
        after = bisect.bisect_left(times, row['last'] + 1.0)
        if before < 0 or after >= len(times):
            continue
        looks = stages[before:after + 1]
        if all(look.get(MOUTH_EVERY) == 1 for look in looks) and all(
                look.get(name) == looks[0].get(name) for look in looks for name in LATE.values()):
            found += row['offsets_ms']
    return found


Life = list[tuple[float, list[float]]]
"""Of a process: the time (s) and pid, memory (MB), processor time (s), open files, threads."""


def all_lives(rows: Iterable[Row]) -> dict[str, dict[float, Life]]:
    """Return what each process held, by its name and its pid."""
    lives: dict[str, dict[float, Life]] = {}
    for row in of_kind(rows, 'processes'):
        for name, held in row['held'].items():
            lives.setdefault(name, {}).setdefault(held[0], []).append((row['t'], held))
    return lives


def longest_lives(rows: Iterable[Row]) -> dict[str, Life]:
    """Return what each process held in the longest of its lives, once warm and left alone."""
    lives = all_lives(rows)
    settled = max((row['end'] for row in of_kind(rows, 'fault')), default=-SETTLING) + SETTLING
    return {name: undisturbed(warm(max(by_pid.values(), key=len)), settled)
            for name, by_pid in sorted(lives.items())}


def undisturbed(life: Life, since: float) -> Life:
    """Return what is left of a life from a time on, or all of it where that is too short."""
    left = [each for each in life if each[0] >= since]
    return left if left and left[-1][0] - left[0][0] >= UNDISTURBED else life


def warm(life: Life) -> Life:
    """Return a life without its warm-up."""
    part, most = WARM_UP
    begin, end = life[0][0], life[-1][0]
    return [each for each in life if each[0] >= begin + min(most, (end - begin) * part)]


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """Return the growth in MB an hour; NaN where there are too few points."""
    if len(points) < FEWEST_POINTS:
        return Slope(math.nan, math.nan, math.nan)
    at, held = zip(*points, strict=True)
    found = theil_sen([each / HOUR for each in at], held)
    return Slope(round(found.value, 2), round(found.low, 2), round(found.high, 2))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _percentile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 2) if values else None


def _percent(life: Life) -> float | None:
    """Return how much of a processor a process took."""
    (begin, first), (end, last) = life[0], life[-1]
    return round((last[2] - first[2]) / (end - begin) * 100, 1) if end > begin else None


def _worst(faults: Sequence[Row]) -> float | None:
    """Return the longest time to a node's return; None where one did not come back."""
    times = [row['back_s'] for row in faults if 'back_s' in row]
    return None if not times or None in times else max(times)


def _caused(row: Row, faults: Sequence[Row], name: str = '') -> bool:
    """Return whether a fault (of that name) fell into an utterance's time."""
    return any(fault['t'] <= row['last'] + 1 and fault['end'] >= row['published']
               for fault in faults if name in ('', fault['name']))


def _after(fault: Row, gaps: Iterable[Row]) -> list[Row]:
    return [gap for gap in gaps if fault['t'] - 1 <= gap['t'] <= fault['end'] + AFTER_FAULT]


def _near(at: float, faults: Sequence[Row]) -> bool:
    return any(_after(fault, [{'t': at}]) for fault in faults)


def _named(row: Row, faults: Sequence[Row]) -> dict[str, Any]:
    before = [fault['name'] for fault in faults
              if fault['t'] <= row['last'] + 1 and fault['end'] + AFTER_FAULT >= row['published']]
    return {'number': row['number'], 'way': row['way'], 'at_s': row['published'],
            'share': row['share'], 'after': ', '.join(before) or 'no fault'}
