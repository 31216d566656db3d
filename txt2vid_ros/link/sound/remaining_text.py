"""What of a text has not been heard yet, where its beginning has gone as sound."""

from __future__ import annotations

import re

_MARGIN = 1.0
"""Seconds of speech before the end of what was heard that are said again: letters tell only about
when a word was said. Once too often is better than never."""
_WORD = re.compile(r'\S+')


def remaining_text(text: str, heard: float, spoken: float) -> str:
    """
    Return the words of a text that may not have been heard.

    `heard` of the `spoken` seconds of its speech have gone as sound. Words are taken to be as long
    as they have letters; a text without spaces, as Chinese is, is said again as a whole.
    """
    share = (heard - _MARGIN) / spoken if spoken > 0 else 0.0
    words = list(_WORD.finditer(text))
    letters = sum(len(word[0]) for word in words)
    before = 0
    for word in words:
        before += len(word[0])
        if before > share * letters:
            return text[word.start():]
    return ''
