"""The voices that are installed, in each of their languages; and what the codec makes of these."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import time
from typing import Any, NamedTuple

import numpy as np
from txt2vid_ros.bench.link.codec_bits import bits_per_character
from txt2vid_ros.bench.speech.sentences import SENTENCES
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.locales import speaks
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.speaking.normalization.front_end import normalize
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech

FACE_SENTENCES = 2
"""Sentences that the face is measured on: that takes longer than to say them."""
FACE_SIZE = 640, 480


class Candidate(NamedTuple):
    """A voice to measure."""

    provider: str
    voice: str
    language: str

    @property
    def name(self) -> str:
        """Return what the user calls it."""
        return f'{self.provider}:{self.voice}' if self.voice else self.provider


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--voices', default='', metavar='LIST',
                        help='which, as kokoro:ff_siwis,hibari (those of this machine, one a '
                        'language)')
    parser.add_argument('--languages', default='', metavar='LIST',
                        help=f'which of {", ".join(SENTENCES)} (all)')
    parser.add_argument('--sentences', type=int, default=10, metavar='N',
                        help='of each language (%(default)s)')
    parser.add_argument('--whisper', default='', metavar='FOLDER',
                        help='the Whisper model that hears all languages but English')
    parser.add_argument('--no-face', action='store_true', help='leave opening_r out')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure every voice in turn; return the figures."""
    from txt2vid_ros.bench.speech.word_errors import WordErrorMeter
    languages = _languages(arguments.languages)
    skipped: dict[str, str] = {}
    voices: list[dict[str, Any]] = []
    listeners: dict[str, WordErrorMeter] = {}
    try:
        for candidate in candidates(arguments.voices, languages):
            language = candidate.language
            if language not in listeners:
                listeners[language] = WordErrorMeter(language, arguments.whisper)
            try:
                voices.append(measure(candidate, _sentences(language)[:arguments.sentences],
                                      listeners[language], face=not arguments.no_face))
            except (UserError, ProviderError) as error:
                skipped[f'{candidate.name} {language}'] = error.problem
    finally:
        for listener in listeners.values():
            listener.close()
    deaf = {language: listener.missing for language, listener in listeners.items()
            if listener.missing}
    codec = {language: bits_per_character(SENTENCES[language], language)
             for language in languages}
    return {'voices': voices, 'codec': codec, 'skipped': skipped,
            'not_transcribed': deaf}


def candidates(named: str, languages: Sequence[str]) -> Iterator[Candidate]:
    """Yield the voices to measure that speak one of the languages. Raises UserError."""
    for name in filter(None, named.split(',')):
        provider, _, voice = name.strip().partition(':')
        kind = registry.load(registry.VOICES, provider, '--voices')
        for language in _spoken(kind, voice) or languages[:1]:
            if speaks(languages, language):
                yield Candidate(provider, voice, language)
    if named:
        return
    for provider in registry.names(registry.VOICES):
        try:
            kind = registry.load(registry.VOICES, provider, '--voices')
        except UserError:
            continue
        # Those of the network would cost money; some others make no speech, or need a file.
        if getattr(kind, 'limits', None) != LOCAL or provider in ('clap', 'piper'):
            continue
        own = _language_voices(kind) or {'en': ''}
        for language, voice in own.items():
            if speaks(languages, language):
                yield Candidate(provider, voice, language)


def measure(candidate: Candidate, sentences: Sequence[str], listener: Any, *, face: bool = True
            ) -> dict[str, Any]:
    """Have one voice say the sentences; return its figures. Raises UserError."""
    voice: TextToSpeech = registry.load(registry.VOICES, candidate.provider, '--voices')(
        candidate.voice)
    try:
        voice.load()
        rate, languages = voice.capabilities.sample_rate, voice.capabilities.languages
        seconds = worked = cores = 0.0
        first: list[float] = []
        wrong = total = 0
        said: list[SpeechChunk] = []
        for sentence in sentences:
            text = normalize(sentence, languages).text
            began, used = time.perf_counter(), time.process_time()
            chunks: list[SpeechChunk] = []
            for chunk in voice.synthesize(text, lambda: False):
                if not chunks:
                    first.append((time.perf_counter() - began) * 1000)
                chunks.append(chunk)
            worked += time.perf_counter() - began
            cores += time.process_time() - used
            samples = np.concatenate([np.zeros(0, np.float32), *(one.samples for one in chunks)])
            seconds += len(samples) / rate
            heard = listener.errors(samples, rate, sentence)
            if heard is not None:
                wrong, total = wrong + heard[0], total + heard[1]
            said += chunks
        if not seconds:
            raise UserError(f'{candidate.name} makes no sound of {candidate.language}')
    finally:
        voice.close()
    return {
        'name': candidate.name, 'language': candidate.language,
        'real_time_factor': worked / seconds, 'cores': cores / seconds,
        'first_audio_ms': float(np.median(first)),
        'word_error': wrong / total if total else None,
        'opening_r': _opening(said[:FACE_SENTENCES], rate) if face else None}


def _opening(said: Sequence[SpeechChunk], rate: int) -> float | None:
    """Return how well the face's mouth follows the timed shapes; None where there are none."""
    from txt2vid_ros.bench.lipsync.face_figures import measure as measure_face
    from txt2vid_ros.bench.lipsync.face_figures import TimedSentence
    from txt2vid_ros.media.driving.driving_media import load_driving
    timed = [TimedSentence(chunk.samples, rate, chunk.phonemes) for chunk in said
             if chunk.phonemes]
    if not timed:
        return None
    width, height = FACE_SIZE
    return measure_face(load_driving(None, width=width, height=height), timed)['opening_r']


def _languages(named: str) -> list[str]:
    chosen = [name.strip() for name in named.split(',') if name.strip()] or [*SENTENCES]
    for name in chosen:
        if name not in SENTENCES:
            raise UserError(f'--languages: there are no sentences in {name!r}',
                            f'There are for {", ".join(SENTENCES)}.')
    return chosen


def _language_voices(kind: Any) -> dict[str, str]:
    """Return a provider's voices by language, where it says them."""
    own = getattr(kind, 'language_voices', None)
    return dict(own()) if own is not None else {}


def _spoken(kind: Any, voice: str) -> list[str]:
    """Return the languages of a named voice; [] where only the loaded voice tells."""
    own = _language_voices(kind)
    if not voice:
        return [*own]
    try:
        return [*kind(voice).capabilities.languages]
    except RuntimeError:
        return []


def _sentences(language: str) -> Sequence[str]:
    return next((sentences for tag, sentences in SENTENCES.items()
                 if speaks((tag,), language)), ())
