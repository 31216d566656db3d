"""What the face says when, as whoever listens to a microphone beside it has to know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.media.sample_format import MonoDecoder
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.sound_topic import ReceivedSound, SoundTopic
from txt2vid_ros.ros.stamps import StampCheck

BUFFERED = int(0.1 * SECOND)
"""Nanoseconds of an interrupted voice that a loudspeaker may have been given, and plays."""
LINGERING = 0.3
"""Seconds for which a listener may still hear what is over by its stamps."""
MEMORY = 20.0
"""Seconds: on a busy machine what was captured waits for that long, and so does its echo."""
FORGET_INTERVAL = 1.0


class VoiceReference:
    """Follows voice/audio onto a timeline, and passes it on."""

    def __init__(self, node: ManagedNode,
                 take: Callable[[str, int, NDArray[np.float32], int], None]) -> None:
        """Give `take` the utterance, stamp (nanoseconds), samples and rate of each chunk."""
        self.speech = SpeechTimeline(MEMORY)
        """What is played, by its stamps."""
        self._take = take
        self._clock = node.ros_clock
        self._decoder = MonoDecoder()
        self._stamps = StampCheck(node, 'voice/audio')
        # While the node is busy, what is played waits for it, as what is captured does.
        SoundTopic(node, 'voice/audio', VOICE_RATE, self._on_sound, qos.CAPTURED)
        node.create_timer(FORGET_INTERVAL, self._forget)

    def heard_at(self, stamp: int) -> bool:
        """Return whether the voice is heard at a time, nanoseconds."""
        time = stamp / SECOND
        return self.speech.speaking(time - LINGERING, time)

    def _on_sound(self, sound: ReceivedSound) -> None:
        samples = self._decoder.decode(sound.format, sound.data)
        self._take(sound.frame_id, sound.stamp, samples, sound.format.rate)
        if not self._stamps.fits(sound.stamp):
            return
        if len(samples) == 0:
            self.speech.end(sound.frame_id, sound.stamp + BUFFERED)
        else:
            self.speech.push(sound.frame_id, sound.stamp, samples, sound.format.rate)

    def _forget(self) -> None:
        self.speech.forget(self._clock.now() / SECOND)
