"""Which language an utterance is in, where a recognizer tells how likely each is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
import math

from txt2vid_ros.core.locales import language_of, nearest

SHORTEST = 1.5
"""Seconds of sound below which the language stays as it was: a word does not change it."""
LONG = 4.0
"""Seconds from which on the sound alone decides."""
MARGIN = 3.0
"""Nats by which a shorter sound has to speak for another language than the one of before."""
FAMILIAR = 2
"""Utterances from which on a language is known to be spoken here."""
FAMILIARITY = 2.0
"""Nats that this is worth, at any length: of a hundred languages one is seldom a new one."""


class HeardLanguage:
    """
    Remembers the languages of utterances, and changes from one to another on good evidence only.

    How likely a recognizer takes a language to be says little about a second of speech: the least
    margin falls from MARGIN at SHORTEST to nothing at LONG.
    """

    def __init__(self, locales: Sequence[str] = ()) -> None:
        """Take the BCP 47 tags that come into question, the usual one first; () for any."""
        self._locales = tuple(locales)
        self._last = language_of(locales[0]) if locales else ''
        self._heard: Counter[str] = Counter()

    def choose(self, probabilities: Mapping[str, float], seconds: float) -> str:
        """
        Return the language code, one of `probabilities`, of a sound of `seconds` seconds.

        Raises ValueError where none of them comes into question.
        """
        possible = {code: self._likelihood(code, value) for code, value in probabilities.items()
                    if not self._locales or nearest(self._locales, code)}
        best = max(possible, key=lambda code: possible[code])
        if self._last not in possible or best == self._last:
            return best
        if seconds < SHORTEST:
            return self._last
        needed = MARGIN * max(0.0, (LONG - seconds) / (LONG - SHORTEST))
        margin = math.log(max(possible[best], 1e-9) / max(possible[self._last], 1e-9))
        return best if margin >= needed else self._last

    def locale(self, code: str) -> str:
        """Return the tag that `code` stands for, with the region that the user gave it."""
        return nearest(self._locales, code) or code

    def settle(self, code: str) -> None:
        """Learn the language of an utterance that had words."""
        self._last = code
        self._heard[code] += 1

    def _likelihood(self, code: str, probability: float) -> float:
        familiar = self._heard[code] >= FAMILIAR
        return probability * math.exp(FAMILIARITY) if familiar else probability
