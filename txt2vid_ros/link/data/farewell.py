"""The last message to the other end, which goes once all that was said before it has arrived."""

from __future__ import annotations

from txt2vid_ros.link.delivery.outbound import Outbound
from txt2vid_ros.link.messages import Instant, LastSent, NEVER

PATIENCE = 5.0
"""Seconds without a word of the other end, besides the time that an answer takes, until it is
given up: three repetitions, each of which a bad path may lose."""
LONGEST = 30.0
"""Seconds in all, for what still waits on a thin link."""
_ASK_AGAIN = 1.0
"""Seconds, at least, between two questions whether the speech has arrived."""


class Farewell:
    """
    Holds a message back until the other end has all speech, then sends it as data.

    Data may overtake speech that was lost and is sent again, and who leaves sends nothing again.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self._message = b''
        self._begun = self._heard = self._ask_at = NEVER
        self._number: int | None = None
        """Of the message among all of data, once it is submitted."""
        self._ends = NEVER

    def begin(self, message: bytes, now: Instant) -> None:
        """Take the message; one that is on its way stays the one."""
        if self._begun == NEVER:
            self._message, self._number = message, None
            self._begun = self._heard = self._ask_at = now.mono
            self._ends = now.mono + PATIENCE

    def heard(self, now: Instant) -> None:
        """Note that something came from the other end."""
        self._heard = now.mono

    def wakeup(self, outbound: Outbound) -> float:
        """Return when to call step() at the latest, on the monotonic clock."""
        if self._begun == NEVER:
            return NEVER
        return min(self._ends, self._ask_at) if self._asks(outbound) else self._ends

    def may_go(self, outbound: Outbound) -> bool:
        """Whether there is a message to send now."""
        return self._begun != NEVER and self._number is None and not outbound.backlog

    def take(self, before: int) -> bytes:
        """Return the message to send, after `before` others since the start."""
        self._number = before + 1
        return self._message

    def step(self, now: Instant, outbound: Outbound, taken: int,
             connected: bool) -> LastSent | None:
        """Go on, `taken` messages having arrived; return the outcome, once."""
        if self._begun == NEVER:
            return None
        arrived = self._number is not None and taken >= self._number
        answer = outbound.timer.response_time
        self._ends = min(self._heard + PATIENCE + answer, self._begun + LONGEST)
        if arrived or not connected or now.mono >= self._ends:
            self._begun = NEVER
            return LastSent(arrived)
        if self._asks(outbound) and now.mono >= self._ask_at:
            outbound.ask()
            self._ask_at = now.mono + max(answer, _ASK_AGAIN)
        return None

    def _asks(self, outbound: Outbound) -> bool:
        """Whether to ask for an acknowledgement; those of a clean link come after ten seconds."""
        return self._number is None and outbound.all_sent and outbound.timer.expects_batched_ack
