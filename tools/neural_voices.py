"""Kokoro's voices, and voices between them, with the times of their sounds."""

from __future__ import annotations

import numpy as np
from training_voices import Spoken
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.providers.tts.kokoro.alphabet import known
from txt2vid_ros.providers.tts.kokoro.network import KokoroNetwork, SAMPLE_RATE
from txt2vid_ros.providers.tts.kokoro.pronunciation import Pronunciation, pronunciation
from txt2vid_ros.providers.tts.kokoro.voice import NETWORK, timed_phonemes, VOICES
from txt2vid_ros.providers.tts.kokoro.voices import load_styles


class KokoroVoices:
    """Any mixture of the voices of Kokoro-82M (`txt2vid models fetch kokoro`)."""

    def __init__(self) -> None:
        """Load the network on one thread."""
        self._network = KokoroNetwork(models_dir() / NETWORK, 1)
        self._pronunciations: dict[str, Pronunciation] = {}

    def speak(self, text: str, language: str, voices: dict[str, float], speed: float) -> Spoken:
        """Return `text`, pronounced as in a language, by a mixture of voices with their shares."""
        if language not in self._pronunciations:
            self._pronunciations[language] = pronunciation(language)
        phonemes = known(self._pronunciations[language](text))
        styles = sum(share * load_styles(models_dir() / VOICES, name)
                     for name, share in voices.items())
        said = self._network.say(phonemes, np.asarray(styles, np.float32), speed, lambda: False)
        assert said is not None
        return Spoken(said.samples, SAMPLE_RATE, timed_phonemes(phonemes, said.seconds))
