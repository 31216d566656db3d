"""
Counts a language model from lines of text and writes the file that `model.load` reads.

    python -m txt2vid_ros.bench.link.train_codec --out english.model [--weight 0.5] FILE [FILE ...]

One utterance a line, UTF-8. The first file counts in full, the others by `--weight`. The shipped
`english.model` was counted so, and those of other languages by `tools/codec_models.py`, from the
packages named in data/NOTICE.md.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Iterator, Mapping, Sequence
import dataclasses
import io
import lzma
import pathlib

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.link import spelling_counts
from txt2vid_ros.bench.link.gram_counts import count_grams, GramSettings, levels, number_of
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.scripts import UNSPACED
from txt2vid_ros.link.codec.tokens import is_word, MAX_UNSPACED_WORD, Tokenizer

MIN_WORD_COUNT = 4
"""Words that occur less often are spelled."""
MIN_CHARACTER_COUNT = 3
"""The same for characters beyond ASCII."""
MAX_WORD_LETTERS = 24
CHARACTERS = [chr(c) for c in (*range(32, 127), 9, 10) if not chr(c).isalpha()]


@dataclasses.dataclass(frozen=True)
class LanguageStatistics:
    """What is known of a language besides texts; the defaults are English's."""

    prior: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Shares of words, in small letters, from lists of frequencies."""
    words: int = 60_000
    """Of the vocabulary, where there is a prior."""
    elision: bool = False
    """Whether an apostrophe ends a word, see `Tokenizer`."""
    titled: frozenset[str] = frozenset()
    """Words that are written with a capital."""
    pairs: tuple[tuple[str, str, float], ...] = ()
    """Two words and how often one has followed the other in texts that are not at hand."""
    grams: GramSettings = dataclasses.field(default_factory=GramSettings)


def main() -> None:
    """Read the files named on the command line and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=pathlib.Path, required=True)
    parser.add_argument('--weight', type=float, default=0.5, help='of the second file and on')
    parser.add_argument('files', type=pathlib.Path, nargs='+')
    args = parser.parse_args()
    corpora = [[line for line in path.read_text('utf-8').split('\n') if line]
               for path in args.files]
    weights = [1.0] + [args.weight] * (len(corpora) - 1)
    args.out.write_bytes(train(corpora, weights))


def train(corpora: Sequence[Sequence[str]], weights: Sequence[float],
          language: LanguageStatistics = LanguageStatistics()) -> bytes:
    """Return the bytes of a model counted from `corpora`, each line by its corpus's weight."""
    tokenizer = Tokenizer(language.elision, _costs(language.prior))
    texts = [(list(tokenizer.split(line)), weight)
             for lines, weight in zip(corpora, weights, strict=True) for line in lines]
    counts: collections.Counter[str] = collections.Counter()
    for tokens, _ in texts:
        counts.update(token.key for token in tokens)
    words = vocabulary(counts, language)
    numbers = {word: number for number, word in enumerate(words)}
    tables: dict[str, NDArray[np.generic]] = {
        'words': np.frombuffer('\0'.join(words).encode(), np.uint8),
        'levels': levels(model.PROBABILITY_BITS),
        'shares': levels(model.BACK_OFF_BITS),
        'elision': np.array(language.elision, np.uint8),
    }
    tables.update(count_grams(texts, numbers, language.grams,
                              _prior(language, numbers) if language.prior else None,
                              list(_pairs(language, tokenizer, numbers))))
    tables.update(spelling_counts.count(texts, numbers, counts, language.prior, language.titled))
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **tables)
    return lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def vocabulary(counts: Mapping[str, int], language: LanguageStatistics) -> list[str]:
    """Return the words of a model: classes, characters, then words from the most frequent on."""
    total = sum(counts.values())
    shares = dict(language.prior)
    for key, count in counts.items():
        if count >= MIN_WORD_COUNT and _may_be_word(key):
            shares[key] = (language.grams.prior_weight * shares.get(key, 0.0)
                           + (1 - language.grams.prior_weight) * count / total)
    characters = CHARACTERS + sorted(
        key for key, count in counts.items() if count >= MIN_CHARACTER_COUNT
        and len(key) == 1 and not key.isascii() and not _may_be_word(key))
    known = set(characters)
    common = sorted((key for key in shares if _may_be_word(key) and key not in known),
                    key=lambda key: (-shares[key], key))
    return ['<end>', '<word>', '<character>', *characters, *common[:language.words]]


def _may_be_word(key: str) -> bool:
    if UNSPACED.match(key):
        return len(key) <= MAX_UNSPACED_WORD
    return is_word(key) and len(key) < MAX_WORD_LETTERS


def _costs(prior: Mapping[str, float]) -> dict[str, int]:
    """Return costs of unspaced words as the model that is to be will have them, nearly."""
    return {word: int(-12 * np.log2(share)) + 1 for word, share in prior.items()
            if UNSPACED.match(word) and _may_be_word(word)}


def _pairs(language: LanguageStatistics, tokenizer: Tokenizer,
           numbers: Mapping[str, int]) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs by number, split as the model's texts are."""
    for first, second, count in language.pairs:
        before, after = [*tokenizer.split(first)], [*tokenizer.split(second)]
        yield number_of(before[-1].key, numbers), number_of(after[0].key, numbers), count


def _prior(language: LanguageStatistics, numbers: Mapping[str, int]) -> NDArray[np.float64]:
    """Return the shares of the vocabulary's words, and of all others as RARE_WORD."""
    shares = np.zeros(len(numbers))
    for word, share in language.prior.items():
        shares[numbers.get(word, model.RARE_WORD)] += share
    found: NDArray[np.float64] = shares / shares.sum()
    return found


if __name__ == '__main__':
    main()
