"""
Whisper through faster-whisper: about a hundred languages, from a model on this machine.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv 2212.04356.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination


class WhisperRecognizer(WholeRecognizer):
    """Sentences of up to half a minute."""

    name = 'faster-whisper'
    limits = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """Which model, and how it is run."""

        model: str = parameter('', 'folder of a converted model, or a name such as small.en; '
                               'empty for base')
        download: bool = parameter(False, 'whether a model that is not on this machine may be '
                                   'fetched from Hugging Face')
        device: str = parameter('auto', 'where it is computed', choices=('auto', 'cpu', 'cuda'))
        precision: str = parameter('default', 'as CTranslate2 names it: int8, float16, float32, '
                                   '...')
        beams: int = parameter(1, 'beams of the search; more are slower and err a little less',
                               minimum=1, maximum=100)
        threads: int = parameter(0, 'threads on the CPU; 0 for as many as CTranslate2 chooses',
                                 minimum=0, maximum=256)

    def __init__(self, locale: str = 'en', options: Options = Options()) -> None:
        """Take the locale and the options."""
        self._locale = locale
        self._language = locale.partition('-')[0].lower()
        self._options = options
        self._model: Any = None

    @property
    def capabilities(self) -> RecognizerCapabilities:
        """Return what it can do."""
        return RecognizerCapabilities(SPEECH_RATE, confidence=True, locales=(self._locale,))

    def load(self) -> None:
        """Load the model and transcribe silence once: the first call takes longer."""
        chosen = self._options
        model = chosen.model or ('base.en' if self._language == 'en' else 'base')
        folder = Path(model).expanduser()
        if folder.is_dir():
            model = str(folder)
            if not chosen.download and not (folder / 'tokenizer.json').is_file():
                # It would be downloaded silently.
                raise UserError(f'stt.faster_whisper.model: {folder} has no tokenizer.json',
                                'Add that of the model, or set faster_whisper.download=true.')
        try:
            self._model = WhisperModel(
                model, device=chosen.device, compute_type=chosen.precision,
                cpu_threads=chosen.threads, local_files_only=not chosen.download)
        except (OSError, ValueError, RuntimeError) as error:
            # The hub's client raises these too, for a model that is not on this machine.
            raise UserError(f'stt.faster_whisper.model: the model {model!r} cannot be loaded: '
                            f'{" ".join(str(error).split())[:200]}',
                            'Give the folder of a converted model, or set '
                            'faster_whisper.download=true.') from error
        known = self._model.supported_languages
        if self._language not in known:
            raise UserError(
                f'stt.locale is {self._locale!r}, which the model {model!r} does not know',
                'Use a model without .en in its name.' if known == ['en']
                else f'It knows {", ".join(known)}.')
        self.transcribe(np.zeros(SPEECH_RATE, np.float32))

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples at 16 kHz."""
        if self._model is None:
            raise RuntimeError('load() comes first')
        segments, _ = self._model.transcribe(
            samples, language=self._language, beam_size=self._options.beams,
            condition_on_previous_text=False, without_timestamps=True)
        found = list(segments)
        text = drop_hallucination(' '.join(each.text.strip() for each in found),
                                  len(samples) / SPEECH_RATE)
        # The mean over the words of their log probability, as the decoder has it.
        sure = math.exp(min(0.0, float(np.mean([each.avg_logprob for each in found])))
                        ) if found else 0.0
        return Transcript(text, sure if text else None)

    def close(self) -> None:
        """Release the model."""
        self._model = None
