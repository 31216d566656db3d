"""The conversation that the links are compared on."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Conversation:
    """Utterances, spoken one after the other without a pause."""

    texts: tuple[str, ...]
    words_per_minute: float

    @property
    def characters(self) -> int:
        """How many characters the texts have."""
        return sum(map(len, self.texts))

    @property
    def durations(self) -> list[float]:
        """Seconds that each utterance takes, by its share of the characters."""
        words = sum(len(text.split()) for text in self.texts)
        second = 60 * words / self.words_per_minute / self.characters
        return [second * len(text) for text in self.texts]

    @property
    def seconds(self) -> float:
        """Seconds that all utterances take."""
        return sum(self.durations)
