"""The distribution of the next token: the model's three contexts and recent words, exactly."""

from __future__ import annotations

import bisect
import collections
from collections.abc import Sequence
import itertools

from txt2vid_ros.link.codec.model import (
    BACK_OFF_BITS,
    END,
    LanguageModel,
    PROBABILITY_BITS,
    RARE_CHARACTER,
    RARE_WORD,
    Row,
)
from txt2vid_ros.link.codec.tokens import is_character, is_word

HISTORY_TOKENS = 256
"""How many tokens back a word counts as recent."""

_ONE = 1 << (PROBABILITY_BITS + 2 * BACK_OFF_BITS)
_RECENT_SHARE = _ONE // 10
_RECENT_DAMPING = 60
_FOLLOWING_SHARE = _ONE // 3
_FOLLOWING_DAMPING = 2


class RecentWords:
    """Recent words, and what followed each; new words get numbers above the vocabulary's."""

    def __init__(self, model: LanguageModel, history: Sequence[str]) -> None:
        """Take in `history`, oldest first; '' stands between utterances."""
        self._model = model
        self._known = len(model.words)
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._queue: collections.deque[int] = collections.deque()
        self._counts: dict[int, int] = {}
        self._total = 0
        self._after: dict[int, dict[int, int]] = {}
        self._last = END
        for key in history[-HISTORY_TOKENS:]:
            self.add(key)

    def number(self, key: str) -> int | None:
        """Return the number of `key`, or None where it has to be spelled."""
        if not key:
            return END
        number = self._model.numbers.get(key)
        return self._numbers.get(key) if number is None else number

    def key(self, number: int) -> str:
        """Return what `number` stands for."""
        if number < self._known:
            return self._model.words[number]
        return self._keys[number - self._known]

    def add(self, key: str) -> None:
        """Take in one more token; '' ends an utterance."""
        number = self.number(key)
        if number is None:
            number = self._known + len(self._keys)
            self._numbers[key] = number
            self._keys.append(key)
        following = self._after.get(self._last)
        if following is None:
            following = self._after[self._last] = {}
        following[number] = following.get(number, 0) + 1
        self._last = number
        if number == END:
            return
        if number >= self._known or not is_character(key):
            self._counts[number] = self._counts.get(number, 0) + 1
            self._total += 1
            self._queue.append(number)
            if len(self._queue) > HISTORY_TOKENS:
                self._forget(self._queue.popleft())

    def _forget(self, number: int) -> None:
        self._total -= 1
        self._counts[number] -= 1
        if not self._counts[number]:
            del self._counts[number]
            if number >= self._known:
                # Without a weight it cannot be coded by its number: it is spelled anew.
                del self._numbers[self._keys[number - self._known]]

    def weights(self, before: int) -> dict[int, int]:
        """Return the weight that each recent word gets after the word numbered `before`."""
        unit = _RECENT_SHARE // (self._total + _RECENT_DAMPING)
        weights = {number: unit * count for number, count in self._counts.items()}
        following = self._after.get(before)
        if following:
            total = sum(following.values())
            unit = _FOLLOWING_SHARE // (total + _FOLLOWING_DAMPING)
            for number, count in following.items():
                weights[number] = weights.get(number, 0) + unit * count
        return weights


class Mixture:
    """Cumulative weights of one token: those below a number, and the number at a weight."""

    def __init__(self, model: LanguageModel, first: int, second: int, recent: RecentWords) -> None:
        """Mix for the token after `first` and `second` (vocabulary numbers or END)."""
        known = len(model.words)
        rare = (RARE_WORD, RARE_CHARACTER)
        context = [number if number < known else rare[not is_word(recent.key(number))]
                   for number in (first, second)]
        trigram, bigram = model.trigram(*context), model.bigram(context[1])
        self._sums = model.sums
        self._scale = bigram.back_off * trigram.back_off
        self._rows: list[tuple[Row, int]] = [
            (bigram, trigram.back_off << BACK_OFF_BITS), (trigram, 1 << (2 * BACK_OFF_BITS))]
        weights = sorted(recent.weights(second).items())
        self._numbers = [number for number, _ in weights]
        self._weights = list(itertools.accumulate((w for _, w in weights), initial=0))
        self._known = known
        self._end = max(known, self._numbers[-1] + 1) if weights else known
        self.total = self.below(self._end)

    def below(self, number: int) -> int:
        """Return the weight of all entries before `number`."""
        weight = int(self._sums[min(number, self._known)]) * self._scale
        for row, factor in self._rows:
            weight += int(row.sums[row.words.searchsorted(number)]) * factor
        return weight + self._weights[bisect.bisect_left(self._numbers, number)]

    def at(self, target: int) -> int:
        """Return the number whose share of the total holds `target`."""
        low, high = 0, self._end
        while high - low > 1:
            middle = (low + high) // 2
            if self.below(middle) <= target:
                low = middle
            else:
                high = middle
        return low
