"""Sentences of a language with the times of their sounds: of a voice, or by a usual pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import dataclasses
import itertools

from txt2vid_ros.bench.lipsync.face_figures import TimedSentence
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import english_name, language_of, nearest, speaks
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.providers.choice import make_voice
from txt2vid_ros.providers.tts.kokoro.espeak_phonemes import EspeakPhonemes
from txt2vid_ros.providers.tts.kokoro.pronunciation import pronunciation
from txt2vid_ros.providers.tts.kokoro.voices import DEFAULTS
from txt2vid_ros.speaking.normalization.front_end import normalize
from txt2vid_ros.speaking.phonetics.ipa import PAUSES, phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.word_timing import usual_length

PAUSE = 0.2
"""Seconds of a pause at a comma, where no voice says how long it is."""
LONG = 1.6
"""By how much a long sound is longer than a short one."""
BY_PACE = 'none ({}): the sounds of its phonetic front end, each as long as usual'


@dataclasses.dataclass(frozen=True)
class SpokenSentences:
    """What a face is to say."""

    voice: str
    """Whose sound and times they are."""
    sentences: Sequence[TimedSentence]


def spoken(texts: Sequence[str], language: str, voice: str = '') -> SpokenSentences:
    """
    Return texts as a voice says them, with times.

    Without `voice`, hibari says English and kokoro all that it speaks; a language for which none
    is installed is read by its phonetic front end. Raises UserError where nothing knows how the
    texts sound.
    """
    name = voice or ('hibari' if language_of(language) == 'en' else 'kokoro')
    missing = f'{name} does not speak {english_name(language)}'
    if voice or name == 'hibari' or speaks(DEFAULTS, language):
        try:
            return SpokenSentences(name, [*_said(texts, language, name)])
        except UserError as error:
            if name != 'kokoro' or voice:
                raise
            missing = error.problem
    return SpokenSentences(BY_PACE.format(missing), [*_paced(texts, language)])


def _said(texts: Sequence[str], language: str, name: str) -> Iterator[TimedSentence]:
    own = registry.load(registry.VOICES, name, '--tts').language_voices()
    voice = make_voice(name, own.get(nearest(own, language), ''))
    try:
        voice.load()
        rate = voice.capabilities.sample_rate
        heard = 0
        for text in texts:
            for chunk in voice.synthesize(normalize(text, (language,)).text, lambda: False):
                if chunk.phonemes:
                    heard += 1
                    yield TimedSentence(chunk.samples, rate, chunk.phonemes)
    finally:
        voice.close()
    if not heard:
        raise UserError(f'--tts: voice {name!r} gives no timings to measure against',
                        'Use one that does, such as hibari or kokoro.')


def _paced(texts: Sequence[str], language: str) -> Iterator[TimedSentence]:
    read = _front_end(language)
    for text in texts:
        yield TimedSentence(None, 0, paced(read(normalize(text, (language,)).text)))


def _front_end(language: str) -> Callable[[str], str]:
    tag = nearest(DEFAULTS, language)
    return pronunciation(tag) if tag else EspeakPhonemes(language_of(language))


def paced(sounds: str) -> tuple[Phoneme, ...]:
    """Return the phonemes of IPA with spaces, stress and length marks, each as long as usual."""
    found: list[Phoneme] = []
    clock = 0.0
    for pause, run in itertools.groupby(sounds, lambda symbol: symbol in PAUSES - {' '}):
        if pause:
            clock += PAUSE
            continue
        for sound in phonemes_from_symbols((symbol, 0.0) for symbol in run):
            length = usual_length(sound) * (LONG if 'ː' in sound.symbol else 1.0)
            found.append(dataclasses.replace(sound, start=clock, duration=length))
            clock += length
    return tuple(found)
