"""The context of a text: what both ends know to have been said before it."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.codec import spelling
from txt2vid_ros.link.codec.mixture import HISTORY_TOKENS
from txt2vid_ros.link.codec.tokens import split, TokenType


@dataclasses.dataclass(frozen=True)
class TextContext:
    """The latest tokens that both ends know, newest last: they make the next text cheaper."""

    keys: tuple[str, ...] = ()
    """Keys of tokens; '' stands between utterances."""
    style: int = spelling.UNKNOWN_STYLE
    """Whether sentences begin with a capital, see `spelling`."""

    def after(self, text: str) -> TextContext:
        """Return the context of the text that follows `text`."""
        style, before = self.style, TokenType.START
        keys = []
        for token in split(straighten(text)[0]):
            if token.is_word:
                style = spelling.next_style(style, spelling.position(before), token.case)
            keys.append(token.key)
            before = token.token_type
        return TextContext((*self.keys, *keys, '')[-HISTORY_TOKENS:], style)


EMPTY_CONTEXT = TextContext()
"""The context of the first text."""


def straighten(text: str) -> tuple[str, bool]:
    """Return `text` with straight apostrophes, and whether it had only curly ones."""
    if '\u2019' in text and "'" not in text:
        return text.replace('\u2019', "'"), True
    return text, False
