"""
The language model: word trigrams with back-off, frozen into integer tables.

Interpolated discounting (Kneser and Ney, 1995; Chen and Goodman, 1999), counted once by
`bench/link/train_codec.py`. Every weight is an integer from a table in the file, so rounding
cannot differ between two machines.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import functools
import hashlib
import io
import lzma
import pathlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.codec.letter_grams import LetterGrams
from txt2vid_ros.link.codec.scripts import UNSPACED
from txt2vid_ros.link.codec.tokens import MAX_UNSPACED_WORD, Tokenizer, TokenType

ENGLISH = pathlib.Path(__file__).parent / 'data' / 'english.model'

END, RARE_WORD, RARE_CHARACTER = 0, 1, 2
"""Vocabulary entries that stand for no text of their own: its end, and what is spelled."""

PROBABILITY_BITS = 24
BACK_OFF_BITS = 16
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
"""Of a model that names no others."""

_SPELLING_WORDS = 30_000
"""Words of the vocabulary, the most frequent first, that spelling is learnt from."""

CAPITAL_CLASSES = 8
RARE_CAPITAL_CLASS = 7
"""How often a word is capitalised within a sentence, in steps; spelled words have their own."""


class Row(NamedTuple):
    """What one context predicts: sorted vocabulary numbers and their running sums of weight."""

    words: NDArray[np.uint16]
    sums: NDArray[np.int64]
    """(len(words) + 1,), from 0, in units of 2**-PROBABILITY_BITS."""
    back_off: int
    """The share left to the shorter context, in units of 2**-BACK_OFF_BITS."""


EMPTY_ROW = Row(np.empty(0, np.uint16), np.zeros(1, np.int64), 1 << BACK_OFF_BITS)


@dataclasses.dataclass(frozen=True, eq=False)
class LanguageModel:
    """Tables of one language, as read from a model file."""

    digest: bytes
    """sha256 of the file: two ends understand each other only with the same one."""
    words: tuple[str, ...]
    numbers: dict[str, int]
    sums: NDArray[np.int64]
    """(len(words) + 1,): running sums of the weight of each word without any context."""
    bigram_starts: NDArray[np.int64]
    bigram_words: NDArray[np.uint16]
    bigram_sums: NDArray[np.int64]
    bigram_back_off: NDArray[np.int64]
    trigram_starts: NDArray[np.int64]
    trigram_words: NDArray[np.uint16]
    trigram_sums: NDArray[np.int64]
    trigram_back_off: NDArray[np.int64]
    alphabet: dict[str, int]
    """The letters that words are spelled with; one number more ends a word, or begins it."""
    letters: NDArray[np.int64]
    """(letters + 1,) * 3 weights: the two letters before, then the letter."""
    capital_class: NDArray[np.uint8]
    cases: NDArray[np.int64]
    """(CAPITAL_CLASSES, position 3, style 3, case 4) weights."""
    spaces: NDArray[np.int64]
    """(type of the token before, words + characters) weight of 1024 of a space between."""
    tokenizer: Tokenizer

    @functools.cached_property
    def letter_grams(self) -> LetterGrams:
        """Return the counts for spelling; takes about 0.15 s the first time."""
        return LetterGrams(self.words[RARE_CHARACTER + 1:_SPELLING_WORDS], self.alphabet)

    def bigram(self, before: int) -> Row:
        """Return what follows the word number `before`."""
        start, stop = int(self.bigram_starts[before]), int(self.bigram_starts[before + 1])
        if start == stop:
            return EMPTY_ROW
        return Row(self.bigram_words[start:stop],
                   self.bigram_sums[start:stop + 1] - self.bigram_sums[start],
                   int(self.bigram_back_off[before]))

    def trigram(self, first: int, second: int) -> Row:
        """Return what follows `first` and `second`, in this order."""
        start, stop = int(self.bigram_starts[first]), int(self.bigram_starts[first + 1])
        at = start + int(np.searchsorted(self.bigram_words[start:stop], second))
        if at == stop or self.bigram_words[at] != second:
            return EMPTY_ROW
        start, stop = int(self.trigram_starts[at]), int(self.trigram_starts[at + 1])
        if start == stop:
            return EMPTY_ROW
        return Row(self.trigram_words[start:stop],
                   self.trigram_sums[start:stop + 1] - self.trigram_sums[start],
                   int(self.trigram_back_off[at]))


def running(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return running sums that begin with 0; one longer than `weights`."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(weights, dtype=np.int64)])


@functools.lru_cache(maxsize=16)
def load(path: pathlib.Path = ENGLISH) -> LanguageModel:
    """Read a model file; takes about 0.2 s the first time. Raises UserError."""
    try:
        packed = path.read_bytes()
        tables = np.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False)
        return _unpack(tables, hashlib.sha256(packed).digest())
    except (OSError, lzma.LZMAError, ValueError, KeyError) as error:
        raise UserError(f'the text model {path} cannot be read: {error}',
                        'Install the package again') from error


def _unpack(tables: dict[str, NDArray[np.generic]], digest: bytes) -> LanguageModel:
    words = tuple(bytes(tables['words'].astype(np.uint8)).decode('utf-8').split('\0'))
    levels = tables['levels'].astype(np.int64)
    # No context leaves nothing to what it has not seen: that could not be coded.
    shares = np.maximum(tables['shares'].astype(np.int64), 1)
    bigram_starts = running(tables['pair_counts'].astype(np.int64))
    trigram_starts = running(tables['triple_counts'].astype(np.int64))
    alphabet = (bytes(tables['alphabet'].astype(np.uint8)).decode('utf-8')
                if 'alphabet' in tables else LETTERS)
    elision = bool(tables['elision']) if 'elision' in tables else False
    trigram_back_off = np.full(len(trigram_starts) - 1, 1 << BACK_OFF_BITS, np.int64)
    trigram_back_off[np.diff(trigram_starts) > 0] = shares[tables['triple_back_off']]
    return LanguageModel(
        digest=digest,
        words=words,
        numbers={word: number for number, word in enumerate(words)},
        sums=running(levels[tables['unigrams']]),
        bigram_starts=bigram_starts,
        bigram_words=_undelta(tables, 'pair', bigram_starts),
        bigram_sums=running(levels[tables['pair_levels']]),
        bigram_back_off=shares[tables['pair_back_off']],
        trigram_starts=trigram_starts,
        trigram_words=_undelta(tables, 'triple', trigram_starts),
        trigram_sums=running(levels[tables['triple_levels']]),
        trigram_back_off=trigram_back_off,
        alphabet={letter: number for number, letter in enumerate(alphabet)},
        letters=levels[tables['letters']].reshape((len(alphabet) + 1,) * 3),
        capital_class=tables['capital_class'].astype(np.uint8),
        cases=tables['cases'].astype(np.int64),
        spaces=_all_types(tables['spaces'].astype(np.int64)),
        tokenizer=Tokenizer(elision, _costs(words, tables['unigrams'])),
    )


def _all_types(spaces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the types of token that the model does not know the row of those that are like them."""
    like = [row if row < len(spaces) else min(TokenType.OTHER, len(spaces) - 1)
            for row in TokenType]
    return spaces[like]


def _costs(words: Sequence[str], unigrams: NDArray[np.generic]) -> dict[str, int]:
    """Return the levels of the words of scripts without spaces: 12 a bit, the rarer the more."""
    return {word: int(level) + 1 for word, level in zip(words, unigrams, strict=True)
            if len(word) <= MAX_UNSPACED_WORD and UNSPACED.match(word)}


def _undelta(tables: dict[str, NDArray[np.generic]], name: str,
             starts: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Undo the differences within rows, which make sorted numbers compress well."""
    high = tables[f'{name}_high'].astype(np.int64)
    steps = high * 256 + tables[f'{name}_low'].astype(np.int64)
    sums = np.cumsum(steps)
    counts = np.diff(starts)
    before = np.concatenate([np.zeros(1, np.int64), sums])[starts[:-1]]
    words: NDArray[np.uint16] = (sums - np.repeat(before, counts)).astype(np.uint16)
    return words
