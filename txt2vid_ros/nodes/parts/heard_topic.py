"""What arrives over the link, on `heard`, and how long it took."""

from __future__ import annotations

import collections

from hri_msgs.msg import LiveSpeech
from rclpy.duration import Duration
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.people import utterance_id
from txt2vid_ros.link.link_statistics import LinkStatistics
from txt2vid_ros.link.messages import ReceivedText
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode

STARTS_KEPT = 64
"""Utterances whose start is remembered until their mouth shapes come."""
ACKNOWLEDGEMENT_TIMEOUT = 1.0
"""Seconds that subscribers of `heard` have at shutdown to acknowledge the last messages."""


class HeardTopic:
    """Publishes the texts of the other end; publish() is called on the thread of the link."""

    def __init__(self, node: ManagedNode, statistics: LinkStatistics, trace: TracePublisher
                 ) -> None:
        """Add delays to `statistics`, and arrivals to `trace`."""
        self._node = node
        self._statistics = statistics
        self._trace = trace
        self._heard = node.publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._starts: collections.OrderedDict[str, float] = collections.OrderedDict()

    def listen(self) -> None:
        """Follow the mouth that is made of the texts, from now on."""
        self._node.create_subscription(JointTrajectory, 'voice/mouth', self._on_mouth, qos.MOUTH)

    def publish(self, text: ReceivedText) -> None:
        """Publish a text, or a part of one."""
        stamp = max(0, round(text.start * SECOND))
        if not text.partial:
            self._statistics.add_delay('speech_to_heard_ms', text.arrived - text.start)
            name = utterance_id(text.speaker, stamp)
            self._trace.mark(name, 'text', round(text.arrived * SECOND), text.text,
                             utterance_id(text.speaker, text.sent_start))
            self._starts[name] = text.start
            while len(self._starts) > STARTS_KEPT:
                self._starts.popitem(last=False)
        field = 'partial' if text.partial else 'final'
        self._heard.publish(messages.to_speech(
            text.speaker, stamp, text.locale, 1.0, **{field: text.text}))

    def wait_for_readers(self) -> None:
        """Wait until those who listen have acknowledged all, at most ACKNOWLEDGEMENT_TIMEOUT."""
        self._heard.wait_for_all_acked(Duration(seconds=ACKNOWLEDGEMENT_TIMEOUT))

    def _on_mouth(self, message: JointTrajectory) -> None:
        start = self._starts.pop(message.header.frame_id, None)
        if start is not None:
            seen = messages.from_time(message.header.stamp) / SECOND
            self._statistics.add_delay('mouth_to_eye_ms', seen - start)
