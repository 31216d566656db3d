"""
Speech with phoneme timings: the training material of the audio-to-mouth model.

None of it becomes part of the product. Timings come from the synthesizers themselves: phoneme
events of espeak-ng's library and alignments of Piper here, the frame counts of Kokoro in
neural_voices.py, and the segments of flite and Festival in recorded_voices.py.
"""

from __future__ import annotations

from collections.abc import Sequence
import ctypes
import dataclasses
import pathlib

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme

Samples = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Spoken:
    """One utterance: mono `samples` at `rate` Hz and its sounds."""

    samples: Samples
    rate: int
    phonemes: Sequence[Phoneme]


class EspeakVoice:
    """espeak-ng through its C library, in retrieval mode."""

    class _Event(ctypes.Structure):
        _fields_ = (
            ('type', ctypes.c_int),
            ('unique', ctypes.c_uint),
            ('text', ctypes.c_int),
            ('length', ctypes.c_int),
            ('milliseconds', ctypes.c_int),
            ('sample', ctypes.c_int),
            ('user', ctypes.c_void_p),
            ('name', ctypes.c_char * 8),
        )

    def __init__(self) -> None:
        """Start the library."""
        self._library = ctypes.cdll.LoadLibrary('libespeak-ng.so.1')
        retrieval, events_in_ipa = 1, 0x0003
        self.rate = self._library.espeak_Initialize(retrieval, 200, None, events_in_ipa)
        if self.rate <= 0:
            raise RuntimeError('espeak-ng does not start; is espeak-ng-data installed?')
        self._parts: list[Samples] = []
        self._events: list[tuple[float, str]] = []
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_short),
            ctypes.c_int,
            ctypes.POINTER(self._Event),
        )
        self._callback = signature(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, wave: object, count: int, events: object) -> int:
        if wave and count > 0:
            block = np.ctypeslib.as_array(wave, (count,)).astype(np.float32) / 32768
            self._parts.append(block)
        index = 0
        while events[index].type != 0:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            if event.type == 7:
                symbol = event.name.decode('utf-8', 'ignore')
                self._events.append((event.milliseconds / 1000, symbol))
            index += 1
        return 0

    def speak(self, text: str, voice: str, words_per_minute: int, pitch: int) -> Spoken:
        """Return `text` spoken by an espeak-ng voice such as en-us+f3."""
        self._parts, self._events = [], []
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(1, words_per_minute, 0)
        self._library.espeak_SetParameter(3, pitch, 0)
        data = text.encode() + b'\0'
        self._library.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate([*self._parts, np.zeros(self.rate // 5, np.float32)])
        phonemes, stress = [], 0
        ends = [start for start, _ in self._events[1:]] + [len(samples) / self.rate]
        for (start, symbol), end in zip(self._events, ends, strict=True):
            marked = 2 if 'ˈ' in symbol else 1 if 'ˌ' in symbol else 0
            bare = symbol.strip('ˈˌ')
            if not bare and marked:
                stress = marked
                continue
            phonemes.append(Phoneme(bare or '_', start, end - start, marked or stress))
            stress = 0
        return Spoken(samples, self.rate, phonemes)


class PiperVoice:
    """A Piper voice with alignments; see piper.patch_voice_with_alignment."""

    def __init__(self, model: pathlib.Path) -> None:
        """Load `model` (.onnx, its .json beside it)."""
        import piper

        self._voice = piper.PiperVoice.load(str(model), include_alignments=True)

    def speak(self, text: str, length_scale: float) -> Spoken:
        """Return `text`; `length_scale` above 1 is slower."""
        from piper import SynthesisConfig

        parts, phonemes, time, rate = [], [], 0.0, 22050
        config = SynthesisConfig(length_scale=length_scale)
        for chunk in self._voice.synthesize(text, config, include_alignments=True):
            rate = chunk.sample_rate
            parts.append(chunk.audio_float_array)
            stress = 0
            for one in chunk.phoneme_alignments:
                length = one.num_samples / rate
                if one.phoneme in ('ˈ', 'ˌ'):
                    stress = 2 if one.phoneme == 'ˈ' else 1
                symbol = {'^': '_', '$': '_', '_': ''}.get(one.phoneme, one.phoneme)
                phonemes.append(Phoneme(symbol, time, length, stress))
                if one.phoneme not in ('ˈ', 'ˌ'):
                    stress = 0
                time += length
        return Spoken(np.concatenate(parts).astype(np.float32), rate, phonemes)
