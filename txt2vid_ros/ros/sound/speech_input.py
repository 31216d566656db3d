"""The subscription of every consumer of speech: voice/audio onto a timeline."""

from __future__ import annotations

from collections.abc import Callable
import time

from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.sample_format import MonoDecoder
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import messages
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.sound_topic import ReceivedSound, SoundTopic
from txt2vid_ros.ros.stamps import StampCheck

LONGEST_DELAY = 0.3
"""Seconds; a message that took longer to arrive counts as if it had taken so long."""


class SpeechInput:
    """Feeds voice/audio to a SpeechTimeline and measures how long its messages travel."""

    def __init__(self, node: ManagedNode, speech: SpeechTimeline, *,
                 ended: Callable[[int], None] = lambda stamp: None,
                 cut: Callable[[int], int] = lambda stamp: stamp,
                 trace: TracePublisher | None = None) -> None:
        """`cut` may move the end of an utterance; `ended` gets each end (nanoseconds)."""
        self._trace = trace
        self.timed = False
        """Whether the voice gives mouth shapes with its sound."""
        self.delay = LeadTimeEstimator(0.0, margin=0.01, largest=LONGEST_DELAY)
        self._speech = speech
        self._ended = ended
        self._decoder = MonoDecoder()
        self._cut = cut
        self._audio_stamps = StampCheck(node, 'voice/audio')
        self._mouth_stamps = StampCheck(node, 'voice/mouth')
        self.topic = SoundTopic(node, 'voice/audio', VOICE_RATE, self._on_sound)

    def on_mouth(self, message: JointTrajectory) -> None:
        """Take the mouth shapes of a clause; to be subscribed where they are wanted."""
        track = messages.from_trajectory(message)
        if track is not None and self._mouth_stamps.fits(round(float(track.times[0]) * SECOND)):
            self.timed = True
            self._speech.push_mouth(message.header.frame_id, track)

    def _on_sound(self, sound: ReceivedSound) -> None:
        if sound.sent:
            delay = (time.time_ns() - sound.sent) / SECOND
            self.delay.observe(min(max(delay, 0.0), LONGEST_DELAY))
        if not self._audio_stamps.fits(sound.stamp):
            return
        samples = self._decoder.decode(sound.format, sound.data)
        if len(samples) == 0:
            self._speech.end(sound.frame_id, self._cut(sound.stamp))
            self._ended(sound.stamp)
            if self._trace is not None:
                self._trace.ended(sound.frame_id, sound.stamp)
        else:
            self._speech.push(sound.frame_id, sound.stamp, samples, sound.format.rate)
            if self._trace is not None:
                self._trace.sound(sound.frame_id, sound.stamp)
