"""What went wrong, counted by kind."""

from __future__ import annotations

import collections
import logging
from typing import Any

from aiohttp.http import HttpProcessingError

log = logging.getLogger(__name__)

KINDS = (
    'malformed_requests', 'foreign_hosts', 'foreign_origins', 'missing_tokens', 'wrong_tokens',
    'too_many_tokens', 'slow_requests', 'slow_answers', 'refused_connections',
    'evicted_connections', 'too_large', 'not_found', 'other_client_errors', 'busy', 'unavailable',
    'left_early', 'slow_viewers', 'slow_pages', 'malformed_messages', 'oversized_messages',
    'too_many_messages', 'internal_errors')
"""Every kind is reported, those that never happened as 0."""


class ErrorCounters:
    """Counts what went wrong; read from any thread."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: collections.Counter[str] = collections.Counter()

    def count(self, kind: str) -> None:
        """Count one more of a kind."""
        if kind not in KINDS:
            raise ValueError(f'{kind!r} is no kind of error')
        self._counts[kind] += 1

    def figures(self) -> dict[str, int]:
        """Return the count of each kind."""
        return {kind: self._counts[kind] for kind in KINDS}


class HttpLogger:
    """
    The logger that aiohttp's connections get: what clients send wrongly is counted, not logged.

    An exception in a handler of ours is a fault of ours, and is logged with its traceback.
    """

    def __init__(self, counters: ErrorCounters) -> None:
        """Count there."""
        self._counters = counters

    def debug(self, message: str, *arguments: Any, **more: Any) -> None:
        """Count what is no HTTP at all."""
        if isinstance(more.get('exc_info'), HttpProcessingError):
            self._counters.count('malformed_requests')

    def exception(self, message: str, *arguments: Any, **more: Any) -> None:
        """Count malformed requests; log all else."""
        error = more.get('exc_info')
        if isinstance(error, HttpProcessingError):
            self._counters.count('malformed_requests')
            return
        if isinstance(error, ConnectionError):
            self._counters.count('left_early')
            return
        self._counters.count('internal_errors')
        log.error('internal error in the web server', exc_info=error or True)

    error = warning = exception
