"""
How many file descriptors a process may give to those who connect to it.

Whoever accepts connections asks first, and what is kept back stays free for the process itself:
the pipes of an ffmpeg that is started again, recordings, sockets of the middleware (RLIMIT_NOFILE,
getrlimit(2)). What is in use is counted, so that all listeners of a process share what there is.
"""

from __future__ import annotations

import logging
import os
import resource
import time

log = logging.getLogger(__name__)

KEPT_BACK = 24
"""Descriptors. Ten while an ffmpeg starts (four pipes and the one that tells of a failure), as
many for a second one beside it, and a few for files and for participants that join."""
SHORT_SECONDS = 30.0
"""Seconds after a refusal for which a shortage is reported."""


def most_files() -> int:
    """Return how many descriptors this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def open_files() -> int:
    """Return how many descriptors this process has open. Raises OSError where none is free."""
    # One of them is that of the listing. Asked at each connection, where a Path of each takes
    # nearly twice as long: 1.3 ms for a thousand, and 0.7 without (a core of an AMD EPYC).
    return len(os.listdir('/proc/self/fd')) - 1  # noqa: PTH208


def allow_files(wanted: int) -> None:
    """Raise the limit of this process to so many descriptors, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class DescriptorBudget:
    """Decides whether a connection may have descriptors, and remembers that some could not."""

    def __init__(self, kept_back: int = KEPT_BACK) -> None:
        """Keep so many descriptors for the process itself."""
        self._kept_back = kept_back
        self._short_at = -SHORT_SECONDS
        self.refused = 0
        """Connections and viewers that got none, or lost them to others."""

    def allows(self, wanted: int = 0) -> bool:
        """Return whether, with `wanted` more descriptors open, enough are left."""
        try:
            return open_files() + wanted <= most_files() - self._kept_back
        except OSError:
            return False

    def refuse(self) -> None:
        """Note that somebody got none, or loses some; logged once until the shortage is over."""
        self.refused += 1
        before, self._short_at = self._short_at, time.monotonic()
        if self._short_at - before >= SHORT_SECONDS:
            log.warning('%s', self._line())

    def shortage(self) -> str:
        """Return a line for the diagnostics, empty where there is no shortage."""
        return self._line() if time.monotonic() - self._short_at < SHORT_SECONDS else ''

    def figures(self) -> dict[str, int]:
        """Return what is in use and what may be, and how many were refused for it."""
        try:
            used = open_files()
        except OSError:
            used = most_files()
        return {'open_files': used, 'most_open_files': most_files(),
                'refused_for_files': self.refused}

    def _line(self) -> str:
        return (f'connections are refused: this process may open {most_files()} files, and keeps '
                f'{self._kept_back} for itself. Raise the limit (ulimit -n, LimitNOFILE=)')
