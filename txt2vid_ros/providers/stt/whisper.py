"""
Whisper through faster-whisper: about a hundred languages, from a model on this machine.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv 2212.04356.
The sound is encoded once; its language and its text are both read from that.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any
import zlib

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import AUTO, language_of, spoken_locales
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination
from txt2vid_ros.providers.stt.heard_language import HeardLanguage
from txt2vid_ros.providers.stt.letters import Writing, writing_of
from txt2vid_ros.providers.stt.whisper_model import load_model

WINDOW = 30.0
"""Seconds that the network takes at most."""
SHORTEST_WINDOW = 10.0
"""Seconds to which shorter sound is padded with silence. The network was trained on WINDOW alone;
encoding is nearly all of the work and takes time by length, and no more errors came of it."""
SILENCE_AFTER = 2.0
"""Seconds of silence after a sound that is longer, so that its end is seen."""
FRAMES_PER_SECOND = 100
TOKENS = 448
"""The longest output of the network."""
TOKENS_PER_SECOND = 50
"""More than the fastest speech has in any language; Hindi takes three tokens a letter."""
NO_SPEECH = 0.6
"""Probability that nobody speaks from which on an unsure text is none, as published."""
UNSURE = -1.0
"""Mean log probability of a token below which a text is unsure, as published."""
MOST_COMPRESSIBLE = 2.4
"""Ratio of a text's length to that of its compressed form above which it repeats itself."""
UNUSUAL_BEAMS, REPETITION_PENALTY = 5, 1.15
"""At least so many beams, and what a token costs that was there before, where the network writes
letters that it does not write by itself: it then loses its way and repeats itself."""


