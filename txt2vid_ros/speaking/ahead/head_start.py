"""How long a voice that is hardly fast waits before it begins, so that it need not stop later."""

from __future__ import annotations

from collections.abc import Callable
import time

from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.synthesis import pause_after, SpokenChunk

LONGEST_SECONDS = 5.0
"""Beyond what it takes to make the first clause: who has asked waits, too."""
MARGIN = 1.15
"""How many times as long as expected what is to come may take: clauses differ, and machines."""


class HeadStart:
    """
    Learns from the clauses of an utterance how long the next take to make and to be heard.

    A clause cannot be heard before it is made, and meanwhile those before it are heard; a long one
    after a short one comes late. What the voice then would stop for, it waits for at the begin.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the samples a second of the chunks; what is made begins now."""
        self._rate = rate
        self._clock = clock
        self._begun = clock()
        self._first = self._last = self._begun
        """When the first chunk was there, and the last one."""
        self._samples = self._characters = 0
        self._later = ''

    def made(self, spoken: SpokenChunk) -> None:
        """Learn that a chunk is there."""
        self._last = self._clock()
        if not self._samples:
            self._first = self._last
        self._samples += len(spoken.chunk.samples)
        if spoken.clause:
            self._characters += len(spoken.clause)
            self._later = spoken.later

    def seconds(self) -> float:
        """Return how much longer to wait, if nothing has been heard yet; 0 where it may begin."""
        if not self._samples or not self._characters:
            return 0.0
        now = self._clock()
        heard = self._samples / self._rate
        a_second = MARGIN * (self._last - self._begun) / heard
        a_character = heard / self._characters
        wait, made_in = 0.0, self._last - now
        for clause in split_clauses(self._later):
            sounds = a_character * len(clause)
            made_in += a_second * sounds
            wait = max(wait, made_in - heard)
            heard += sounds + pause_after(clause)
        return max(0.0, min(wait, self._first + LONGEST_SECONDS - now))
