"""Cuts a text file into paragraphs, which are spoken one by one."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.core.locales import language_of
from txt2vid_ros.speaking.language.recognition import recognized
from txt2vid_ros.speaking.normalization.front_end import dated
from txt2vid_ros.speaking.normalization.lines import join_lines
from txt2vid_ros.speaking.ssml import is_ssml

LONGEST = 10_000
"""Characters; a longer paragraph is cut behind a sentence, or between words. A talking head cuts
off what is longer than its `tts.max_characters`."""
_SENTENCE_END = re.compile(r'(?<=[.!?…।؟۔])\s|(?<=[。！？])')


def paragraphs(text: str, locale: str = '') -> list[str]:
    """
    Return the paragraphs of a text (blank lines divide them), each on one line, none empty.

    `locale` is the language of the text (BCP 47); without it each paragraph's is recognized.
    """
    parts = (_one_line(part, locale or recognized(part, '')) for part in
             re.split(r'\n\s*\n', text))
    return [piece for part in parts for piece in _pieces(part)]


def sayable(text: str, locale: str = '') -> list[str]:
    """Return a text as one, or in paragraphs() where a talking head would cut off its end."""
    return paragraphs(text, locale) if len(text) > LONGEST and not is_ssml(text) else [text]


def _one_line(paragraph: str, locale: str) -> str:
    """Return a paragraph on one line, with a stop where a line of it was ended on purpose."""
    joined = ' '.join(paragraph.split())
    return joined if is_ssml(joined) else ' '.join(
        join_lines(paragraph, dated(language_of(locale))).split())


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
