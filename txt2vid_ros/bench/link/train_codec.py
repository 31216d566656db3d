"""
Counts a language model from lines of text and writes the file that `model.load` reads.

    python -m txt2vid_ros.bench.link.train_codec --out english.model [--weight 0.5] FILE [FILE ...]

One utterance a line, UTF-8. The first file counts in full, the others by `--weight`. The shipped
`english.model` was counted from the packages named in data/NOTICE.md.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Iterable, Sequence
import io
import lzma
import pathlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.link import spelling_counts
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.tokens import split, Token, WORD

DISCOUNT = 0.7
MIN_WORD_COUNT = 4
"""Words that occur less often are spelled."""
MIN_BIGRAM_COUNT, MIN_TRIGRAM_COUNT = 2, 3
LEVELS_PER_OCTAVE = 12
CHARACTERS = [chr(c) for c in (*range(32, 127), 9, 10) if not chr(c).isalpha()]

Counts = NDArray[np.float64]
Keys = NDArray[np.int64]


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


def train(corpora: Sequence[Sequence[str]], weights: Sequence[float]) -> bytes:
    """Return the bytes of a model counted from `corpora`, each line by its corpus's weight."""
    texts = [(list(split(line)), weight)
             for lines, weight in zip(corpora, weights, strict=True) for line in lines]
    counts: collections.Counter[str] = collections.Counter()
    for tokens, _ in texts:
        counts.update(token.key for token in tokens)
    common = [key for key, count in counts.items()
              if count >= MIN_WORD_COUNT and WORD.match(key) and len(key) < 16]
    words = ['<end>', '<word>', '<character>', *CHARACTERS,
             *sorted(common, key=lambda key: (-counts[key], key))]
    numbers = {word: number for number, word in enumerate(words)}
    tables: dict[str, NDArray[np.generic]] = {
        'words': np.frombuffer('\0'.join(words).encode(), np.uint8),
        'levels': _levels(model.PROBABILITY_BITS),
        'shares': _levels(model.BACK_OFF_BITS),
    }
    tables.update(_grams(texts, numbers))
    tables.update(spelling_counts.count(texts, numbers, counts))
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **tables)
    return lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME)


def number_of(key: str, numbers: dict[str, int]) -> int:
    """Return the vocabulary number of `key`, or that of the class it is spelled under."""
    rare = model.RARE_WORD if WORD.match(key) else model.RARE_CHARACTER
    return numbers.get(key, rare)


def _levels(bits: int) -> NDArray[np.uint32]:
    """Return the 256 weights that a byte may stand for: 2**bits downwards, 12 an octave."""
    weights = 2.0 ** (bits - np.arange(256) / LEVELS_PER_OCTAVE)
    least = 1 if bits == model.PROBABILITY_BITS else 0
    table: NDArray[np.uint32] = np.maximum(np.rint(weights), least).astype(np.uint32)
    return table


def _quantised(probabilities: NDArray[Any]) -> NDArray[np.uint8]:
    safe = np.maximum(probabilities, 2.0 ** -22)
    levels: NDArray[np.uint8] = np.clip(
        np.rint(-np.log2(safe) * LEVELS_PER_OCTAVE), 0, 255).astype(np.uint8)
    return levels


def _grams(texts: Iterable[tuple[list[Token], float]],
           numbers: dict[str, int]) -> dict[str, NDArray[np.generic]]:
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
    followers = np.bincount(pairs % size, minlength=size).astype(np.float64)
    unigrams = 0.7 * followers / followers.sum() + 0.3 * plain / plain.sum()
    unigrams = 0.999 * unigrams + 0.001 / size

    after = np.bincount(pairs // size, weights=pair_counts, minlength=size)
    kept = pair_counts >= MIN_BIGRAM_COUNT
    start_pair = np.array([model.END * size + model.END])
    keys = np.union1d(pairs[kept], start_pair)
    counted = np.zeros(len(keys))
    counted[np.searchsorted(keys, pairs[kept])] = pair_counts[kept]
    shares = np.maximum(counted - DISCOUNT, 0) / np.maximum(after[keys // size], 1)
    used = np.bincount(keys // size, weights=shares, minlength=size)

    contexts, contexts_at = np.unique(triples // size, return_inverse=True)
    context_counts = np.bincount(contexts_at, weights=triple_counts)
    kept = (triple_counts >= MIN_TRIGRAM_COUNT) & np.isin(triples // size, keys)
    triples, triple_counts = triples[kept], triple_counts[kept]
    totals = context_counts[np.searchsorted(contexts, triples // size)]
    triple_shares = np.maximum(triple_counts - DISCOUNT, 0) / totals
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


if __name__ == '__main__':
    main()
