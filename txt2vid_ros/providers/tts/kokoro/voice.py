"""The voice kokoro: Kokoro-82M on the CPU, with the timing of every phoneme."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.core.models.verified import published
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.process.machine import usable_cores
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.providers.tts.kokoro.alphabet import known
from txt2vid_ros.providers.tts.kokoro.network import KokoroNetwork, NetworkSpeech, SAMPLE_RATE
from txt2vid_ros.providers.tts.kokoro.pieces import pieces
from txt2vid_ros.providers.tts.kokoro.pronunciation import Pronunciation, pronunciation
from txt2vid_ros.providers.tts.kokoro.voices import chosen, DEFAULTS, language, load_styles
from txt2vid_ros.speaking.clauses import speakable
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

NETWORK, VOICES = 'kokoro.onnx', 'kokoro-voices.bin'
"""Model files: txt2vid models fetch kokoro."""
PIECE_PAUSE = 0.1
"""Seconds of silence between the pieces of a clause."""
SOUND_LEAD = 0.055
"""Seconds by which a sound is heard before its frames: hiss, vowels and closures of three voices
agree best with the lengths when these are moved by 40 to 75 ms."""
PREPARED = 20.0
"""Seconds of speech that are made before they are due: it is hardly faster than real time."""
_IPA = {'A': 'eɪ', 'I': 'aɪ', 'O': 'oʊ', 'Q': 'əʊ', 'S': 's', 'T': 'ɾ', 'W': 'aʊ', 'Y': 'ɔɪ',
        'ᵊ': 'ə'}
"""Capitals of the alphabet, which stand for diphthongs and others, in IPA."""
_READY: Mapping[str, str] = {'ja': 'はい。', 'zh': '你好。', 'hi': 'नमस्ते।'}


def threads_for(cores: int) -> int:
    """Return on how many threads it computes by itself: the graph needs some cores too."""
    return 2 if cores >= 4 else 1


def timed_phonemes(phonemes: str, seconds: Sequence[float] | NDArray[np.float64]
                   ) -> tuple[Phoneme, ...]:
    """Pair symbols of the alphabet with their lengths, those of both edges included."""
    return tuple(
        dataclasses.replace(sound, start=sound.start - SOUND_LEAD)
        for sound in phonemes_from_symbols(
            (_IPA.get(symbol, symbol), float(length))
            for symbol, length in zip(f'_{phonemes}_', seconds, strict=True)))


class KokoroVoice(TextToSpeech):
    """A chunk for each piece between two pauses, 24 kHz; a computation ends when cancelled."""

    name = 'kokoro'
    limits = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """How it speaks."""

        speed: float = parameter(0.0, 'pace; 0 for that of all voices', minimum=0.0, maximum=2.0)
        threads: int = parameter(0, 'threads that it computes on; 0 for one, or two on a machine '
                                 'of four cores or more', minimum=0, maximum=16)

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: Options = Options()) -> None:
        """Take the name of a voice, or a language for its usual one, and the speed."""
        self._voice = chosen(voice)
        self._speed = options.speed or speed
        self._threads = options.threads or threads_for(usable_cores())
        self._network: KokoroNetwork | None = None
        self._styles: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._phonemes: Pronunciation = str

    @classmethod
    def language_voices(cls) -> Mapping[str, str]:
        """Return the voice that speaks a language where none is named."""
        return DEFAULTS

    @property
    def measured_as(self) -> str:
        """Return its name and how many threads it computes on."""
        return f'{self.name}-{self._threads}'

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the voice can do."""
        return VoiceCapabilities(SAMPLE_RATE, timings=True, streaming=True,
                                 languages=(language(self._voice),), prepared=PREPARED)

    def load(self) -> None:
        """Load network, voice and pronunciation, and speak once: the first call is slower."""
        network, voices = (_file(name) for name in (NETWORK, VOICES))
        self._styles = load_styles(voices, self._voice)
        spoken = language(self._voice)
        self._phonemes = pronunciation(spoken)
        self._network = KokoroNetwork(network, self._threads)
        for _ in self.synthesize(_READY.get(spoken, 'Ok.'), lambda: False):
            pass

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech, the first piece as soon as it is there."""
        if self._network is None:
            raise RuntimeError('load() comes first')
        if cancelled() or not speakable(clause):
            return
        left = [*pieces(known(self._phonemes(clause)))]
        for number, piece in enumerate(left, 1):
            if not speakable(piece):
                continue
            said = self._network.say(piece, self._styles, self._speed, cancelled)
            if said is None or cancelled():
                return
            chunk = _chunk(piece, said, last=number == len(left))
            if chunk is not None:
                yield chunk

    def close(self) -> None:
        """Release the network."""
        if self._network is not None:
            self._network.close()
            self._network = None


def _file(name: str) -> Path:
    """Return where a model file is. Raises UserError."""
    path = models_dir() / name
    if not path.is_file():
        raise UserError(f'the voice kokoro needs {path}, which is not there',
                        'Run: txt2vid models fetch kokoro')
    return published(path)


def _chunk(piece: str, said: NetworkSpeech, *, last: bool) -> SpeechChunk | None:
    chunk = trim_silence(said.samples, timed_phonemes(piece, said.seconds), SAMPLE_RATE)
    if chunk is None or last:
        return chunk if chunk is None else dataclasses.replace(chunk, last=True)
    silence = np.zeros(round(PIECE_PAUSE * SAMPLE_RATE), np.float32)
    return dataclasses.replace(chunk, samples=np.concatenate([chunk.samples, silence]))
