"""`txt2vid render --jobs`: many clips from a list, in processes of this machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator
import contextlib
from pathlib import Path
import sys
import time

from tqdm import tqdm
from txt2vid_ros.cli.jobs.clip_job import ClipJob, ClipOutcome, Run
from txt2vid_ros.cli.jobs.job_list import read_jobs
from txt2vid_ros.cli.jobs.processes import Processes
from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.process.machine import usable_cores

MOST_TOLD = 20
"""Errors of a list that are told at once."""


def run(arguments: argparse.Namespace, make: Run,
        check: Callable[[argparse.Namespace], None],
        options: Callable[[argparse.ArgumentParser], None]) -> int:
    """
    Make the clips of `arguments.jobs` that are not there yet; return the exit status.

    `make` makes one of them, `check` raises UserError for what cannot be made, `options` declares
    the options that are the columns. What they are given on the command line is for the rows that
    leave them empty.
    """
    if arguments.out is not None:
        raise UserError('--out is for one video', 'In a list the column output says it.')
    listed = read_jobs(arguments.jobs, arguments, options, check)
    for problem in listed.problems[:MOST_TOLD]:
        print(f'txt2vid: {problem}', file=sys.stderr)
    if listed.problems:
        more = len(listed.problems) - MOST_TOLD
        print(f'txt2vid: nothing was made. Put {arguments.jobs} right'
              + (f'; {more} more lines are wrong' if more > 0 else ''), file=sys.stderr)
        return EXIT_USER_ERROR
    waiting = [job for job in listed.jobs if not _complete(job.out)]
    report = _Report(arguments.jobs, len(listed.jobs) - len(waiting))
    begun = time.monotonic()
    try:
        with tqdm(total=len(listed.jobs), initial=report.skipped, unit=' clips', smoothing=0.1,
                  disable=arguments.quiet or not sys.stderr.isatty()) as bar, \
                contextlib.closing(_outcomes(arguments, make, waiting)) as outcomes:
            for job, outcome in outcomes:
                report.add(job, outcome)
                bar.set_postfix_str(f'{len(report.failed)} failed', refresh=False)
                bar.update()
    finally:
        # Interrupted, too: what has failed by then cost hours, perhaps.
        report.tell(time.monotonic() - begun, len(waiting))
    return 1 if report.failed else 0


def _complete(file: Path) -> bool:
    """Return whether a clip is there: it gets its name once it is whole."""
    return file.is_file() and file.stat().st_size > 0


def _outcomes(arguments: argparse.Namespace, make: Run, jobs: list[ClipJob]
              ) -> Generator[tuple[ClipJob, ClipOutcome], None, None]:
    if not jobs:
        return
    wanted = arguments.processes or usable_cores()
    if wanted < 1:
        raise UserError(f'--processes {wanted} is not possible', 'Give one or more.')
    with Processes(min(wanted, len(jobs)), make) as processes:
        yield from processes.outcomes(jobs)


class _Report:
    """What has become of the jobs of a list."""

    def __init__(self, file: Path, skipped: int) -> None:
        self.skipped = skipped
        self.failed: list[str] = []
        self._file = file
        self._made = 0
        self._seconds = 0.0
        self._notices: list[str] = []

    def add(self, job: ClipJob, outcome: ClipOutcome) -> None:
        where = f'{self._file} line {job.line} ({job.out.name})'
        self._notices += [f'{where}: {line}' for line in outcome.notices]
        if outcome.problem:
            self.failed.append(f'{where}: {outcome.problem}')
        else:
            self._made += 1
            self._seconds += outcome.seconds

    def tell(self, took: float, waiting: int) -> None:
        """Print what the user has to know; `took` in seconds, `waiting` at the beginning."""
        for line in self._notices:
            print(f'WARNING: {line}', file=sys.stderr)
        for line in self.failed:
            print(f'txt2vid: {line}', file=sys.stderr)
        left = waiting - self._made - len(self.failed)
        rate = f', {self._seconds / took:.1f} times real time' if self._made and took > 0 else ''
        print(f'{self._made} made ({self._seconds:.1f} s of video in {took:.1f} s{rate}), '
              f'{self.skipped} there before, {len(self.failed)} failed'
              + (f', {left} left: the same command goes on' if left else ''))
