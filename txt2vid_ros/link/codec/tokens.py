"""
Splits text into words and single characters, with spacing and letter case kept apart.

The vocabulary then holds every word once, in lower case, however it is written. Joining the tokens
gives back exactly the text that was split, whatever Unicode it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import enum
import re
from typing import NamedTuple

WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
"""A run of ASCII letters, apostrophes inside included; any other character is a token."""


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


_TOKEN_TYPES: dict[str, TokenType] = {
    **dict.fromkeys(',;:', TokenType.COMMA),
    **dict.fromkeys('.?!\n', TokenType.STOP),
    **dict.fromkeys('([{<"/-', TokenType.OPENING),
    **dict.fromkeys('0123456789', TokenType.DIGIT),
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
        """Whether the token is a word rather than a single other character."""
        return WORD.match(self.surface) is not None

    @property
    def token_type(self) -> TokenType:
        """Its type, as far as the token that follows is concerned."""
        return TokenType.WORD if self.is_word else _TOKEN_TYPES.get(self.surface, TokenType.OTHER)


def split(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`; one space before a token is the token's own."""
    at, end = 0, len(text)
    while at < end:
        spaced = text[at] == ' ' and at + 1 < end
        at += spaced
        match = WORD.match(text, at)
        if match is None:
            yield Token(text[at], text[at], spaced, Case.LOWER)
            at += 1
        else:
            surface = match.group()
            yield Token(surface.lower(), surface, spaced, case_of(surface))
            at = match.end()


def join(tokens: Iterable[Token]) -> str:
    """Return the text whose tokens these are."""
    return ''.join(' ' + token.surface if token.spaced else token.surface for token in tokens)


def case_of(surface: str) -> Case:
    """Return how the ASCII letters of `surface` are written; one capital alone is TITLE."""
    if surface.islower():
        return Case.LOWER
    if surface == title(surface):
        return Case.TITLE
    return Case.UPPER if surface.isupper() else Case.MIXED


def title(word: str) -> str:
    """Return `word` with its first letter, and no other, in upper case."""
    return word[:1].upper() + word[1:].lower()


def with_case(key: str, case: Case) -> str:
    """Return the lower-case word `key` in `case`, which must not be MIXED."""
    if case is Case.LOWER:
        return key
    return title(key) if case is Case.TITLE else key.upper()
