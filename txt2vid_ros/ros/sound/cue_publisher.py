"""The publication of the cues of a text on face/expression, and of their end."""

from __future__ import annotations

import collections

from hri_msgs.msg import Expression
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode

LINGER = int(0.8 * SECOND)
"""Nanoseconds for which a face keeps an expression after the utterance that asked for it."""
NEUTRAL = 'neutral'
MOST_STAMPS = 32
"""Stamps that are remembered."""


class CuePublisher:
    """
    Has the face show what the cues of utterances ask for; times are nanoseconds.

    Of two messages with one stamp the later one counts: that is how what is still to come is
    taken back. Nothing is published for utterances without cues. Calls have to be in order.
    """

    def __init__(self, node: ManagedNode) -> None:
        """To be made in configure()."""
        self._topic = node.publisher(Expression, 'face/expression', qos.EXPRESSION)
        self._utterance = ''
        self._shown: list[tuple[int, str]] = []
        """What was published of the last utterance that had cues."""
        self._stamps: collections.deque[int] = collections.deque(maxlen=MOST_STAMPS)
        """Those of what was published, some of which may be to come."""

    def show(self, utterance: str, start: int, name: str) -> None:
        """Show an expression from `start` on."""
        if utterance != self._utterance:
            self._utterance = utterance
            self._shown.clear()
        self._shown.append((start, name))
        # What an utterance before left for later would end it in the middle of this one.
        for stamp in {each for each in self._stamps if each > start}:
            self._send(stamp, name)
        self._send(start, name)

    def over(self, utterance: str, end: int) -> None:
        """Learn that nothing of the utterance is heard from `end` on, earlier than was told."""
        if utterance != self._utterance:
            return
        shown = next((name for start, name in reversed(self._shown) if start <= end), NEUTRAL)
        rest = end + LINGER
        for stamp in {each for each in self._stamps if each > end}:
            self._send(stamp, shown if stamp < rest else NEUTRAL)
        self._send(rest, NEUTRAL)

    def _send(self, start: int, name: str) -> None:
        if start not in self._stamps:
            self._stamps.append(start)
        self._topic.publish(Expression(header=messages.to_header(start), expression=name,
                                       confidence=1.0))
