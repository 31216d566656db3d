"""The context of a text: what both ends know to have been said before it."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.codec import spelling
from txt2vid_ros.link.codec.languages import ENGLISH
from txt2vid_ros.link.codec.mixture import HISTORY_TOKENS
from txt2vid_ros.link.codec.tokens import Tokenizer, TokenType


@dataclasses.dataclass(frozen=True)
class TextContext:
    """The latest tokens that both ends know, newest last: they make the next text cheaper."""

    keys: tuple[str, ...] = ()
    """Keys of tokens; '' stands between utterances."""
    style: int = spelling.UNKNOWN_STYLE
    """Whether sentences begin with a capital, see `spelling`."""
    language: str = ENGLISH
    """Of the latest text."""
    other: str = ''
    """The language before, of which single words may come; none at first."""

    def after(self, text: str, language: str, tokenizer: Tokenizer) -> TextContext:
        """Return the context of the text that follows `text`, which was coded in `language`."""
        style, before = self.style, TokenType.START
        keys = []
        for token in tokenizer.split(straighten(text)[0]):
            if token.is_word:
                style = spelling.next_style(style, spelling.position(before), token.case)
            keys.append(token.key)
            before = spelling.place(before, token.token_type)
        other = self.other if language == self.language else self.language
        return TextContext((*self.keys, *keys, '')[-HISTORY_TOKENS:], style, language, other)


EMPTY_CONTEXT = TextContext()
"""The context of the first text."""


def straighten(text: str) -> tuple[str, bool]:
    """Return `text` with straight apostrophes, and whether it had only curly ones."""
    if '\u2019' in text and "'" not in text:
        return text.replace('\u2019', "'"), True
    return text, False
