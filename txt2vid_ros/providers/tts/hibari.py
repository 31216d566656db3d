"""The default voice: hibari-tts, English, on the CPU, with the timing of every phoneme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses

from hibari import dsp, SAMPLE_RATE
from hibari.voices import VOICES
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.parameters import unknown
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.providers.tts.hibari_model import HibariModel
from txt2vid_ros.providers.tts.spectral_shaping import SpectralShaper
from txt2vid_ros.providers.tts.voice_shape import NAMED, UNCHANGED, VoiceShape
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.lexicon import DIPHTHONGS
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

UNSHAPED = 'heart'
"""The voice in the package: by default, and what those with a name are shaped of."""
SAMPLES_PER_FRAME = 600
"""Of the model's duration predictor."""
SOUND_LEAD = 0.06
"""Seconds by which a sound is heard before its frames: hiss, vowels and closures of the voice
agree best with the durations when these are moved by 45 to 75 ms at speeds of 0.8 to 1.3."""


def phonemes_from(symbols: str, durations: NDArray[np.float32]) -> tuple[Phoneme, ...]:
    """Pair misaki symbols with their frames: IPA sounds with seconds from the first sample."""
    return phonemes_from_symbols(
        (DIPHTHONGS.get(symbol, symbol), float(frames) * SAMPLES_PER_FRAME / SAMPLE_RATE)
        for symbol, frames in zip(symbols, durations, strict=True))


class HibariVoice(TextToSpeech):
    """One chunk a clause, 24 kHz, without the silence that the model puts before and after."""

    name = 'hibari'
    limits = LOCAL
    capabilities = VoiceCapabilities(SAMPLE_RATE, timings=True)
    Options = VoiceShape

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: VoiceShape = UNCHANGED) -> None:
        """
        Take the voice's name, its speed (0.5 slow, 2.0 fast) and what else is changed of it.

        The name is 'heart', which is in the package, one of NAMED, which are shaped of it, or
        another of hibari's own, whose file has to be there.
        """
        self._voice = voice or UNSHAPED
        self._shape = NAMED.get(self._voice, UNCHANGED).then(options)
        self._speed = speed * self._shape.pace
        self._model: HibariModel | None = None
        self._shaper: SpectralShaper | None = None

    def load(self) -> None:
        """Load the model and its lexicon, unless another voice has them already."""
        own = UNSHAPED if self._voice in NAMED else self._voice
        if own not in VOICES:
            raise unknown(f'tts.voice: hibari has no voice {own!r}', own, [*NAMED, *VOICES],
                          'Use voice "heart", which is built in, or one made of it: '
                          f'{", ".join(NAMED)}.')
        self._model = HibariModel.of(own)
        # Without a change of its sound the voice is what the network makes of it.
        if dataclasses.replace(self._shape, pace=1.0) != UNCHANGED:
            self._shaper = SpectralShaper(
                self._shape, self._model.pitch, self._model.bins, SAMPLE_RATE)

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield one chunk for each run of phonemes that the model takes at once."""
        model = self._model
        if model is None:
            raise RuntimeError('load() comes first')
        for phonemes in model.phonemize(clause):
            if cancelled():
                return
            chunk = self._speak(model, phonemes)
            if chunk is not None:
                yield chunk

    def close(self) -> None:
        """Release the model; it is freed with the last voice that has it."""
        self._model = None

    def _speak(self, model: HibariModel, phonemes: str) -> SpeechChunk | None:
        spectra, symbols, frames = model.predict(phonemes, self._speed)
        if self._shaper is not None:
            spectra = self._shaper.shape(spectra)
        # A fixed seed: the noise part of the vocoder then does not differ from run to run.
        noise = np.random.default_rng(0)
        wave = dsp.synth(
            spectra.harmonics, spectra.theta, spectra.noise, spectra.residue,
            spectra.residue_phase, spectra.f0,
            noise if self._shaper is None else _QuickNoise(noise))
        samples = np.ascontiguousarray(wave, np.float32)
        return trim_silence(samples, tuple(
            dataclasses.replace(sound, start=sound.start - SOUND_LEAD)
            for sound in phonemes_from(symbols, frames)), SAMPLE_RATE)


class _QuickNoise:
    """
    Uniform numbers in place of normal ones, in a fifth of the time: it pays for the shaping.

    What is heard is the sum of 600 of them, which is normal all the same.
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def standard_normal(self, shape: tuple[int, int], dtype: type[np.float32]
                        ) -> NDArray[np.float32]:
        """Return numbers with a mean of 0 and a variance of 1."""
        numbers: NDArray[np.float32] = self._generator.random(shape, dtype=dtype)
        numbers -= np.float32(0.5)
        numbers *= np.float32(12 ** 0.5)
        return numbers
