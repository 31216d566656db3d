"""When the receiver acknowledges: batched on a clean link, at once where something is lost."""

from __future__ import annotations

from txt2vid_ros.link.delivery.retransmission_timer import (
    BATCH,
    CLEAN_AFTER_LOSS,
    CLEAN_AT_FIRST,
    PROMPT_DELAY,
    Rhythm,
)
from txt2vid_ros.link.messages import Instant, NEVER

_GAP_DELAY = 0.03
_REPEAT_DELAY = 0.15
_SPACING = 0.03
_LAG = 1  # The sender learns of clean arrivals later: it has to expect batches first.


class AckTiming:
    """Turns what arrives into the time of the next acknowledgement."""

    def __init__(self) -> None:
        """Owe nothing."""
        self.due = NEVER
        self.batched = False
        """Whether nothing is wrong and the next acknowledgement only ends a batch."""
        self._rhythm = Rhythm()
        self._clean, self._clean_needed = 0, CLEAN_AT_FIRST
        self._owed = 0
        self._sent = -NEVER

    def arrived(self, now: Instant, gap: bool) -> None:
        """Note a new datagram of speech; `gap` where one before it is missing."""
        lull = self._rhythm.beat(now.mono)
        self._owed += 1
        self._clean += 1
        if gap:
            self._clean, self._clean_needed, self.batched = 0, CLEAN_AFTER_LOSS, False
            self._at(now.mono + _GAP_DELAY)
        elif lull or self._clean < self._clean_needed + _LAG:
            self._at(now.mono + PROMPT_DELAY)
        elif self._owed >= BATCH:
            self.batched = True
            self._at(now.mono)
        else:
            # Speech that goes on moves the batch's end; a pause ends it.
            self.batched = True
            self.due = self._rhythm.pause(1.75, 1.5, 10.0)

    def repeated(self, now: Instant) -> None:
        """Note a datagram that had come before: the sender lacks the acknowledgement."""
        self._clean, self._clean_needed, self.batched = 0, CLEAN_AFTER_LOSS, False
        self._at(now.mono + _REPEAT_DELAY)

    def asked(self, now: Instant) -> None:
        """Note that the sender wants to know."""
        self.batched = False
        self._at(now.mono)

    def sent(self, now: Instant) -> None:
        """Note that an acknowledgement went."""
        self.due, self._owed, self._sent, self.batched = NEVER, 0, now.mono, False

    def _at(self, time: float) -> None:
        self.due = min(self.due, max(time, self._sent + _SPACING))
