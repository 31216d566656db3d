"""When each end has last spoken: in a conversation, an acknowledgement soon finds a ride."""

from __future__ import annotations

from txt2vid_ros.link.messages import Instant, NEVER

_ANSWER_SECONDS = 10.0
"""Within so many seconds of what one end says, what the other one says is an answer."""


class Exchange:
    """
    Tells answers from what breaks a silence.

    The end that has said something and the one that has heard it apply the same rule; the delay
    between makes the one that acknowledges the more eager of the two.
    """

    def __init__(self) -> None:
        """Begin in silence."""
        self._said = self._heard = -NEVER

    def said(self, now: Instant) -> bool:
        """Note that this end speaks; return whether it answers the other one."""
        self._said = now.mono
        return now.mono - self._heard < _ANSWER_SECONDS

    def heard(self, now: Instant) -> bool:
        """Note that the other end has spoken; return whether it answers this one."""
        self._heard = now.mono
        return now.mono - self._said < _ANSWER_SECONDS
