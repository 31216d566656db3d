"""What the vocabulary leaves open: in which letter case and spacing a word is written."""

from __future__ import annotations

from collections.abc import Mapping

from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.tokens import Case, is_character, Token, TokenType

OPENING, AFTER_STOP, INSIDE = 0, 1, 2
"""Where in the text a word stands, as far as capitals go."""

UNKNOWN_STYLE, CAPITALS, NO_CAPITALS = 0, 1, 2
"""Whether sentences of this speaker have begun with a capital so far."""


def position(before: TokenType) -> int:
    """Return where a word after a token of this kind stands."""
    return {TokenType.START: OPENING, TokenType.STOP: AFTER_STOP}.get(before, INSIDE)


def place(before: TokenType, token_type: TokenType) -> TokenType:
    """Return what the case of the word after a token depends on: what opens no word is skipped."""
    return before if token_type is TokenType.INVERTED else token_type


def next_style(style: int, where: int, case: Case) -> int:
    """Return the style after a word in `case`: only the first of a sentence tells."""
    if where == INSIDE:
        return style
    return NO_CAPITALS if case is Case.LOWER else CAPITALS


def space_column(token: Token, numbers: Mapping[str, int]) -> int:
    """Return the column of the table of spaces: 0 for words, 1 for rare characters, then each."""
    if not is_character(token.key):
        return 0
    return max(1, numbers.get(token.key, model.RARE_CHARACTER) - model.RARE_CHARACTER + 1)
