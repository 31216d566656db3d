"""
SSML (a W3C recommendation), text with markup for the voice: recognized, and stripped.

The functions take text that `clauses.compose` has returned. Tags are read leniently, and
entities that a text defines are never expanded, so that no text from outside can do harm.
"""

from __future__ import annotations

from html.parser import HTMLParser
import re

from txt2vid_ros.speaking.clauses import compose, speakable

_SPEAK = re.compile(r'<speak(\s[^<>]*)?>.*</speak\s*>', re.IGNORECASE)
_BREAKS = frozenset({'p', 's', 'break', 'audio', 'par', 'seq', 'media', 'desc'})
"""Elements that separate the words before and after them."""


def is_ssml(text: str) -> bool:
    """Return whether the whole text is one SSML document."""
    return _SPEAK.fullmatch(text) is not None


def plain_text(text: str) -> str:
    """Return the words of an SSML text, as a voice that takes no SSML should read them."""
    reader = _WordReader()
    reader.feed(text)
    reader.close()
    return compose(''.join(reader.words))


def pronounceable(text: str) -> bool:
    """Return whether there is anything to pronounce in a text, or in the words of an SSML text."""
    return speakable(plain_text(text) if is_ssml(text) else text)


class _WordReader(HTMLParser):
    """Collects the words; the alias of a <sub> in place of its content."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._replaced = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == 'sub':
            alias = dict(attrs).get('alias')
            if alias and not self._replaced:
                self.words.append(alias)
            if alias or self._replaced:
                self._replaced += 1
        elif tag in _BREAKS:
            self.words.append(' ')

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.words.append(' ')

    def handle_endtag(self, tag: str) -> None:
        if tag == 'sub' and self._replaced:
            self._replaced -= 1
        elif tag in _BREAKS:
            self.words.append(' ')

    def handle_data(self, data: str) -> None:
        if not self._replaced:
            self.words.append(data)
