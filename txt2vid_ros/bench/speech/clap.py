"""A voice for measuring: claps in silence, for the clap test of `txt2vid bench sync`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

CLAP_PERIOD = 1.0
"""Seconds from clap to clap."""
LENGTH = 0.04
"""Seconds of tone in a clap."""
FIRST = 0.5
"""Seconds before the first clap."""
TONE_FREQUENCY = 3000.0
"""Hz."""


class ClapVoice(TextToSpeech):
    """Says a text of n characters as n claps, one a second."""

    name = 'clap'
    limits = LOCAL
    capabilities = VoiceCapabilities(VOICE_RATE)

    def __init__(self, voice: str = '', speed: float = 1.0) -> None:
        """Take the parameters of any voice; none of them changes a clap."""

    def load(self) -> None:
        """Do nothing: there is no model."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield one second for each character of the clause."""
        second = np.zeros(int(CLAP_PERIOD * VOICE_RATE), np.float32)
        first, length = int(FIRST * VOICE_RATE), int(LENGTH * VOICE_RATE)
        second[first:first + length] = 0.8 * np.sin(
            2 * np.pi * TONE_FREQUENCY * np.arange(length, dtype=np.float32) / VOICE_RATE)
        for _ in clause:
            if cancelled():
                return
            yield SpeechChunk(second)
