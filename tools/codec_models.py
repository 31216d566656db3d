#!/usr/bin/env python3
"""
Counts the text models of the languages other than English.

    tools/codec_models.py --packages FOLDER --texts FOLDER [--out FOLDER] [LANGUAGE ...]

TEXTS is what tools/codec_texts.py wrote; PACKAGES/wordstats and PACKAGES/german_nouns hold the
contents of those wheels, PACKAGES/sunpinyin-data that of Debian's package. Needs wordfreq 3.1.1 in
the Python that runs it.
Licences: txt2vid_ros/link/codec/data/NOTICE.md.
"""

from __future__ import annotations

import argparse
import collections
import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from codec_pairs import OpenGram  # noqa: E402
from txt2vid_ros.bench.link.gram_counts import GramSettings  # noqa: E402
from txt2vid_ros.bench.link.train_codec import LanguageStatistics, train  # noqa: E402
from txt2vid_ros.link.codec.languages import CODES, DATA  # noqa: E402
from txt2vid_ros.link.codec.scripts import lower, UNSPACED  # noqa: E402
from txt2vid_ros.link.codec.tokens import is_word  # noqa: E402
import wordfreq  # noqa: E402

ELIDING = ('fr', 'it')
SUBTITLES_SHARE = 0.65
"""Of frequencies in subtitles against wordfreq's, which has written language too."""
WEIGHTS = {'ovos': 1.0, 'hsk': 1.0, 'firefox': 0.5, 'gnome': 0.5, 'libreoffice': 0.15}
"""How much a sentence of each source counts: the more, the more it is like talk."""
ENGLISH_SHARE = 0.5
"""Sentences of which more is rather English were not translated, and are left out."""
PAIRED_WORDS, LEAST_PAIRS = 3e6, 1.0
"""Of the pairs of Chinese words: how many words they are to stand for, and the rarest ones."""
GRAMS = GramSettings(pair_discounts=(0.7, 0.7, 0.7), triple_discounts=(0.7, 0.7, 0.7),
                     continuation=False, min_pair=1.0, min_triple=2.0, damping=80.0,
                     prior_weight=0.8)


def main() -> None:
    """Write the models."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--packages', type=pathlib.Path, required=True)
    parser.add_argument('--texts', type=pathlib.Path, required=True)
    parser.add_argument('--out', type=pathlib.Path, default=DATA)
    parser.add_argument('languages', nargs='*', default=CODES[1:])
    args = parser.parse_args()
    for language in args.languages:
        packed = build(language, args.packages, args.texts)
        (args.out / f'{language}.model').write_bytes(packed)
        print(language, len(packed))


def build(language: str, packages: pathlib.Path, texts: pathlib.Path,
          grams: GramSettings = GRAMS) -> bytes:
    """Return the model of a language."""
    prior = prior_of(language, packages)
    english = wordfreq.get_frequency_dict('en', 'best')
    corpora, weights = [], []
    for source, weight in WEIGHTS.items():
        path = texts / f'{language}.{source}.txt'
        if path.exists():
            lines = path.read_text('utf-8').split('\n')
            corpora.append([line for line in lines if not _is_english(line, prior, english)])
            weights.append(weight)
    titled = _german_nouns(packages) if language == 'de' else frozenset()
    pairs = (tuple(OpenGram(packages / 'sunpinyin-data').pairs(PAIRED_WORDS, LEAST_PAIRS))
             if language == 'zh' else ())
    return train(corpora, weights, LanguageStatistics(
        prior=prior, elision=language in ELIDING, titled=titled, grams=grams, pairs=pairs))


def prior_of(language: str, packages: pathlib.Path) -> dict[str, float]:
    """Return shares of words, in subtitles and elsewhere."""
    subtitles = _subtitles(language, packages)
    elided = {word[:-1]: word for word in subtitles if word[-1] == "'"}
    shares: collections.Counter[str] = collections.Counter()
    written = wordfreq.get_frequency_dict(language, 'best')
    part = SUBTITLES_SHARE if subtitles else 0.0
    for word, share in written.items():
        key = lower(word)
        if language in ELIDING and len(key) < 3 and key in elided:
            key = elided[key]
        if _counts(key):
            shares[key] += (1 - part) * share
    for word, share in subtitles.items():
        shares[word] += part * share
    return dict(shares)


def _counts(word: str) -> bool:
    return bool(word) and (is_word(word) or UNSPACED.fullmatch(word) is not None)


def _subtitles(language: str, packages: pathlib.Path) -> dict[str, float]:
    path = (packages / 'wordstats/wordstats/language_data/hermitdave/2018' / language
            / f'{language}_full.txt')
    if not path.exists():
        return {}
    rows = [line.split() for line in path.read_text('utf-8').splitlines()]
    counted: collections.Counter[str] = collections.Counter()
    for row in rows:
        if len(row) == 2 and _counts(row[0]):
            counted[lower(row[0])] += int(row[1])
    total = counted.total()
    return {word: count / total for word, count in counted.items()}


def _is_english(line: str, prior: dict[str, float], english: dict[str, float]) -> bool:
    words = [word for word in lower(line).split() if word.isascii() and word.isalpha()]
    if UNSPACED.search(line) or any('\u0900' <= letter <= '\u097f' for letter in line):
        return False
    foreign = sum(english.get(word, 0.0) > 3 * prior.get(word, 0.0) for word in words)
    return foreign > ENGLISH_SHARE * len(line.split())


def _german_nouns(packages: pathlib.Path) -> frozenset[str]:
    nouns = set()
    with (packages / 'german_nouns/german_nouns/nouns.csv').open(encoding='utf-8') as file:
        for row in csv.DictReader(file):
            forms = [value for name, value in row.items()
                     if value and (name == 'lemma' or 'singular' in name or 'plural' in name)]
            nouns.update(lower(form) for form in forms if form[:1] != lower(form[:1]))
    return frozenset(nouns)


if __name__ == '__main__':
    main()
