"""
A voice like that of a recording: pocket-tts, on the CPU, heard while it is made.

Its weights are the user's to fetch and are read from this machine alone; a voice is made by
`txt2vid voice enroll`, which asks for a consent (docs/voices.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import logging
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
import pocket_tts
import torch
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.providers.alignment.stream import AlignedClause
from txt2vid_ros.providers.tts.pocket.enrolment import OwnVoice
from txt2vid_ros.providers.tts.pocket.weights import language_of_model, load_weights
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.ssml import pronounceable
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities
from txt2vid_ros.speaking.word_times import words_of

log = logging.getLogger(__name__)


class PocketVoice(TextToSpeech):
    """A voice that was enrolled on this machine."""

    name = 'pocket-tts'
    limits = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """Which model speaks."""

        model: str = parameter('english', 'name of a model of pocket-tts, whose files are in '
                               'models/pocket-tts/NAME; or the path of a folder')

        timings: bool = parameter(True, 'whether the words and sounds are found in the speech, '
                                  'for lips and captions (English); each word waits for the next')

    def __init__(self, voice: str = '', speed: float = 1.0, options: Options = Options()) -> None:
        """Take the name of the enrolled voice; its pace cannot be set."""
        self._voice = voice
        self._options = options
        self._model: Any = None
        self._state: Any = None
        self._rate = VOICE_RATE
        self._language = language_of_model(options.model)
        self._lexicon = EnglishLexicon() if options.timings and self._language == 'en' else None
        if speed != 1.0:
            log.warning('pocket-tts speaks at the pace of the recording: speed %g has no effect',
                        speed)

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return that it streams."""
        return VoiceCapabilities(self._rate, timings=self._lexicon is not None, streaming=True,
                                 languages=(self._language,))

    def load(self) -> None:
        """Load the model and the voice, and say a word: the first one is slower."""
        if not self._voice:
            raise UserError('tts.voice is empty, and pocket-tts has no voice of its own',
                            'Name one that was enrolled: txt2vid voice enroll me.wav --name anna')
        own = OwnVoice(self._voice)
        details = own.details()
        model, weights = load_weights(self._options.model)
        if details.get('weights_sha256') != weights:
            raise UserError(f'tts.voice: {self._voice!r} was made with other weights than those '
                            f'of tts.pocket_tts.model {self._options.model!r}',
                            'Enroll it again with this model, or choose that of the voice: '
                            f'{details.get("model")}.')
        self._state = model.get_state_for_audio_prompt(own.state)
        self._rate = int(model.sample_rate)
        self._model = model
        for _ in self.synthesize('Ready.', lambda: False):
            break

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's sound as it is made."""
        if self._model is None:
            raise RuntimeError('load() comes first')
        if not pronounceable(clause) or cancelled():
            return
        if self._lexicon is None:
            for samples in self._sounds(clause, cancelled):
                yield SpeechChunk(samples)
            return
        aligned = AlignedClause(self._lexicon.sounds(words_of(clause)), self._rate)
        for samples in self._sounds(clause, cancelled):
            yield from aligned.push(samples)
        if not cancelled():
            yield from aligned.push(np.zeros(0, np.float32), last=True)

    def close(self) -> None:
        """Release the model."""
        self._model = self._state = None

    def _sounds(self, clause: str, cancelled: Callable[[], bool]
                ) -> Iterator[NDArray[np.float32]]:
        stop = threading.Event()
        stream = self._model.generate_audio_stream(self._state, clause, stop=stop)
        try:
            for part in stream:
                if cancelled():
                    return
                yield np.asarray(part.numpy(), np.float32).reshape(-1)
        finally:
            # Its threads end with the step that they are at; the model then serves again.
            stop.set()
            for _ in stream:
                pass


def voice_state(model: str, prompt: NDArray[np.float32], rate: int
                ) -> tuple[Callable[[Any], None], str]:
    """
    Return a function that writes the state of a voice to a file, and the sha256 of the weights.

    `prompt` are mono samples at `rate`, which has to be that of the model. Raises UserError.
    """
    loaded, weights = load_weights(model)
    if int(loaded.sample_rate) != rate:
        raise UserError(f'the model {model!r} speaks at {loaded.sample_rate} Hz',
                        f'Use one at {rate} Hz.')
    state = loaded.get_state_for_audio_prompt(torch.from_numpy(prompt[None].copy()))
    return lambda file: pocket_tts.export_model_state(state, file), weights
