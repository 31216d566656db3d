"""
Clips on a Ray cluster. Ray schedules them, and does again what a process or machine took with it.

The files that a clip needs travel with it and the video comes back, so that the machines need no
folder in common; they need this package, its voices and its weights.
"""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterator, Sequence
import contextlib
import copy
import dataclasses
import logging
import os
from pathlib import Path
import signal
import socket
import tempfile
from types import TracebackType
from typing import Any

from txt2vid_ros.cli.jobs.clip_job import ClipJob, ClipOutcome, Kept, outcome_of, Run
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import People
from txt2vid_ros.core.storage.files import replacing

INPUTS = ('audio', 'text_file', 'face', 'people')
"""Arguments that are files."""
MOST_TOGETHER = 8
"""Clips for which a process loads voice and engine once."""
CONNECT_SECONDS = 10.0
_START = ('Run `ray start --head` on this machine, give the ray://HOST:10001 of another, or leave '
          '--ray out.')
RETRIES = 3
"""How often clips are begun again whose process or machine has died."""


@dataclasses.dataclass(frozen=True)
class _Bundle:
    """Clips that one process makes one after the other, without what is on this machine."""

    arguments: list[argparse.Namespace]
    """Files in them are the places of their contents."""
    names: list[str]
    """Of the files."""


class RayCluster:
    """A Ray cluster that makes clips. Close it, or use it in a `with`."""

    def __init__(self, address: str, make: Run) -> None:
        """Connect; '' is the cluster that this machine belongs to. Raises UserError."""
        try:
            import ray
        except ModuleNotFoundError as missing:
            raise UserError('--ray needs the Python package ray, which is not installed',
                            'Run: pip install ".[ray]" in the checkout') from missing
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
        self._ray: Any = ray
        _refuse_silence(address)
        # Ray puts a handler of its own in place of that which cleans up.
        ended = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(address or 'auto', log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = str(error).strip().splitlines()
            raise UserError(
                f'--ray {address}: no Ray cluster can be reached'.replace(' :', ':')
                + (f' ({said[0][:200]})' if said else ''),
                _START) from error
        finally:
            signal.signal(signal.SIGTERM, ended)
        self._make = make
        self._task = ray.remote(max_retries=RETRIES, num_cpus=1, scheduling_strategy='SPREAD')(
            _clips)
        self._running: dict[Any, list[ClipJob]] = {}

    def outcomes(self, jobs: Sequence[ClipJob]) -> Iterator[tuple[ClipJob, ClipOutcome]]:
        """Make the clips; yield each with what became of it, in the order in which they end."""
        waiting = deque(jobs)
        alone: deque[ClipJob] = deque()
        while waiting or alone or self._running:
            cores = int(self._ray.cluster_resources().get('CPU', 1))
            together = max(1, min(MOST_TOGETHER, len(waiting) // (4 * cores)))
            # More than there are cores for, so that none waits and an autoscaler sees the need.
            while (waiting or alone) and len(self._running) < 2 * cores + 2:
                bundle = ([alone.popleft()] if alone else
                          [waiting.popleft() for _ in range(min(together, len(waiting)))])
                yield from self._begin(bundle)
            ready, _ = self._ray.wait(list(self._running), timeout=5.0)
            for one in ready:
                bundle = self._running.pop(one)
                try:
                    made = self._ray.get(one)
                except self._ray.exceptions.RayError as error:
                    if len(bundle) > 1:     # one of them may have brought down the process
                        alone.extend(bundle)
                        continue
                    yield bundle[0], ClipOutcome(problem=_reason(error))
                    continue
                for job, (done, video) in zip(bundle, made, strict=True):
                    yield job, done if done.problem else _written(job, done, video)

    def close(self) -> None:
        """End what is being made, and the connection; may be called twice."""
        if self._ray.is_initialized():
            for one in self._running:
                self._ray.cancel(one)
            self._ray.shutdown()
        self._running.clear()

    def __enter__(self) -> RayCluster:
        """Return this."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End the connection."""
        self.close()

    def _begin(self, jobs: list[ClipJob]) -> Iterator[tuple[ClipJob, ClipOutcome]]:
        """Hand clips to Ray; yield those whose files cannot be read."""
        places: dict[Path, int] = {}
        contents: list[bytes] = []
        sent: list[ClipJob] = []
        arguments: list[argparse.Namespace] = []
        for job in jobs:
            try:
                # What is shared, as the face, goes once.
                for file in _inputs(job.arguments).values():
                    if file not in places:
                        contents.append(file.read_bytes())
                        places[file] = len(contents) - 1
            except OSError as error:
                yield job, ClipOutcome(
                    problem=f'{error.filename} cannot be read: {error.strerror}')
                continue
            wanted = copy.copy(job.arguments)
            for name, file in _inputs(job.arguments).items():
                setattr(wanted, name, places[file])
            sent.append(job)
            arguments.append(wanted)
        if sent:
            bundle = _Bundle(arguments, [file.name for file in places])
            self._running[self._task.remote(self._make, bundle, *contents)] = sent


def _refuse_silence(address: str) -> None:
    """Raise UserError where nothing listens at HOST:PORT: Ray itself would wait for 11 minutes."""
    host, colon, port = address.rpartition('://')[2].rpartition(':')
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise UserError(f'--ray {address}: nothing answers there: {error}', _START) from error


def _inputs(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return the files that a clip needs, by argument; its person's face is one of them."""
    files = {name: getattr(arguments, name) for name in INPUTS}
    files['face'] = files['face'] or People.load(arguments.people).get(arguments.speaker).face
    return {name: Path(file).expanduser().resolve() for name, file in files.items() if file}


def _clips(make: Run, bundle: _Bundle, *contents: bytes) -> list[tuple[ClipOutcome, bytes]]:
    """Make the clips on a machine of the cluster; return what became of each, and its video."""
    made: list[tuple[ClipOutcome, bytes]] = []
    with tempfile.TemporaryDirectory(prefix='txt2vid_clips_') as folder, \
            contextlib.closing(Kept()) as kept:
        files: list[Path] = []
        for number, (name, content) in enumerate(zip(bundle.names, contents, strict=True)):
            files.append(Path(folder, str(number), name))
            files[-1].parent.mkdir()
            files[-1].write_bytes(content)
        for arguments in bundle.arguments:
            out = Path(folder, f'video{arguments.out.suffix}')
            for name in INPUTS:
                if isinstance(place := getattr(arguments, name), int):
                    kind = type(arguments.out) if name in ('audio', 'text_file') else str
                    setattr(arguments, name, kind(files[place]))
            arguments.out = out
            arguments.quiet = True
            outcome = outcome_of(make, arguments, kept)
            made.append((outcome, b'' if outcome.problem else out.read_bytes()))
            out.unlink(missing_ok=True)
    return made


def _written(job: ClipJob, outcome: ClipOutcome, video: bytes) -> ClipOutcome:
    try:
        with replacing(job.out) as part:
            part.write_bytes(video)
    except OSError as error:
        return ClipOutcome(problem=f'{job.out} cannot be written: {error.strerror}')
    return outcome


def _reason(error: Exception) -> str:
    return ' '.join(f'on Ray: {error}'.split())[:300]
