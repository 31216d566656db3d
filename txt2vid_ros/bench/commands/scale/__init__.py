"""How many talking heads a machine carries, and what each of them takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import shlex
from typing import Any

from txt2vid_ros.bench.rig.running_graph import join_own_domain

ENOUGH = 0.99
"""Share of the frames of a session that are on time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--most', type=int, default=16, help='sessions at most (%(default)s)')
    parser.add_argument('--seconds', type=float, default=20.0,
                        help='for which they are idle, and for which they speak (%(default)s)')
    parser.add_argument('--composed', action='store_true',
                        help='the nodes of each session in one process')
    parser.add_argument('--live', default='', metavar='OPTIONS',
                        help='further options of txt2vid live, as one text')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start more and more talking heads until frames are late; return the figures."""
    from txt2vid_ros.bench.scale.hall import Hall
    join_own_domain()
    options = (*(('--composed', 'true') if arguments.composed else ()),
               *shlex.split(arguments.live))
    steps: dict[int, dict[str, Any]] = {}
    with Hall(options) as hall:

        def carries(count: int) -> bool:
            hall.resize(count)
            idle = hall.measured(arguments.seconds, speaking=False)
            busy = hall.measured(arguments.seconds, speaking=True)
            steps[count] = {
                'sessions': count, 'frames_on_time': busy.on_time,
                'lateness_ms_p99': busy.lateness_ms_p99,
                'cores_speaking': busy.cores, 'cores_idle': idle.cores,
                'pss_mb_speaking': busy.pss_mb, 'pss_mb_idle': idle.pss_mb,
                'uss_mb_speaking': busy.uss_mb, 'uss_mb_idle': idle.uss_mb,
                'start_s': hall.sessions[-1].start_seconds}
            return busy.on_time >= ENOUGH

        found = most_that(carries, arguments.most)
    return figures(found, [steps[count] for count in sorted(steps)])


def figures(carried: int, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of the steps, in the order of their sessions, of which so many went."""
    at = next((step for step in steps if step['sessions'] == carried), steps[0])
    return {
        'sessions_at_99_percent': carried,
        **{f'{name}_per_session': at[name] for name in (
            'cores_speaking', 'cores_idle', 'pss_mb_speaking', 'pss_mb_idle',
            'uss_mb_speaking', 'uss_mb_idle')},
        'lateness_ms_p99': at['lateness_ms_p99'],
        # Of each session beyond the first: more than that one where they are in each other's way.
        'growth_per_session': {name: growth(steps, name) for name in (
            'cores_speaking', 'cores_idle', 'pss_mb_speaking')},
        'steps': steps}


def growth(steps: list[dict[str, Any]], name: str) -> float:
    """Return by how much a figure of all sessions together grows with each further one."""
    first, last = steps[0], steps[-1]
    if first is last:
        return float(first[name])
    both = [step['sessions'] * step[name] for step in (first, last)]
    return float((both[1] - both[0]) / (last['sessions'] - first['sessions']))


def most_that(carries: Callable[[int], bool], most: int) -> int:
    """
    Return up to which number `carries` says yes, 0 for none: 1, 2, 4 ..., then those between.

    Not more than `most`.
    """
    good, count = 0, 1
    while count <= most and carries(count):
        good, count = count, min(2 * count, most) if count < most else most + 1
    bad = count
    while bad - good > 1:
        middle = (good + bad) // 2
        if carries(middle):
            good = middle
        else:
            bad = middle
    return good
