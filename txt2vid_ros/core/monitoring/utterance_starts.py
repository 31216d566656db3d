"""Utterances that wait for something to reach the time at which they begin to be heard."""

from __future__ import annotations

import threading

MOST = 64
"""Utterances that wait; the oldest goes where there are more."""


class UtteranceStarts:
    """Tells which utterances a stamp reaches for the first time; safe for all threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._starts: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, utterance: str, start: int) -> None:
        """Take an utterance whose first sample is heard at `start` (nanoseconds)."""
        with self._lock:
            self._starts[utterance] = start
            while len(self._starts) > MOST:
                del self._starts[next(iter(self._starts))]

    def end(self, utterance: str, stamp: int) -> None:
        """Forget an utterance that ends before it has begun."""
        with self._lock:
            if self._starts.get(utterance, stamp - 1) >= stamp:
                del self._starts[utterance]

    def reached(self, stamp: int) -> list[tuple[str, int]]:
        """Return the utterances that begin by `stamp`, each with its start, and forget them."""
        if not self._starts:
            return []
        with self._lock:
            found = [(name, start) for name, start in self._starts.items() if start <= stamp]
            for name, _ in found:
                del self._starts[name]
            return found
