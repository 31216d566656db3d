"""How likely a sentence ends after its last two words, by the model that text is coded with."""

from __future__ import annotations

from collections.abc import Sequence

from txt2vid_ros.link.codec.model import (
    BACK_OFF_BITS,
    END,
    LanguageModel,
    PROBABILITY_BITS,
    RARE_WORD,
    Row,
)

_ENDS = ('.', '?', '!')


class SentenceEnd:
    """The share of sentences that go no further, among those with the same last words."""

    def __init__(self, model: LanguageModel) -> None:
        """Take the model of a language."""
        self._model = model
        self._ends = [END, *(model.numbers[mark] for mark in _ENDS if mark in model.numbers)]

    def likelihood(self, words: Sequence[str]) -> float | None:
        """
        Return the probability that a sentence of these words, in lower case, is over.

        None where there are none, or where the model does not know the last one.
        """
        numbers = [self._model.numbers.get(word, RARE_WORD) for word in words[-2:]]
        if not numbers or numbers[-1] == RARE_WORD:
            return None
        first = numbers[0] if len(numbers) == 2 else END
        trigram, bigram = self._model.trigram(first, numbers[-1]), self._model.bigram(numbers[-1])
        return sum(self._weight(end, trigram, bigram) for end in self._ends)

    def _weight(self, number: int, trigram: Row, bigram: Row) -> float:
        sums = self._model.sums
        alone = int(sums[number + 1] - sums[number]) / (1 << PROBABILITY_BITS)
        backed = _weight_in(bigram, number) + bigram.back_off / (1 << BACK_OFF_BITS) * alone
        return _weight_in(trigram, number) + trigram.back_off / (1 << BACK_OFF_BITS) * backed


def _weight_in(row: Row, number: int) -> float:
    at = int(row.words.searchsorted(number))
    if at == len(row.words) or row.words[at] != number:
        return 0.0
    return int(row.sums[at + 1] - row.sums[at]) / (1 << PROBABILITY_BITS)
