"""The subscription to captured sound: any format that audio_info states becomes mono at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.source import SourceStatistics
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.speech_input import DEFAULT_RATE

# Sample formats as GStreamer names them, which audio_common's messages carry.
FORMATS = {'': '<i2', 'S16LE': '<i2', 'S16': '<i2', 'S32LE': '<i4', 'S32': '<i4',
           'F32LE': '<f4', 'F32': '<f4'}
SEAM = SECOND // 20


class SoundInput:
    """Hands on what arrives on a topic; sound in a format that is not known is refused, once."""

    def __init__(self, node: Node, take: Callable[[int, NDArray[np.float32]], None],
                 topic: str = 'mic/audio') -> None:
        """Give `take` the capture time of a first sample, nanoseconds, and mono at 16 kHz."""
        self.statistics = SourceStatistics()
        self.fault = ''
        """Why the sound is refused; empty while it is not."""
        self._node = node
        self._take = take
        self._form: str | None = FORMATS['']
        self._channels = 1
        self._rate = SPEECH_RATE
        self._conditioner = Conditioner(SPEECH_RATE, self.statistics)
        self._expected = 0
        node.create_subscription(AudioInfo, f'{topic}_info', self._on_info, qos.INFO)
        node.create_subscription(AudioDataStamped, topic, self._on_audio, qos.CAPTURED,
                                 qos_overriding_options=qos.overridable())

    def _on_info(self, message: AudioInfo) -> None:
        rate, channels = int(message.sample_rate), int(message.channels)
        self._form = FORMATS.get(message.sample_format.upper())
        if self._form is None or not 4000 <= rate <= 192000 or not 1 <= channels <= 8:
            self._form = None
            self.fault = (
                f'the sound has {channels} channels of {message.sample_format!r} at {rate} Hz; '
                'publish 1 to 8 channels of S16LE, S32LE or F32LE at 4000 to 192000 Hz')
            self._node.get_logger().error(self.fault)
            return
        self.fault = ''
        self._rate, self._channels = rate, channels
        self._conditioner = Conditioner(rate, self.statistics)

    def _on_audio(self, message: AudioDataStamped) -> None:
        if self._form is None:
            return
        samples = _frames(message.audio.data, self._form, self._channels)
        stamp = messages.from_time(message.header.stamp)
        if abs(stamp - self._expected) > SEAM:
            self._conditioner = Conditioner(self._rate, self.statistics)
        self._expected = stamp + len(samples) * SECOND // self._rate
        stamp -= round(self._conditioner.pending * SECOND)
        mono = self._conditioner.process(samples)
        if len(mono):
            self._take(stamp, mono)


class VoiceInput:
    """Hands on what the face says, as it is published ahead of its time."""

    def __init__(self, node: Node, take: Callable[[str, int, NDArray[np.float32], int], None]
                 ) -> None:
        """Give `take` utterance, stamp (nanoseconds), mono samples and their rate."""
        self._take = take
        self._rate = DEFAULT_RATE
        node.create_subscription(AudioInfo, 'voice/audio_info', self._on_info, qos.INFO)
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_audio, qos.AUDIO,
                                 qos_overriding_options=qos.overridable())

    def _on_info(self, message: AudioInfo) -> None:
        if 4000 <= message.sample_rate <= 192000:
            self._rate = int(message.sample_rate)

    def _on_audio(self, message: AudioDataStamped) -> None:
        self._take(message.header.frame_id, messages.from_time(message.header.stamp),
                   messages.from_audio(message), self._rate)


def _frames(data: Any, form: str, channels: int) -> NDArray[Any]:
    """Return (n,) or (n, channels) samples; an incomplete last frame is cut off."""
    kind = np.dtype(form)
    size = kind.itemsize * channels
    raw = np.frombuffer(data, np.uint8)
    samples = raw[:len(raw) // size * size].view(kind)
    return samples if channels == 1 else samples.reshape(-1, channels)
