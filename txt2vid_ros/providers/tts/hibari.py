"""The default voice: hibari-tts, English, on the CPU, with the timing of every phoneme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
from pathlib import Path

from hibari import dsp, Hibari, SAMPLE_RATE
from hibari.voices import VOICES
import numpy as np
from numpy.typing import NDArray
import onnxruntime
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.providers.tts.hibari_words import WordPhonemes
from txt2vid_ros.providers.tts.onnx_output import with_output
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.lexicon import DIPHTHONGS
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

SAMPLES_PER_FRAME = 600
"""Of the model's duration predictor."""
SOUND_LEAD = 0.06
"""Seconds by which a sound is heard before its frames: hiss, vowels and closures of the voice
agree best with the durations when these are moved by 45 to 75 ms at speeds of 0.8 to 1.3."""
DURATIONS = '/Clip_output_0'
"""The graph's inner tensor that holds the frames of each phoneme id."""


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

    def __init__(self, voice: str = '', speed: float = 1.0) -> None:
        """Take the voice's name ('heart' is in the package) and its speed (0.5 slow, 2.0 fast)."""
        self._voice = voice or 'heart'
        self._speed = speed
        self._hibari: Hibari | None = None
        self._symbols: dict[int, str] = {}
        self._outputs: list[str] = []

    def load(self) -> None:
        """Load model and lexicon, and synthesize once: the first call is ten times slower."""
        try:
            british = VOICES.get(self._voice, {}).get('british', False)
            self._hibari = Hibari(voice=self._voice, g2p=WordPhonemes(british=british))
        except (ValueError, RuntimeError, OSError) as error:
            raise UserError(f'tts.voice: {error}', 'Use voice "heart", which is built in.'
                            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = with_output(Path(self._hibari.model_path).read_bytes(), DURATIONS)
        self._hibari.sess = onnxruntime.InferenceSession(
            model, options, providers=['CPUExecutionProvider'])
        self._outputs = [output.name for output in self._hibari.sess.get_outputs()]
        self._symbols = {number: symbol for symbol, number in self._hibari.vocab.items()}
        for _ in self.synthesize('Ready.', lambda: False):
            pass

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield one chunk for each run of phonemes that the model takes at once."""
        if self._hibari is None:
            raise RuntimeError('load() comes first')
        for phonemes in self._hibari.phonemize(clause):
            if cancelled():
                return
            chunk = self._speak(phonemes)
            if chunk is not None:
                yield chunk

    def close(self) -> None:
        """Release the model."""
        self._hibari = None

    def _speak(self, phonemes: str) -> SpeechChunk | None:
        assert self._hibari is not None
        ids = self._hibari.ids(phonemes)
        if len(ids) < 3:
            return None
        values = self._hibari.sess.run(
            [*self._outputs[:6], DURATIONS],
            {'ids': np.asarray([ids], np.int64), 'speed': np.asarray([self._speed], np.float32)})
        # A fixed seed: the noise part of the vocoder then does not differ from run to run.
        wave = dsp.synth(*(value[0] for value in values[:6]), np.random.default_rng(0))
        samples = np.ascontiguousarray(wave, np.float32)
        symbols = ''.join(self._symbols.get(number, '_') for number in ids)
        sounds = phonemes_from(symbols, values[6].ravel())
        return trim_silence(samples, tuple(
            dataclasses.replace(sound, start=sound.start - SOUND_LEAD) for sound in sounds),
            SAMPLE_RATE)
