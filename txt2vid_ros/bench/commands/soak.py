"""Whether the graph runs for weeks: a long conversation with faults, and what it leaves."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import contextlib
import os
from pathlib import Path
import tempfile
import threading
import time
from typing import Any

from txt2vid_ros.bench.rig.running_graph import free_port, RunningGraph
from txt2vid_ros.bench.soak.children import Crowd
from txt2vid_ros.bench.soak.conversation import people, ScriptedTalk
from txt2vid_ros.bench.soak.faults import Fault, FAULTS, FaultThread, NODES, Rig
from txt2vid_ros.bench.soak.link_end import LinkEnd
from txt2vid_ros.bench.soak.log import read, Row, SoakLog
from txt2vid_ros.bench.soak.machine_faults import SmallDisk, SteppedClock
from txt2vid_ros.bench.soak.places import check_report, Places, places
from txt2vid_ros.bench.soak.results.figures import figures
from txt2vid_ros.bench.soak.results.report import write_report
from txt2vid_ros.bench.soak.sampler import Sampler
from txt2vid_ros.bench.soak.stream_ring import StreamRing
from txt2vid_ros.bench.soak.witness import Witness
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.machine import cpu_model, usable_cores

FIRST_FAULT, LAST_FAULT = 0.1, 0.55
"""The parts of the time between which faults are made; growth is best seen after the last."""
FAULT_SECONDS = 12.0
"""Seconds that a fault needs at least, with what follows from it."""
FULL_MINUTES = 60.0
"""Minutes from which on all interruptions and viewers come; in less time, fewer."""
INTERRUPTIONS, VIEWERS = 100, 1000
REPORT_SECONDS = 60.0
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
        check_report(arguments.html, {'--from': arguments.earlier})
        return _told(arguments.html, read(arguments.earlier))
    with tempfile.TemporaryDirectory() as folder:
        chosen = _chosen(arguments.faults, arguments.minutes * 60)
        where = places(arguments.samples, arguments.html, Path(folder))
        with contextlib.closing(SoakLog(where.samples)) as log, \
                contextlib.suppress(KeyboardInterrupt):
            _soak(arguments, chosen, log, where, Path(folder))
        return _told(where.report, read(where.samples))


def _told(report: Path | None, rows: list[Row]) -> dict[str, Any]:
    if report is not None:
        try:
            write_report(report, rows)
        except OSError as error:
            raise UserError(f'{report} cannot be written: {error.strerror}',
                            'Have it written from the --samples by --from.') from error
    return figures(rows)


def _soak(arguments: argparse.Namespace, chosen: Mapping[str, Fault], log: SoakLog,
          where: Places, folder: Path) -> None:
    seconds = arguments.minutes * 60
    (folder / 'people.yaml').write_text(people(), 'utf-8')
    disk = SmallDisk(folder / 'disk')
    clock = SteppedClock(folder)
    port = free_port()
    log.add('begin', minutes=arguments.minutes, epoch=log.begun, machine=cpu_model(),
            cores=usable_cores(), nice=os.nice(0))
    if not arguments.faults:
        for name in [name for name in FAULTS if name not in chosen]:
            log.add('not_injected', name=name, why='there was no time for it')
    part = min(1.0, arguments.minutes / FULL_MINUTES)
    stop = threading.Event()
    with RunningGraph(*_options(arguments, folder, port), within=disk.within,
                      environment=clock.environment) as graph, \
            Witness(graph.namespace, NODES) as witness, contextlib.ExitStack() as stack:
        ring = StreamRing(graph.port, lambda at, gap: log.add(
            'gap', t=round(at - log.begun, 3), seconds=round(gap, 3)))
        stack.callback(ring.close)
        stack.callback(_keep, graph, where.graph_log, log)
        sampler = Sampler(graph, witness, ring, log)
        stack.callback(sampler.close)
        _until_it_listens(witness, graph)
        link = LinkEnd(port)
        stack.callback(link.close)
        crowd = Crowd(graph.url, seconds / max(1.0, VIEWERS * part), log)
        stack.callback(crowd.close)
        conversation = ScriptedTalk(
            witness, ring, log, sampler.zeros, seconds / max(1.0, INTERRUPTIONS * part), link.say)
        stack.callback(conversation.close)
        faults = FaultThread(Rig(graph, witness, log, link, disk, clock, stop), chosen,
                             log.since_begin() + seconds * FIRST_FAULT,
                             log.since_begin() + seconds * LAST_FAULT)
        stack.callback(faults.close)
        stack.callback(stop.set)
        _wait(seconds, where.report, log, graph)
        log.add('end')


def _options(arguments: argparse.Namespace, folder: Path, port: int) -> list[str]:
    """Return the options of the graph."""
    face = (() if arguments.engine == 'none'
            else ('--engine-options', f'flash.over={arguments.engine}'))
    further = [word for option in arguments.option for word in (
        f'--{option.partition("=")[0]}', option.partition('=')[2])]
    return ['--engine', 'flash', *face, '--people', str(folder / 'people.yaml'), '--record',
            str(folder / 'disk' / 'record.mp4'), '--link', 'udp', '--link-address',
            f'127.0.0.1:{port}', '--param', f'link.state_file={folder / "link.state"}', *further]


def _keep(graph: RunningGraph, file: Path, log: SoakLog) -> None:
    """Write what the graph has printed; the figures do not depend on it."""
    try:
        file.write_text(graph.log(), 'utf-8')
    except OSError as error:
        log.add('unwritten', file=str(file), why=str(error))


def _wait(seconds: float, report: Path | None, log: SoakLog, graph: RunningGraph) -> None:
    """Let time pass; the report is written anew now and then."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, REPORT_SECONDS))
        if not graph.running:
            log.add('ended', said=graph.log()[-2000:])
            return
        if report is not None:
            try:
                write_report(report, read(log.file))
            except OSError as error:
                # It is written again, and the test goes on.
                log.add('unwritten', file=str(report), why=str(error))


def _chosen(names: str, seconds: float) -> Mapping[str, Fault]:
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
    while not (witness.connected() and witness.works('tts')):
        if time.monotonic() > deadline:
            raise UserError('the graph does not listen', f'It said: {graph.log()[-2000:]}')
        time.sleep(0.1)
