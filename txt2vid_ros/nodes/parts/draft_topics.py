"""The topics of correction before it is said: `speech/draft` and `speech/edit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import time

from hri_msgs.msg import LiveSpeech
from rclpy.clock import Clock, ClockType
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.link.drafts.outgoing_drafts import Draft, OutgoingDrafts
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode

TICK_SECONDS = 0.05
"""Seconds between two looks at what stands; while nothing stands nobody looks."""
OLDEST_START = 25 * SECOND
"""Nanoseconds by which speech may have begun before it is sent. The link tells older from newer
starts within 40 s on either side of that, and needs some of it for itself."""


class DraftTopics:
    """
    Takes `speech` for a node and hands it on at once, or after `send_delay` seconds.

    Meanwhile it stands on `speech/draft` (`final`, or `incremental` while it is held; both empty
    where it stands no more), and `speech/edit` of the same stamp and frame_id corrects it:
    `incremental` holds it as it is so far, `final` sends that, both empty discard it. All of it is
    used on the node's executor alone.
    """

    def __init__(self, node: ManagedNode, hand_on: Callable[[LiveSpeech], None]) -> None:
        """Publish; the live parameter `send_delay` of the node is read for each text."""
        self._node, self._hand_on = node, hand_on
        self._drafts = OutgoingDrafts()
        self._draft = node.publisher(LiveSpeech, 'speech/draft', qos.SPEECH)

    def listen(self) -> None:
        """Follow the topics from now on."""
        for topic, take in (('speech', self._on_speech), ('speech/edit', self._on_edit)):
            self._node.create_subscription(LiveSpeech, topic, take, qos.SPEECH,
                                           qos_overriding_options=qos.overridable())
        # Of its own clock: a delay is one of people, also in simulated time.
        self._timer = self._node.create_timer(
            TICK_SECONDS, self._send_due, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._timer.cancel()
        self._node.until_deactivate(self._discard_all)

    def figures(self) -> Mapping[str, float]:
        """Return what pages need to count down, where anything is held back."""
        delay = float(self._node.parameters.send_delay)
        if not (delay or self._drafts):
            return {}
        return {'send_delay_s': delay, 'drafts': float(len(self._drafts))}

    def _on_speech(self, message: LiveSpeech) -> None:
        delay = float(self._node.parameters.send_delay)
        if not (delay or self._drafts):
            self._hand_on(message)
        elif message.final:
            draft = Draft(message.header.frame_id,
                          messages.from_time(message.header.stamp) or self._node.ros_clock.now(),
                          message.locale, message.final)
            self._drafts.take(draft, time.monotonic(), delay)
            self._tell(draft)
            self._timer.reset()
        # Partial texts would tell the other end what may be corrected yet.

    def _on_edit(self, message: LiveSpeech) -> None:
        key = message.header.frame_id, messages.from_time(message.header.stamp)
        now = time.monotonic()
        if text := message.final.strip():
            self._drafts.send(key, text, now)
            self._send_due()
        elif message.incremental:
            if held := self._drafts.hold(key, message.incremental, now):
                self._tell(held)
        elif self._drafts.discard(key):
            self._forget(*key)
            self._send_due()

    def _send_due(self) -> None:
        for draft in self._drafts.due(time.monotonic()):
            self._forget(*draft.key)
            if text := draft.text.strip():
                start = max(draft.stamp, self._node.ros_clock.now() - OLDEST_START)
                self._hand_on(messages.to_speech(
                    draft.speaker, start, draft.locale, 1.0, final=text))
        if not self._drafts:
            self._timer.cancel()

    def _discard_all(self) -> None:
        for draft in self._drafts.clear():
            self._forget(*draft.key)

    def _tell(self, draft: Draft) -> None:
        self._draft.publish(messages.to_speech(
            draft.speaker, draft.stamp, draft.locale, 1.0,
            **{'partial' if draft.held else 'final': draft.text}))

    def _forget(self, speaker: str, stamp: int) -> None:
        self._draft.publish(messages.to_speech(speaker, stamp, '', 1.0))
