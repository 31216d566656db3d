"""Counts which words follow which, and freezes the counts into the tables of a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.scripts import UNSPACED
from txt2vid_ros.link.codec.tokens import is_word, Token

LEVELS_PER_OCTAVE = 12

Counts = NDArray[np.float64]
Keys = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class GramSettings:
    """How far the counts are trusted; the defaults are for texts like those to be coded."""

    pair_discounts: tuple[float, float, float] = (0.6, 0.9, 1.1)
    """Taken off sequences of two words that occur once, twice and more often (Chen and Goodman,
    1999); and of three words:"""
    triple_discounts: tuple[float, float, float] = (0.75, 1.05, 1.3)
    continuation: bool = True
    """Whether a pair counts as often as different words come before it (Kneser and Ney, 1995):
    it is asked only where no triple is known."""
    min_pair: float = 1.0
    min_triple: float = 2.0
    """Rarer sequences of two and three words are left out."""
    damping: float = 0.0
    """How many words more each context is counted as if it had: the less it is trusted."""
    prior_weight: float = 0.8
    """Of the list of words against the texts, for single words."""


def levels(bits: int) -> NDArray[np.uint32]:
    """Return the 256 weights that a byte may stand for: 2**bits downwards, 12 an octave."""
    weights = 2.0 ** (bits - np.arange(256) / LEVELS_PER_OCTAVE)
    least = 1 if bits == model.PROBABILITY_BITS else 0
    table: NDArray[np.uint32] = np.maximum(np.rint(weights), least).astype(np.uint32)
    return table


def number_of(key: str, numbers: Mapping[str, int]) -> int:
    """Return the vocabulary number of `key`, or that of the class it is spelled under."""
    rare = model.RARE_WORD if is_word(key) else model.RARE_CHARACTER
    return numbers.get(key, rare)


def count_grams(texts: Iterable[tuple[list[Token], float]], numbers: Mapping[str, int],
                settings: GramSettings, prior: Counts | None = None,
                more: Sequence[tuple[int, int, float]] = ()) -> dict[str, NDArray[np.generic]]:
    """
    Return the tables of single words, pairs and triples.

    `prior` has shares of the words, `more` pairs of numbers and their counts.
    """
    size = len(numbers)
    stream: list[int] = []
    weight_of: list[float] = []
    for tokens, weight in texts:
        line = [number_of(token.key, numbers) for token in tokens]
        stream += [model.END, model.END, *line, model.END]
        weight_of += [0.0, 0.0] + [weight] * (len(line) + 1)
    ids, weights = np.array(stream, np.int64), np.array(weight_of)
    at = np.flatnonzero(weights > 0)
    first, second, third, weights = ids[at - 2], ids[at - 1], ids[at], weights[at]
    # A line's first word has END twice before it: one stands for the line before.
    triples, triple_counts = _unique((first * size + second) * size + third, weights)
    pairs, pair_counts = _unique(second * size + third, weights)
    plain = np.bincount(third, weights=weights, minlength=size)
    if more:
        added = np.array([one * size + other for one, other, _ in more], np.int64)
        pairs, pair_counts = _unique(np.concatenate([pairs, added]),
                                     np.concatenate([pair_counts, [c for _, _, c in more]]))
    followers = np.bincount(pairs % size, minlength=size).astype(np.float64)
    unigrams = 0.7 * followers / followers.sum() + 0.3 * plain / plain.sum()
    if prior is not None:
        unigrams = _with_prior(plain / plain.sum(), prior, numbers, settings.prior_weight)
    unigrams = 0.999 * unigrams + 0.001 / size

    lower = pair_counts
    if settings.continuation and not more:
        preceded = np.bincount(np.searchsorted(pairs, triples % size ** 2), minlength=len(pairs))
        lower = np.where(pairs // size == model.END, pair_counts, preceded)
    after = np.bincount(pairs // size, weights=lower, minlength=size) + settings.damping
    kept = pair_counts >= settings.min_pair
    start_pair = np.array([model.END * size + model.END])
    keys = np.union1d(pairs[kept], start_pair)
    counted = np.zeros(len(keys))
    counted[np.searchsorted(keys, pairs[kept])] = lower[kept]
    shares = _discounted(counted, settings.pair_discounts) / np.maximum(after[keys // size], 1)
    used = np.bincount(keys // size, weights=shares, minlength=size)

    contexts, contexts_at = np.unique(triples // size, return_inverse=True)
    context_counts = np.bincount(contexts_at, weights=triple_counts) + settings.damping
    kept = (triple_counts >= settings.min_triple) & np.isin(triples // size, keys)
    triples, triple_counts = triples[kept], triple_counts[kept]
    totals = context_counts[np.searchsorted(contexts, triples // size)]
    triple_shares = _discounted(triple_counts, settings.triple_discounts) / totals
    owner = np.searchsorted(keys, triples // size)
    triple_used = np.bincount(owner, weights=triple_shares, minlength=len(keys))
    rows = np.bincount(owner, minlength=len(keys))
    return {
        'unigrams': _quantised(unigrams),
        'pair_counts': np.bincount(keys // size, minlength=size).astype(np.uint16),
        'pair_levels': _quantised(shares),
        'pair_back_off': _quantised(1 - used),
        **_deltas('pair', keys, size),
        'triple_counts': rows.astype(np.uint16),
        'triple_levels': _quantised(triple_shares),
        'triple_back_off': _quantised(1 - triple_used[rows > 0]),
        **_deltas('triple', triples, size),
    }


def _discounted(counts: Counts, discounts: tuple[float, float, float]) -> Counts:
    once, twice, often = discounts
    # Texts of less weight have counts below 1.
    taken = np.select([counts <= 1, counts <= 2], [once * counts, twice], often)
    left: Counts = np.maximum(counts - taken, 0)
    return left


def _with_prior(counted: Counts, prior: Counts, numbers: Mapping[str, int],
                weight: float) -> Counts:
    """Mix the shares of words; how many tokens are words, the texts tell alone."""
    words = np.array([is_word(key) or UNSPACED.match(key) is not None for key in numbers])
    words[model.RARE_WORD] = True
    total = counted[words].sum()
    mixed = counted.copy()
    mixed[words] = (1 - weight) * counted[words] + weight * total * prior[words]
    return mixed


def _quantised(probabilities: NDArray[Any]) -> NDArray[np.uint8]:
    safe = np.maximum(probabilities, 2.0 ** -22)
    found: NDArray[np.uint8] = np.clip(
        np.rint(-np.log2(safe) * LEVELS_PER_OCTAVE), 0, 255).astype(np.uint8)
    return found


def _unique(keys: Keys, weights: Counts) -> tuple[Keys, NDArray[Any]]:
    found, at = np.unique(keys, return_inverse=True)
    return found, np.bincount(at, weights=weights)


def _deltas(name: str, keys: Keys, size: int) -> dict[str, NDArray[np.generic]]:
    last, row = keys % size, keys // size
    steps = np.diff(last, prepend=0)
    fresh = np.diff(row, prepend=-1) != 0
    steps[fresh] = last[fresh]
    return {f'{name}_high': (steps >> 8).astype(np.uint8),
            f'{name}_low': (steps & 255).astype(np.uint8)}