class WhisperRecognizer(WholeRecognizer):
    """Sentences of up to half a minute."""

    name = 'faster-whisper'
    limits = LOCAL

    @dataclasses.dataclass(frozen=True)
    class Options:
        """Which model, and how it is run."""

        model: str = parameter('', 'folder of a converted model, or a name such as small; empty '
                               'for base, which the extra languages brings')
        download: bool = parameter(False, 'whether a model that is not on this machine may be '
                                   'fetched from Hugging Face')
        device: str = parameter('auto', 'where it is computed', choices=('auto', 'cpu', 'cuda'))
        precision: str = parameter('default', 'as CTranslate2 names it: int8, float16, float32, '
                                   '...; default is int8 on a CPU')
        beams: int = parameter(1, 'beams of the search; more are slower and err a little less',
                               minimum=1, maximum=100)
        threads: int = parameter(0, 'threads on the CPU; 0 for as many as CTranslate2 chooses',
                                 minimum=0, maximum=256)

    def __init__(self, locale: str = 'en', options: Options = Options()) -> None:
        """Take the locale, or several separated by commas, or auto; and the options."""
        self._locale = locale
        self._locales = spoken_locales(locale)
        self._fixed = language_of(self._locales[0]) if len(self._locales) == 1 else ''
        self._heard = HeardLanguage(self._locales)
        self._options = options
        self._model: Any = None
        self._writing: dict[str, Writing] = {}

    @classmethod
    def understands(cls, locale: str) -> bool:
        """Return True: which languages a model knows is seen when it is loaded."""
        return True

    @property
    def capabilities(self) -> RecognizerCapabilities:
        """Return what it can do."""
        return RecognizerCapabilities(SPEECH_RATE, confidence=True, locales=self._locales)

    def load(self) -> None:
        """Load the model and transcribe silence once: the first call takes longer."""
        chosen = self._options
        precision = chosen.precision
        if precision == 'default' and chosen.device != 'cuda' and not (
                chosen.device == 'auto' and ctranslate2.get_cuda_device_count()):
            precision = 'int8'
        self._model = load_model(
            chosen.model, self._fixed == 'en', device=chosen.device, compute_type=precision,
            cpu_threads=chosen.threads, local_files_only=not chosen.download)
        known = self._model.supported_languages
        wanted = [language_of(each) for each in self._locales] or (
            [AUTO] if known == ['en'] else [])
        unknown = [each for each in wanted if each not in known]
        if unknown:
            raise UserError(
                f'stt.locale is {self._locale!r}, which the model {chosen.model or "base"!r} '
                'does not know', 'Use a model without .en in its name.' if known == ['en']
                else f'It knows {", ".join(known)}.')
        self._writing = {language: writing_of(self._model.hf_tokenizer, language)
                         for language in known if not wanted or language in wanted}
        self._transcribe(np.zeros(SPEECH_RATE, np.float32), self._fixed or 'en')

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples at 16 kHz, and its language."""
        return self._transcribe(samples, self._fixed)

    def finished(self, transcript: Transcript) -> None:
        """Expect the next utterance in the language of this one."""
        if transcript.text and not self._fixed:
            self._heard.settle(language_of(transcript.locale))

    def close(self) -> None:
        """Release the model."""
        self._model = None
        self._writing = {}

    def _transcribe(self, samples: NDArray[np.float32], language: str) -> Transcript:
        if self._model is None:
            raise RuntimeError('load() comes first')
        seconds = len(samples) / SPEECH_RATE
        encoded = self._encode(samples)
        if not language:
            language = self._heard.choose(self._probabilities(encoded), seconds)
        tokens, sure = self._decode(encoded, language, seconds)
        text = self._model.hf_tokenizer.decode(tokens).strip()
        if _ratio(text) > MOST_COMPRESSIBLE:
            tokens, sure = self._decode(encoded, language, seconds, no_repeat_ngram_size=3)
            text = self._model.hf_tokenizer.decode(tokens).strip()
        text = drop_hallucination(text, seconds) if sure > 0 else ''
        locale = self._locales[0] if self._fixed else self._heard.locale(language)
        return Transcript(text, sure if text else None, locale)

    def _encode(self, samples: NDArray[np.float32]) -> Any:
        seconds = min(WINDOW, max(SHORTEST_WINDOW, len(samples) / SPEECH_RATE + SILENCE_AFTER))
        # The network halves the number of frames.
        window = round(seconds * FRAMES_PER_SECOND / 2) * 2
        features = self._model.feature_extractor(samples)[..., :window]
        return self._model.encode(np.pad(features, ((0, 0), (0, window - features.shape[-1]))))

    def _probabilities(self, encoded: Any) -> dict[str, float]:
        found = self._model.model.detect_language(encoded)[0]
        return {token.strip('<|>'): probability for token, probability in found}

    def _decode(self, encoded: Any, language: str, seconds: float, **options: Any
                ) -> tuple[list[int], float]:
        """Return the tokens of the text, and how sure they are: 0 where nobody speaks."""
        token = self._model.hf_tokenizer.token_to_id
        names = ['<|startoftranscript|>', '<|notimestamps|>']
        if self._model.model.is_multilingual:
            names[1:1] = [f'<|{language}|>', '<|transcribe|>']
        writing = self._writing.get(language, Writing([], []))
        before = [token('<|startofprev|>'), *writing.before] if writing.before else []
        prompt = [*before, *(token(name) for name in names)]
        beams = self._options.beams
        if before:
            beams = max(beams, UNUSUAL_BEAMS)
            options['repetition_penalty'] = REPETITION_PENALTY
        # -1 stands for those that the model itself leaves out.
        result = self._model.model.generate(
            encoded, [prompt], beam_size=beams,
            return_scores=True, return_no_speech_prob=True,
            max_length=min(TOKENS, len(prompt) + 20 + round(TOKENS_PER_SECOND * seconds)),
            suppress_tokens=[-1, *writing.foreign], **options)[0]
        tokens = result.sequences_ids[0]
        # The score is the mean over the tokens; their end counts as one too.
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
        # With a text before, silence goes on as that one did, and is sure of it.
        nobody = result.no_speech_prob > NO_SPEECH and (mean < UNSURE or bool(before))
        return tokens, 0.0 if nobody else math.exp(min(0.0, mean))


def _ratio(text: str) -> float:
    written = text.encode()
    return len(written) / len(zlib.compress(written)) if written else 0.0
