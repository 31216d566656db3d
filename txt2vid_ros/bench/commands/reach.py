"""Whether nodes that come back are reached, and whether many visitors leave something behind."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
import contextlib
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.reach import visitors
from txt2vid_ros.bench.reach.graphs import FACE, Process, processes, Running
from txt2vid_ros.bench.reach.machine import loudspeaker, Screen
from txt2vid_ros.bench.reach.old_client import OldClient
from txt2vid_ros.bench.reach.rounds import kill_all, reached, Round
from txt2vid_ros.bench.rig.running_graph import join_own_domain
from txt2vid_ros.core.errors import UserError

START_SECONDS = 120.0
AT_A_TIME = 4
"""Visitors who are there together."""
SEEN_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--kills', type=int, default=50, help='of each node (%(default)s)')
    parser.add_argument('--joins', type=int, default=500, help='of visitors (%(default)s)')
    parser.add_argument('--nodes', default='', metavar='NAMES', help='only these, as "tts,stt of '
                        'caller"; separated by commas')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run three graphs and return the figures; Ctrl-C ends it early and keeps what there is."""
    join_own_domain()
    root = f'/bench_{os.getpid()}'
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        screen = Screen()
        stack.callback(screen.close)
        sound = loudspeaker(folder)
        all_of_them = processes(root, folder, loudspeaker=bool(sound),
                                window=bool(screen.environment))
        chosen = _chosen(all_of_them, arguments.nodes)
        running = Running(all_of_them, {**sound, **screen.environment})
        stack.callback(running.close)
        client = OldClient(root, all_of_them)
        stack.callback(client.close)
        _until_all_work(client, all_of_them, running)
        rounds: list[Round] = []
        with contextlib.suppress(KeyboardInterrupt):
            for number in range(arguments.kills):
                rounds.append(kill_all(client, chosen))
                print(f'round {number + 1}: {rounds[-1]}', file=sys.stderr, flush=True)
        return {**_of_rounds(rounds), **_of_visitors(client, all_of_them, root, arguments.joins),
                'load': round(os.getloadavg()[0], 1)}


def _until_all_work(client: OldClient, found: Sequence[Process], running: Running) -> None:
    """Wait for the diagnostics of all nodes. Raises UserError."""
    deadline = time.monotonic() + START_SECONDS
    while not client.wait(lambda: all(map(client.pid, found)), 1.0):
        if not running.alive or time.monotonic() > deadline:
            missing = ', '.join(each.label for each in found if not client.pid(each))
            raise UserError(f'not all nodes began to work: {missing}',
                            f'They said: {running.log[-2000:]}')


def _chosen(found: Sequence[Process], names: str) -> list[Process]:
    """Return the processes to be killed. Raises UserError."""
    wanted = [name.strip() for name in names.split(',') if name.strip()]
    labels = [each.label for each in found]
    for name in wanted:
        if name not in labels:
            raise UserError(f'--nodes: there is no {name!r} here',
                            f'Available: {", ".join(labels)}.')
    return [each for each in found if not wanted or each.label in wanted]


def _of_rounds(rounds: Sequence[Round]) -> dict[str, Any]:
    labels = list(rounds[0].back_s) if rounds else []
    times = {label: [each.back_s[label] for each in rounds] for label in labels}
    back: Mapping[str, list[float]] = {
        label: [at for at in every if at is not None] for label, every in times.items()}
    return {
        'kills': len(rounds),
        'lost': sum(sum((*each.lost_answers.values(), *each.lost_texts.values()))
                    for each in rounds),
        'not_back': {label: every.count(None) for label, every in times.items()
                     if None in every},
        **{f'back_s_{name}': {label: round(float(np.percentile(every, share)), 2)
                              for label, every in back.items() if every}
           for name, share in (('p50', 50), ('p95', 95), ('worst', 100))},
        'lost_answers': _sums([each.lost_answers for each in rounds]),
        'lost_texts': _sums([each.lost_texts for each in rounds])}


def _sums(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of each count that is not 0."""
    found: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            if count:
                found[name] = found.get(name, 0) + count
    return found


def _of_visitors(client: OldClient, found: Sequence[Process], root: str, joins: int
                 ) -> dict[str, Any]:
    """Have visitors come and go; tell who was not heard, and what the nodes hold before, after."""
    if joins <= 0:
        return {}
    before = {each.label: client.memory(each) for each in found}
    each_of_them = [joins * (at + 1) // AT_A_TIME - joins * at // AT_A_TIME
                    for at in range(AT_A_TIME)]
    started = [subprocess.Popen(
        [sys.executable, '-m', visitors.__name__, f'{root}/{FACE}',
         str(sum(each_of_them[:at])), str(count)], stdout=subprocess.PIPE, text=True)
        for at, count in enumerate(each_of_them)]
    # The middleware may have said something in between.
    lines = [found.groups() for each in started
             for found in visitors.TOLD.finditer(each.communicate()[0])]
    texts = [f'visitor{number}' for number, connected in lines if connected == '1']
    client.wait(lambda: all(map(client.arrived, texts)), SEEN_SECONDS)
    after = reached(client, found)
    return {
        'joins': len(lines), 'joins_without_voice': len(lines) - len(texts),
        'joins_unheard': sum(not client.arrived(text) for text in texts),
        'lost_after_joins': sum((*after.lost_answers.values(), *after.lost_texts.values())),
        'memory_mb_before_joins': before,
        'memory_mb_after_joins': {each.label: client.memory(each) for each in found}}
