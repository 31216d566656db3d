"""Whether the graph runs for weeks: a long conversation with faults, and what it leaves."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
import tempfile
import threading
import time
from typing import Any

from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.soak.conversation import Conversation, people
from txt2vid_ros.bench.soak.faults import FAULTS, FaultThread, NODES, Rig
from txt2vid_ros.bench.soak.figures import figures
from txt2vid_ros.bench.soak.log import read, SoakLog
from txt2vid_ros.bench.soak.sampler import Sampler
from txt2vid_ros.bench.soak.stream_ring import StreamRing
from txt2vid_ros.bench.soak.witness import Witness
from txt2vid_ros.core.errors import UserError

FIRST_FAULT, LAST_FAULT = 0.1, 0.55
"""The parts of the time between which faults are made; growth is best seen after the last."""
FAULT_SECONDS = 12.0
"""Seconds that a fault needs at least, with what follows from it."""
FULL_MINUTES = 60.0
"""Minutes from which on all interruptions and viewers come; in less time, fewer."""
INTERRUPTIONS = 100
LISTENING_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--minutes', type=float, default=10.0, help='how long (%(default)s)')
    parser.add_argument('--html', type=Path, metavar='FILE', help='write a report with plots')
    parser.add_argument('--samples', type=Path, metavar='FILE',
                        help='where all that happens is written as it happens; beside the report '
                        'if there is one, else a temporary file')
    parser.add_argument('--from', type=Path, metavar='FILE', dest='earlier',
                        help='run nothing: report on the --samples of an earlier run')
    parser.add_argument('--faults', metavar='NAMES', default='', help='only these, separated by '
                        'commas; "none" for none; else all for which there is time')
    parser.add_argument('--engine', default='viseme', help='of the face (%(default)s); none for '
                        'flashes alone')
    parser.add_argument('--option', action='append', default=[], metavar='NAME=VALUE',
                        help='a further option of txt2vid live, as width=320')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the graph and return the figures; Ctrl-C ends it early and keeps what there is."""
    if arguments.earlier is not None:
        return figures(read(arguments.earlier))
    with tempfile.TemporaryDirectory() as folder:
        samples = arguments.samples or (
            arguments.html.with_suffix('.jsonl') if arguments.html else Path(folder, 'soak.jsonl'))
        log = SoakLog(samples)
        with contextlib.suppress(KeyboardInterrupt):
            _soak(arguments, log, Path(folder))
        log.close()
        return figures(read(samples))


def _soak(arguments: argparse.Namespace, log: SoakLog, folder: Path) -> None:
    seconds = arguments.minutes * 60
    chosen = _chosen(arguments.faults, seconds)
    profiles = folder / 'people.yaml'
    profiles.write_text(people(), 'utf-8')
    engine = (() if arguments.engine == 'none'
              else ('--engine-options', f'flash.over={arguments.engine}'))
    options = [word for option in arguments.option
               for word in (f'--{option.partition("=")[0]}', option.partition('=')[2])]
    stop = threading.Event()
    log.add('begin', minutes=arguments.minutes, epoch=log.begun)
    with RunningGraph('--engine', 'flash', *engine, '--people', str(profiles), '--record',
                      str(folder / 'record.mp4'), *options) as graph, \
            Witness(graph.namespace, NODES) as witness, contextlib.ExitStack() as stack:
        ring = StreamRing(graph.port, lambda at, gap: log.add(
            'gap', t=round(at - log.begun, 3), seconds=round(gap, 3)))
        stack.callback(ring.close)
        sampler = Sampler(graph, witness, log)
        stack.callback(sampler.close)
        _until_it_listens(witness, graph)
        part = min(1.0, arguments.minutes / FULL_MINUTES)
        conversation = Conversation(
            witness, ring, log, sampler.zeros,
            interruptions=seconds / max(1.0, INTERRUPTIONS * part))
        stack.callback(conversation.close)
        faults = FaultThread(Rig(graph, witness, log, stop), chosen,
                             log.since_begin() + seconds * FIRST_FAULT,
                             log.since_begin() + seconds * LAST_FAULT)
        stack.callback(faults.close)
        stack.callback(stop.set)
        time.sleep(seconds)
        log.add('end')


def _chosen(names: str, seconds: float) -> dict[str, Any]:
    """Return the faults to make. Raises UserError."""
    if names == 'none':
        return {}
    if names:
        wanted = [name.strip() for name in names.split(',')]
        unknown = [name for name in wanted if name not in FAULTS]
        if unknown:
            raise UserError(f'--faults: there is no {unknown[0]!r}',
                            f'Available: {", ".join(FAULTS)}.')
        return {name: FAULTS[name] for name in wanted}
    most = max(1, int(seconds * (LAST_FAULT - FIRST_FAULT) / FAULT_SECONDS))
    return dict(list(FAULTS.items())[:most])


def _until_it_listens(witness: Witness, graph: RunningGraph) -> None:
    deadline = time.monotonic() + LISTENING_SECONDS
    while not (witness.connected() and witness.state('tts').pid):
        if time.monotonic() > deadline:
            raise UserError('the graph does not listen', f'It said: {graph.log()[-2000:]}')
        time.sleep(0.1)
