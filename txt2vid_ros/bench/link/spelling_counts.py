"""Counts what the vocabulary leaves open: spelling, capitals and spaces."""

from __future__ import annotations

import collections
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.spelling import (
    INSIDE,
    next_style,
    position,
    space_column,
    UNKNOWN_STYLE,
)
from txt2vid_ros.link.codec.tokens import Case, Token, TokenType, WORD

_CAPITAL_SHARE_EDGES = np.array([0.01, 0.05, 0.15, 0.35, 0.65, 0.9])


def count(texts: Iterable[tuple[list[Token], float]], numbers: dict[str, int],
          counts: collections.Counter[str]) -> dict[str, NDArray[np.generic]]:
    """Return the tables 'letters', 'capital_class', 'cases' and 'spaces'."""
    texts = list(texts)
    classes = _capital_classes(texts, numbers)
    columns = 2 + sum(1 for word in numbers if len(word) == 1 and not word.isalpha())
    cases = np.full((model.CAPITAL_CLASSES, 3, 3, len(Case)), 0.5)
    spaces = np.full((len(TokenType), columns, 2), 0.3)
    style = UNKNOWN_STYLE
    for tokens, weight in texts:
        before = TokenType.START
        for token in tokens:
            spaces[before, space_column(token, numbers), int(token.spaced)] += weight
            if token.is_word:
                number = numbers.get(token.key, model.RARE_WORD)
                where = position(before)
                for known in {style, UNKNOWN_STYLE}:
                    cases[classes[number], where, known, token.case] += weight
                style = next_style(style, where, token.case)
            before = token.token_type
    shares = cases / cases.sum(-1, keepdims=True)
    spaced = spaces[:, :, 1] / spaces.sum(-1)
    return {
        'letters': _letters(numbers, counts),
        'capital_class': classes,
        'cases': np.maximum(1, np.rint(shares * 4096)).astype(np.uint16),
        'spaces': np.clip(np.rint(spaced * 1024), 1, 1023).astype(np.uint16),
    }


def _capital_classes(texts: list[tuple[list[Token], float]],
                     numbers: dict[str, int]) -> NDArray[np.uint8]:
    seen = np.zeros(len(numbers))
    titled = np.zeros(len(numbers))
    for tokens, _ in texts:
        before = TokenType.START
        for token in tokens:
            number = numbers.get(token.key)
            if number is not None and token.is_word and position(before) == INSIDE:
                seen[number] += 1
                titled[number] += token.case is not Case.LOWER
            before = token.token_type
    share = (titled + 0.05) / (seen + 1)
    classes = np.searchsorted(_CAPITAL_SHARE_EDGES, share).astype(np.uint8)
    classes[model.RARE_WORD] = model.RARE_CAPITAL_CLASS
    return classes


def _letters(numbers: dict[str, int], counts: collections.Counter[str]) -> NDArray[np.uint8]:
    """Count letter trigrams over the words that the vocabulary lacks, each once."""
    size = len(model.LETTERS) + 1
    triples = np.zeros((size, size, size))
    for word in counts:
        if word in numbers or not WORD.match(word):
            continue
        first = second = model.STOP_LETTER
        for letter in [*map(model.LETTERS.index, word), model.STOP_LETTER]:
            triples[first, second, letter] += 1
            first, second = second, letter
    singles = triples.sum((0, 1)) + 0.5
    singles /= singles.sum()
    pairs = triples.sum(0) + 4 * singles
    pairs /= pairs.sum(-1, keepdims=True)
    smoothed = triples + 4 * pairs[None]
    smoothed /= smoothed.sum(-1, keepdims=True)
    levels = np.clip(np.rint(-np.log2(smoothed) * 12), 0, 255)
    table: NDArray[np.uint8] = levels.astype(np.uint8).reshape(-1)
    return table
