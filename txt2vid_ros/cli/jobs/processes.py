"""
Clips in processes of this machine, so many at a time.

Each process makes one clip after the other, and keeps the voice and the engine loaded. One that
dies costs the clip at hand and is replaced.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
import contextlib
import dataclasses
import multiprocessing
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
import os
from pathlib import Path
import signal
import tempfile
from types import TracebackType

from txt2vid_ros.cli.jobs.clip_job import ClipJob, ClipOutcome, Kept, outcome_of, Run
from txt2vid_ros.core.process.signals import end_as_interrupted

END_SECONDS = 10.0
"""For which a process may remove what it has written so far."""


@dataclasses.dataclass
class _Worker:
    """A process, the way to it and the job that it is at."""

    process: SpawnProcess
    connection: Connection
    said: Path
    """What it printed: Python tells there of what killed it."""
    job: ClipJob | None = None


class Processes:
    """A fixed number of processes that make clips. Close it, or use it in a `with`."""

    def __init__(self, count: int, make: Run) -> None:
        """Start nothing yet."""
        self._count = count
        self._make = make
        self._context = multiprocessing.get_context('spawn')
        self._folder = tempfile.TemporaryDirectory(prefix='txt2vid_jobs_')
        self._workers: list[_Worker] = []
        self._started = 0

    def outcomes(self, jobs: Sequence[ClipJob]) -> Iterator[tuple[ClipJob, ClipOutcome]]:
        """Make the clips; yield each with what became of it, in the order in which they end."""
        waiting = deque(jobs)
        while waiting or any(worker.job for worker in self._workers):
            while waiting and len(self._workers) < self._count:
                self._workers.append(self._start())
            for worker in self._workers:
                if worker.job is None and waiting:
                    worker.job = waiting.popleft()
                    # One that has died meanwhile is found below, with its job.
                    with contextlib.suppress(BrokenPipeError):
                        worker.connection.send(worker.job.arguments)
            ready = wait([worker.connection for worker in self._workers])
            for worker in [one for one in self._workers if one.connection in ready]:
                job, worker.job = worker.job, None
                try:
                    outcome = worker.connection.recv()
                except (EOFError, ConnectionResetError):
                    outcome = ClipOutcome(problem=self._death(worker))
                    self._workers.remove(worker)
                if job is not None:
                    yield job, outcome

    def close(self) -> None:
        """End the processes, which leave no half of a clip; may be called twice."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()
        self._folder.cleanup()

    def __enter__(self) -> Processes:
        """Return this."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End the processes."""
        self.close()

    def _start(self) -> _Worker:
        self._started += 1
        said = Path(self._folder.name, f'{self._started}.log')
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, str(said), self._make), daemon=True)
        process.start()
        # Held here as well, it would not tell that the process has died.
        theirs.close()
        return _Worker(process, ours, said)

    def _death(self, worker: _Worker) -> str:
        """Return how a process ended by itself."""
        self._end(worker)
        code = worker.process.exitcode or 0
        how = (signal.Signals(-code).name if -code in signal.valid_signals()
               else f'with status {code}')
        said = worker.said.read_text('utf-8', 'replace').strip() if worker.said.exists() else ''
        last = f': {said.splitlines()[-1][:200]}' if said else ''
        memory = ' (was there too little memory?)' if code == -signal.SIGKILL else ''
        return f'its process was ended by {how}{memory}{last}'

    @staticmethod
    def _end(worker: _Worker) -> None:
        worker.process.join(END_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.connection.close()


def _work(jobs: Connection, said: str, make: Run) -> None:
    """Make clips until there are no more; what is printed meanwhile goes to the file `said`."""
    # Whoever started this sends SIGTERM, once: a second signal would interrupt the clean-up.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_as_interrupted()
    log = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    with contextlib.closing(Kept()) as kept, contextlib.suppress(
            KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            jobs.send(outcome_of(make, jobs.recv(), kept))
