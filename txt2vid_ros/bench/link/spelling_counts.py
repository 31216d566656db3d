"""Counts what the vocabulary leaves open: spelling, capitals and spaces."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.spelling import (
    INSIDE,
    next_style,
    place,
    position,
    space_column,
    UNKNOWN_STYLE,
)
from txt2vid_ros.link.codec.tokens import Case, is_character, is_word, Token, TokenType

_CAPITAL_SHARE_EDGES = np.array([0.01, 0.05, 0.15, 0.35, 0.65, 0.9])
_TITLED_WEIGHT = 0.5
"""How many times a word counts as seen with a capital that a list says has one."""
_MAX_LETTERS = 64
_MIN_LETTER_SHARE = 3e-5


def count(texts: Iterable[tuple[list[Token], float]], numbers: Mapping[str, int],
          counts: collections.Counter[str], prior: Mapping[str, float],
          titled: frozenset[str]) -> dict[str, NDArray[np.generic]]:
    """Return the tables 'alphabet', 'letters', 'capital_class', 'cases' and 'spaces'."""
    texts = list(texts)
    classes = _capital_classes(texts, numbers, titled)
    columns = 2 + sum(1 for word in numbers if len(word) == 1 and is_character(word))
    cases: NDArray[np.float64] = np.full((model.CAPITAL_CLASSES, 3, 3, len(Case)), 0.5)
    spaces = np.full((len(TokenType), columns, 2), 0.3)
    style = UNKNOWN_STYLE
    for tokens, weight in texts:
        before = about = TokenType.START
        for token in tokens:
            spaces[before, space_column(token, numbers), int(token.spaced)] += weight
            if token.is_word:
                number = numbers.get(token.key, model.RARE_WORD)
                where = position(about)
                for known in {style, UNKNOWN_STYLE}:
                    cases[int(classes[number]), where, known, token.case] += weight
                style = next_style(style, where, token.case)
            before = token.token_type
            about = place(about, before)
    shares = cases / cases.sum(-1, keepdims=True)
    spaced = spaces[:, :, 1] / spaces.sum(-1)
    return {
        **_letters(numbers, counts, prior),
        'capital_class': classes,
        'cases': np.maximum(1, np.rint(shares * 4096)).astype(np.uint16),
        'spaces': np.clip(np.rint(spaced * 1024), 1, 1023).astype(np.uint16),
    }


def _capital_classes(texts: list[tuple[list[Token], float]], numbers: Mapping[str, int],
                     titled: frozenset[str]) -> NDArray[np.uint8]:
    seen = np.zeros(len(numbers))
    capital = np.zeros(len(numbers))
    for tokens, _ in texts:
        about = TokenType.START
        for token in tokens:
            number = numbers.get(token.key)
            if number is not None and token.is_word and position(about) == INSIDE:
                seen[number] += 1
                capital[number] += token.case is not Case.LOWER
            about = place(about, token.token_type)
    listed = _TITLED_WEIGHT * np.array([word in titled for word in numbers])
    share = (capital + 0.05 + 2 * listed) / (seen + 1 + 2 * listed)
    classes = np.searchsorted(_CAPITAL_SHARE_EDGES, share).astype(np.uint8)
    classes[model.RARE_WORD] = model.RARE_CAPITAL_CLASS
    return classes


def _letters(numbers: Mapping[str, int], counts: Mapping[str, int],
             prior: Mapping[str, float]) -> dict[str, NDArray[np.generic]]:
    """Count letter trigrams over the words that the vocabulary lacks, each once."""
    words = [word for word in {**counts, **prior} if word not in numbers and is_word(word)]
    alphabet = _alphabet(words) if prior else model.LETTERS
    index = {letter: number for number, letter in enumerate(alphabet)}
    stop, size = len(alphabet), len(alphabet) + 1
    triples = np.zeros((size, size, size))
    for word in words:
        first = second = stop
        for letter in [*(index.get(letter, -1) for letter in word), stop]:
            if letter >= 0:
                triples[first, second, letter] += 1
            first, second = second, letter if letter >= 0 else stop
    singles = triples.sum((0, 1)) + 0.5
    singles /= singles.sum()
    pairs = triples.sum(0) + 4 * singles
    pairs /= pairs.sum(-1, keepdims=True)
    smoothed = triples + 4 * pairs[None]
    smoothed /= smoothed.sum(-1, keepdims=True)
    levels = np.clip(np.rint(-np.log2(smoothed) * 12), 0, 255)
    return {'letters': levels.astype(np.uint8).reshape(-1),
            'alphabet': np.frombuffer(alphabet.encode(), np.uint8)}


def _alphabet(words: list[str]) -> str:
    counted = collections.Counter(''.join(words))
    total = counted.total()
    common = [letter for letter, number in counted.most_common(_MAX_LETTERS)
              if number > _MIN_LETTER_SHARE * total and is_word(letter)]
    return ''.join(sorted(common)) + "'"
