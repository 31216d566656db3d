"""The subscription that every consumer of speech has: voice/audio onto a timeline."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.stamps import StampCheck

DEFAULT_RATE = 24000
KNOWN_FORMATS = ('', 'S16LE', 's16le', 'S16', 's16')


class SpeechInput:
    """Feeds voice/audio to a SpeechTimeline and measures how long its messages travel."""

    def __init__(self, node: Node, speech: SpeechTimeline, *,
                 ended: Callable[[int], None] = lambda stamp: None,
                 cut: Callable[[int], int] = lambda stamp: stamp) -> None:
        """`cut` may move the end of an utterance; `ended` is told of each (nanoseconds)."""
        self.timed = False
        """Whether the voice gives mouth shapes with its sound."""
        self.delay = LeadTimeEstimator(0.0, margin=0.01, largest=0.3)
        self._speech = speech
        self._node = node
        self._ended = ended
        self._cut = cut
        self._rate = DEFAULT_RATE
        self._audio_stamps = StampCheck(node, 'voice/audio')
        self._mouth_stamps = StampCheck(node, 'voice/mouth')
        node.create_subscription(AudioInfo, 'voice/audio_info', self._on_info, qos.INFO)
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_audio, qos.AUDIO,
                                 qos_overriding_options=qos.overridable())

    def on_mouth(self, message: JointTrajectory) -> None:
        """Take the mouth shapes of a clause; to be subscribed where they are wanted."""
        track = messages.from_trajectory(message)
        if track is not None and self._mouth_stamps.fits(round(float(track.times[0]) * SECOND)):
            self.timed = True
            self._speech.push_mouth(message.header.frame_id, track)

    def _on_info(self, message: AudioInfo) -> None:
        if message.channels > 1 or message.sample_format not in KNOWN_FORMATS:
            self._node.get_logger().error(
                f'voice/audio has {message.channels} channels of {message.sample_format!r}; '
                'publish mono S16LE')
        if 4000 <= message.sample_rate <= 192000:
            self._rate = message.sample_rate

    def _on_audio(self, message: AudioDataStamped, info: dict[str, Any]) -> None:
        sent = info.get('source_timestamp', 0)
        if sent:
            self.delay.observe(min(max((time.time_ns() - sent) / SECOND, 0.0), 0.3))
        utterance = message.header.frame_id
        stamp = messages.from_time(message.header.stamp)
        if not self._audio_stamps.fits(stamp):
            return
        samples = messages.from_audio(message)
        if len(samples) == 0:
            self._speech.end(utterance, self._cut(stamp))
            self._ended(stamp)
        else:
            self._speech.push(utterance, stamp, samples, self._rate)
