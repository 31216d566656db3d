"""
Which characters make words, and how their letter case is undone.

Ranges are written out rather than asked of Python: two ends whose versions of Unicode differ have
to split a text alike. What is in no range is a token of its own, whatever it is.
"""

from __future__ import annotations

import re

_CASED = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF),
          (0x386, 0x386), (0x388, 0x3FF), (0x400, 0x481), (0x48A, 0x52F))
"""Latin, Greek and Cyrillic."""
_UNCASED = ((0x300, 0x36F), (0x370, 0x373), (0x5D0, 0x5EA), (0x620, 0x65F), (0x66E, 0x6D3),
            (0x900, 0x963), (0x971, 0x97F), (0xAC00, 0xD7A3))
"""Combining marks, archaic Greek, Hebrew, Arabic, Devanagari without stops and digits, Hangul."""
_UNSPACED = ((0x3005, 0x3007), (0x3041, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF),
             (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
"""Kana and Han characters: their words have no spaces between."""
_JOINERS = "'\u200c\u200d"
"""They belong to a word where they stand inside it."""


def _class(*ranges: tuple[int, int]) -> str:
    return ''.join(f'\\U{low:08x}-\\U{high:08x}' for low, high in ranges)


_LETTER = f'[{_class(*_CASED, *_UNCASED)}]'
WORD = re.compile(f'{_LETTER}+(?:[{_JOINERS}]{_LETTER}+)*')
"""A word of a script with spaces, apostrophes inside included."""
ELIDED_WORD = re.compile(f"{_LETTER}+(?:'(?={_LETTER}))?")
"""The same where an apostrophe ends a word of its own, as in French and Italian."""
UNSPACED = re.compile(f'[{_class(*_UNSPACED)}]+')
"""A run of characters whose words have to be found by their vocabulary."""


def _pairs() -> dict[str, str]:
    """Return the small letter of each capital that is one character and comes back from it."""
    every = [chr(point) for low, high in _CASED for point in range(low, high + 1)]
    known = set(every)
    pairs = {}
    for capital in every:
        small = capital.lower()
        if small != capital and small in known and small.upper() == capital:
            pairs[capital] = small
    return pairs


_SMALL = _pairs()
_FOLD = str.maketrans(_SMALL)
_UNFOLD = str.maketrans({small: capital for capital, small in _SMALL.items()})


def lower(text: str) -> str:
    """Return `text` in small letters, as many as it has; `upper` undoes it letter by letter."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def upper(text: str) -> str:
    """Return `text` in capitals, as many as it has letters."""
    return text.upper() if text.isascii() else text.translate(_UNFOLD)
