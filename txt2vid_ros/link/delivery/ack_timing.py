"""When the receiver acknowledges: batched on a clean link, at once where something is lost."""

from __future__ import annotations

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.delivery.retransmission_timer import (
    CLEAN_RUN_AFTER_LOSS,
    CLEAN_RUN_AT_START,
    IntervalEstimator,
    MAX_ACK_BATCH,
    PROMPT_ACK_DELAY,
)
from txt2vid_ros.link.messages import Instant, NEVER

_GAP_ACK_DELAY = 0.03
"""Seconds after a datagram that shows that one before it is missing."""
_GAP_BACKOFF = Backoff(1.5, 12.0)
_MAX_ASKED_AGAIN = 4
"""How often an acknowledgement that tells of a gap is repeated while it persists."""
_REPEAT_ACK_DELAY = 0.15
"""Seconds after a datagram that came before."""
_REPEATED_ON_THE_WAY = 0.2
"""Seconds after an acknowledgement for which a repeated datagram is no sign that it was lost: the
network has copied it, or both have met."""
_TOLD_AFTER_LOSS = 2
"""Datagrams after one that was lost whose acknowledgements say so."""
_MIN_INTERVAL = 0.03
"""Seconds between acknowledgements."""
_SENDER_LAG = 1
"""Datagrams. The sender learns of clean arrivals later than the receiver, and has to expect
batches first."""


class AckTiming:
    """Turns arrivals into the time of the next acknowledgement."""

    def __init__(self) -> None:
        """Begin with nothing to acknowledge."""
        self.due = NEVER
        self.batched = False
        """Whether nothing is missing and the next acknowledgement only ends a batch."""
        self._interval = IntervalEstimator()
        self._clean, self._clean_needed = 0, CLEAN_RUN_AT_START
        self._unacknowledged = 0
        self._sent = -NEVER
        self._asked = False
        self._asked_again = 0

    @property
    def pending(self) -> bool:
        """Whether there is anything to acknowledge."""
        return self.due != NEVER

    @property
    def brief(self) -> bool:
        """Whether the sender needs no clock stamps now, if it has had some lately."""
        return self.batched or (not self._asked and self._clean_needed == CLEAN_RUN_AFTER_LOSS)

    @property
    def loss_seen(self) -> bool:
        """Whether something was lost so lately that the sender may not know."""
        return (self._clean_needed == CLEAN_RUN_AFTER_LOSS
                and self._clean <= _TOLD_AFTER_LOSS)

    def gap_persists(self, now: Instant) -> None:
        """Note that an acknowledgement was sent while something was missing: it may be lost."""
        self._asked_again += 1
        if self._asked_again <= _MAX_ASKED_AGAIN:
            self.due = now.mono + _GAP_BACKOFF.after(self._asked_again)

    def repaired(self) -> None:
        """Note that the datagram that comes next has brought an earlier one, which was lost."""
        self._restart_clean_run()

    def arrived(self, now: Instant, gap: bool, answer: bool) -> None:
        """
        Note a new datagram of speech; `gap` where one before it is missing.

        `answer` is whether it answers this end, whose next words may carry the acknowledgement.
        """
        after_silence = self._interval.observe(now.mono) and not answer
        self._unacknowledged += 1
        self._clean += 1
        if not gap:
            self._asked_again = 0
        if gap:
            self._restart_clean_run()
            self._acknowledge_by(now.mono + _GAP_ACK_DELAY)
        elif after_silence or self._clean < self._clean_needed + _SENDER_LAG:
            self._acknowledge_by(now.mono + PROMPT_ACK_DELAY)
        elif self._unacknowledged >= MAX_ACK_BATCH:
            self.batched = True
            self._acknowledge_by(now.mono)
        else:
            # Further speech extends the batch; a pause ends it.
            self.batched = True
            self.due = self._interval.silence_ends(1.75, 1.5, 10.0)

    def repeated(self, now: Instant) -> None:
        """Note a datagram that came before: the sender lacks its acknowledgement."""
        if now.mono < self._sent + _REPEATED_ON_THE_WAY:
            return
        self._restart_clean_run()
        self._acknowledge_by(now.mono + _REPEAT_ACK_DELAY)

    def asked(self, now: Instant) -> None:
        """Note that the sender asks for an acknowledgement."""
        self.batched, self._asked = False, True
        self._acknowledge_by(now.mono)

    def sent(self, now: Instant) -> None:
        """Note that an acknowledgement was sent."""
        self.due, self._unacknowledged, self._sent = NEVER, 0, now.mono
        self.batched = self._asked = False

    def _restart_clean_run(self) -> None:
        self._clean, self._clean_needed, self.batched = 0, CLEAN_RUN_AFTER_LOSS, False

    def _acknowledge_by(self, time: float) -> None:
        self.due = min(self.due, max(time, self._sent + _MIN_INTERVAL))
