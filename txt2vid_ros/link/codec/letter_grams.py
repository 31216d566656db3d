"""
Which letter follows up to five others, counted over the vocabulary when it is first needed.

Each order corrects the one below it by as much as it has been seen (Witten and Bell, 1991), in
integers. The words count once each: those that have to be spelled are rare ones, and like most of
the vocabulary rather than like most of what is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.link.codec.tokens import is_word

ORDERS = (3, 4, 5)
_NOVELTY = 8
"""How many times a letter weighs that a context has, when it comes to leaving it for a shorter."""
_PRECISION_BITS = 24


class LetterGrams:
    """Counts of letters by context."""

    def __init__(self, words: Iterable[str], alphabet: Mapping[str, int]) -> None:
        """Count over the words that `alphabet` can spell."""
        self._stop = len(alphabet)
        self._base = self._stop + 1
        stream: list[int] = []
        for word in words:
            if word and is_word(word) and all(letter in alphabet for letter in word):
                stream += [self._stop] * max(ORDERS)
                stream += map(alphabet.__getitem__, word)
                stream.append(self._stop)
        letters = np.array(stream, np.int64)
        at = np.flatnonzero(letters != self._stop)
        # The last letter's successor, the stop, counts too.
        ends = at[letters[at + 1] == self._stop] + 1 if len(at) else at
        places = np.sort(np.concatenate([at, ends]))
        self._contexts: list[NDArray[np.int64]] = []
        self._starts: list[NDArray[np.int64]] = []
        self._letters: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []
        for order in ORDERS:
            context = np.zeros(len(places), np.int64)
            for back in range(order, 0, -1):
                context = context * self._base + letters[places - back]
            grams, counts = np.unique(context * self._base + letters[places], return_counts=True)
            contexts, starts = np.unique(grams // self._base, return_index=True)
            self._contexts.append(contexts)
            self._starts.append(np.append(starts, len(grams)))
            self._letters.append(grams % self._base)
            self._counts.append(counts.astype(np.int64))

    def weights(self, before: Sequence[int], weights: NDArray[np.int64]) -> list[int]:
        """Return `weights` of each letter, corrected by what followed the letters `before`."""
        padded = [self._stop] * max(ORDERS) + list(before[-max(ORDERS):])
        weights = weights * (1 << _PRECISION_BITS) // int(weights.sum()) + 1
        for number, order in enumerate(ORDERS):
            context = 0
            for letter in padded[-order:]:
                context = context * self._base + letter
            at = int(self._contexts[number].searchsorted(context))
            if at == len(self._contexts[number]) or self._contexts[number][at] != context:
                break
            start, end = int(self._starts[number][at]), int(self._starts[number][at + 1])
            counts = self._counts[number][start:end]
            seen, novel = int(counts.sum()), _NOVELTY * (end - start)
            mixed = weights * novel
            mixed[self._letters[number][start:end]] += counts * int(weights.sum())
            weights = mixed // (seen + novel) + 1
        found: list[int] = weights.tolist()
        return found
