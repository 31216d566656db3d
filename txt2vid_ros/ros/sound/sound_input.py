"""The subscription to captured sound, which becomes mono at SPEECH_RATE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.source import SourceStatistics
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.sound_topic import ReceivedSound, SoundTopic

GAP = SECOND // 20
"""Nanoseconds by which a stamp may be off before the sound counts as interrupted."""


class SoundInput:
    """Passes on captured sound, conditioned like that of a local microphone."""

    def __init__(self, node: ManagedNode, take: Callable[[int, NDArray[np.float32]], None],
                 topic: str = 'mic/audio') -> None:
        """Give `take` the capture time of the first sample (nanoseconds), and mono samples."""
        self.statistics = SourceStatistics()
        self.source = ''
        """What captured the sound that came last, by its frame_id."""
        self._take = take
        self._rate = SPEECH_RATE
        self._conditioner = Conditioner(SPEECH_RATE, self.statistics)
        self._expected = 0
        self.topic = SoundTopic(node, topic, SPEECH_RATE, self._on_sound, qos.CAPTURED)

    def _on_sound(self, sound: ReceivedSound) -> None:
        samples = sound.format.decode(sound.data)
        if not len(samples):
            return
        stamp, rate = sound.stamp, sound.format.rate
        if abs(stamp - self._expected) > GAP or rate != self._rate:
            self._rate = rate
            self._conditioner = Conditioner(rate, self.statistics)
        self.source = sound.frame_id
        self._expected = stamp + len(samples) * SECOND // rate
        stamp -= round(self._conditioner.pending * SECOND)
        mono = self._conditioner.process(samples)
        if len(mono):
            self._take(stamp, mono)
