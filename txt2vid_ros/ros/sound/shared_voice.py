"""Sound on the topics of a voice that speaks there too, in another node: at that voice's rate."""

from __future__ import annotations

from audio_common_msgs.msg import AudioInfo
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.core.resampling import Resampler
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.sound.speech_publisher import SpeechPublisher


class SharedVoice:
    """Resamples utterances to the rate that voice/audio_info states, each to its end."""

    def __init__(self, node: ManagedNode, output: SpeechPublisher) -> None:
        """Follow voice/audio_info; `output` publishes, and does not announce a format."""
        self._output = output
        self.rate = VOICE_RATE
        """Of the voice, Hz, as it was stated last."""
        self._open = ''
        self._resampler: Resampler | None = None
        node.create_subscription(AudioInfo, 'voice/audio_info', self._on_info, qos.INFO)

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        """Publish a chunk whose first sample is to be heard at `start`, but for its last bit."""
        if self._resampler is None or utterance != self._open:
            self._open, self._resampler = utterance, Resampler(rate, self.rate)
        begin = start - round(self._resampler.held * SECOND)
        out = self._resampler.push(samples)
        self._end = begin + len(out) * SECOND // self._resampler.wanted
        if len(out):
            self._output.audio(utterance, begin, out, self._resampler.wanted)

    def ended(self, utterance: str, end: int) -> None:
        """Publish what is left, and that the utterance ends."""
        resampler, self._resampler = self._resampler, None
        if resampler is not None and utterance == self._open:
            rest = resampler.rest()
            if len(rest):
                self._output.audio(utterance, self._end, rest, resampler.wanted)
        self._output.ended(utterance, end)

    def _on_info(self, message: AudioInfo) -> None:
        if message.sample_rate:
            self.rate = int(message.sample_rate)
