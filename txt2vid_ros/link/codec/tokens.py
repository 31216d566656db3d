"""
Splits text into words and single characters, with spacing and letter case kept apart.

The vocabulary then holds every word once, in lower case, however it is written. Joining the tokens
gives back exactly the text that was split, whatever Unicode it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import enum
from typing import NamedTuple

from txt2vid_ros.link.codec.scripts import ELIDED_WORD, lower, UNSPACED, upper, WORD

MAX_UNSPACED_WORD = 8
"""Characters of a word in a script without spaces."""
_UNKNOWN_COST = 1 << 20
"""Of a character that no word of the vocabulary has, in whatever unit its words have."""


class Case(enum.IntEnum):
    """How the letters of a word are written."""

    LOWER = 0
    TITLE = 1
    UPPER = 2
    MIXED = 3


class TokenType(enum.IntEnum):
    """The type of the token before another, as far as its spacing and case are concerned."""

    START = 0
    WORD = 1
    COMMA = 2
    STOP = 3
    OPENING = 4
    DIGIT = 5
    APOSTROPHE = 6
    OTHER = 7
    UNSPACED = 8
    """A word of a script without spaces."""
    INVERTED = 9
    """Opens a question or exclamation: the word after it has the case it would have without."""
    ELIDED = 10
    """A word that ends in an apostrophe."""


_TOKEN_TYPES: dict[str, TokenType] = {
    **dict.fromkeys(',;:、，；：', TokenType.COMMA),
    **dict.fromkeys('.?!\n。？！।', TokenType.STOP),
    **dict.fromkeys('([{<"/-（「『《«“', TokenType.OPENING),
    **dict.fromkeys('0123456789', TokenType.DIGIT),
    **dict.fromkeys('¿¡', TokenType.INVERTED),
    "'": TokenType.APOSTROPHE,
}


class Token(NamedTuple):
    """One word or character: `key` is what the vocabulary knows, `surface` what is written."""

    key: str
    surface: str
    spaced: bool
    case: Case

    @property
    def is_word(self) -> bool:
        """Whether the token is a word of a script with spaces."""
        return is_word(self.key)

    @property
    def token_type(self) -> TokenType:
        """Its type, as far as the token that follows is concerned."""
        if self.is_word:
            return TokenType.ELIDED if self.key[-1] == "'" else TokenType.WORD
        found = _TOKEN_TYPES.get(self.surface)
        if found is None:
            found = TokenType.UNSPACED if UNSPACED.match(self.surface) else TokenType.OTHER
        return found


class Tokenizer:
    """Splits the texts of one language."""

    def __init__(self, elision: bool = False, costs: Mapping[str, int] | None = None) -> None:
        """
        Split at apostrophes inside words where `elision`.

        `costs` has the words of a script without spaces: a run of its characters is split so
        that the costs of its words add up to the least.
        """
        self._word = ELIDED_WORD if elision else WORD
        self._costs = costs or {}

    def split(self, text: str) -> Iterator[Token]:
        """Yield the tokens of `text`; one space before a token is the token's own."""
        at, end = 0, len(text)
        while at < end:
            spaced = text[at] == ' ' and at + 1 < end
            at += spaced
            match = self._word.match(text, at)
            if match is not None:
                surface = match.group()
                yield Token(lower(surface), surface, spaced, case_of(surface))
                at = match.end()
                continue
            run = UNSPACED.match(text, at) if self._costs else None
            if run is None:
                yield Token(text[at], text[at], spaced, Case.LOWER)
                at += 1
                continue
            for word in self._words(run.group()):
                yield Token(word, word, spaced, Case.LOWER)
                spaced = False
            at = run.end()

    def _words(self, run: str) -> list[str]:
        costs = [0]
        lengths = [0]
        for end in range(1, len(run) + 1):
            best, length = costs[end - 1] + self._costs.get(run[end - 1], _UNKNOWN_COST), 1
            for size in range(2, min(MAX_UNSPACED_WORD, end) + 1):
                cost = self._costs.get(run[end - size:end])
                if cost is not None and costs[end - size] + cost < best:
                    best, length = costs[end - size] + cost, size
            costs.append(best)
            lengths.append(length)
        words = []
        end = len(run)
        while end:
            words.append(run[end - lengths[end]:end])
            end -= lengths[end]
        return words[::-1]


def is_word(key: str) -> bool:
    """Return whether a key is a word of a script with spaces."""
    first = key[0]
    return first.isalpha() if first.isascii() else WORD.match(first) is not None


def is_character(key: str) -> bool:
    """Return whether a key is neither a word nor of a script without spaces."""
    return not is_word(key) and UNSPACED.match(key) is None


def join(tokens: Iterable[Token]) -> str:
    """Return the text whose tokens these are."""
    return ''.join(' ' + token.surface if token.spaced else token.surface for token in tokens)


def case_of(surface: str) -> Case:
    """Return how the letters of `surface` are written; one capital alone is TITLE."""
    if surface == lower(surface):
        return Case.LOWER
    if surface == title(surface):
        return Case.TITLE
    return Case.UPPER if surface == upper(surface) else Case.MIXED


def title(word: str) -> str:
    """Return `word` with its first letter, and no other, in upper case."""
    return upper(word[:1]) + lower(word[1:])


def with_case(key: str, case: Case) -> str:
    """Return the lower-case word `key` in `case`, which must not be MIXED."""
    if case is Case.LOWER:
        return key
    return title(key) if case is Case.TITLE else upper(key)
