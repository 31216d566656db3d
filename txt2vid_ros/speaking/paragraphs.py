"""Cuts a text file into paragraphs, which are spoken one by one."""

from __future__ import annotations

from collections.abc import Iterator
import re

LONGEST = 10_000
"""Characters; a longer paragraph is cut behind a sentence, or between words. A talking head cuts
off what is longer than its `tts.max_characters`."""
_SENTENCE_END = re.compile(r'(?<=[.!?…。！？])\s')


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text (blank lines divide them), each on one line, none empty."""
    parts = (' '.join(part.split()) for part in re.split(r'\n\s*\n', text))
    return [piece for part in parts for piece in _pieces(part)]


def _pieces(paragraph: str) -> Iterator[str]:
    while len(paragraph) > LONGEST:
        ends = [end.start() for end in _SENTENCE_END.finditer(paragraph, 0, LONGEST)]
        cut = ends[-1] if ends else paragraph.rfind(' ', 1, LONGEST)
        if cut <= 0:
            cut = LONGEST
        yield paragraph[:cut]
        paragraph = paragraph[cut:].lstrip()
    if paragraph:
        yield paragraph
