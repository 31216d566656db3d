"""Voices of Piper (GPL-3, hence an extra): any .onnx file with its .onnx.json beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from piper import PiperVoice as Piper
from piper.config import PiperConfig, SynthesisConfig
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.providers.tts.onnx_output import with_output
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

SYMBOL_LENGTHS = '/Ceil_output_0'
"""The inner tensor with the length of every symbol, in models as Piper exports them."""


class PiperVoice(TextToSpeech):
    """One chunk a sentence; with timings where the model has the tensor that they come from."""

    name = 'piper'
    limits = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """What the model leaves open."""

        speaker: int = parameter(-1, 'number of a speaker of a model with several; -1 for the '
                                 "model's own choice", minimum=-1, maximum=100_000)
        noise: float = parameter(-1.0, "how much the sound varies; -1 for the model's own value",
                                 minimum=-1.0, maximum=5.0)
        rhythm_noise: float = parameter(-1.0, 'how much the lengths of the sounds vary; -1 for '
                                        "the model's own value", minimum=-1.0, maximum=5.0)

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: Options = Options()) -> None:
        """Take the path of the model, its speed (0.5 slow, 2.0 fast) and the options."""
        self._path = Path(voice).expanduser()
        self._speed = speed
        self._options = options
        self._piper: Any = None
        self._settings: Any = None
        self._timings = False

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the loaded model can do."""
        if self._piper is None:
            raise RuntimeError('load() comes first')
        config = self._piper.config
        return VoiceCapabilities(config.sample_rate, timings=self._timings,
                                 languages=(config.espeak_voice,))

    def load(self) -> None:
        """Load the model, and synthesize once: the first call is slower."""
        if self._path.suffix != '.onnx' or not self._path.is_file():
            raise UserError(f'tts.voice: {str(self._path)!r} is no voice file of Piper',
                            'Give the path of a .onnx file, with its .onnx.json beside it.')
        settings = self._path.with_name(self._path.name + '.json')
        try:
            config = PiperConfig.from_dict(json.loads(settings.read_text(encoding='utf-8')))
            session = self._session(self._path.read_bytes())
        except OSError as error:
            raise UserError(f'tts.voice: {error.filename} cannot be read: {error.strerror}',
                            'A voice is two files: NAME.onnx and NAME.onnx.json.') from error
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f'tts.voice: {settings} does not describe a voice of Piper',
                            'Download both files of the voice again.') from error
        chosen = self._options
        if chosen.speaker >= max(1, config.num_speakers):
            raise UserError(f'tts.piper.speaker is {chosen.speaker}, and {self._path.name} has '
                            f'{config.num_speakers}', 'Speakers are counted from 0.')
        self._settings = SynthesisConfig(
            speaker_id=None if chosen.speaker < 0 else chosen.speaker,
            length_scale=config.length_scale / self._speed,
            noise_scale=None if chosen.noise < 0 else chosen.noise,
            noise_w_scale=None if chosen.rhythm_noise < 0 else chosen.rhythm_noise)
        self._piper = Piper(session=session, config=config)
        for _ in self.synthesize('Ready.', lambda: False):
            pass

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield one chunk for each sentence that Piper finds."""
        if self._piper is None:
            raise RuntimeError('load() comes first')
        for said in self._piper.synthesize(clause, self._settings,
                                           include_alignments=self._timings):
            if cancelled():
                return
            chunk = trim_silence(np.asarray(said.audio_float_array, np.float32).reshape(-1),
                                 _sounds(said), said.sample_rate)
            if chunk is not None:
                yield chunk

    def close(self) -> None:
        """Release the model."""
        self._piper = None

    def _session(self, model: bytes) -> Any:
        """Return a session of the model, with the lengths as an output where it has them."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        errors = onnxruntime.capi.onnxruntime_pybind11_state
        for timings in (True, False):
            try:
                session = onnxruntime.InferenceSession(
                    with_output(model, SYMBOL_LENGTHS) if timings else model, options,
                    providers=['CPUExecutionProvider'])
            except (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf,
                    errors.InvalidArgument) as error:
                if timings:
                    continue
                raise UserError(f'tts.voice: {self._path} is no ONNX model',
                                'Download both files of the voice again.') from error
            self._timings = timings
            return session
        raise AssertionError('unreachable')


def _sounds(said: Any) -> tuple[Phoneme, ...] | None:
    if said.phoneme_alignments is None:
        return None
    return phonemes_from_symbols((each.phoneme, each.num_samples / said.sample_rate)
                                 for each in said.phoneme_alignments)
