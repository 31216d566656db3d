"""
Marks before the words of an SSML text, so that a service can report when it says each.

`<mark name="..."/>` is from the W3C recommendation (SSML 1.1, section 3.3.1); it is silent.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from xml.parsers import expat

from txt2vid_ros.speaking.clauses import speakable

_MARKABLE = frozenset({'speak', 'p', 's', 'prosody', 'emphasis', 'voice', 'lang'})
"""Elements in whose content marks may stand."""
_SEPARATING = frozenset({'p', 's', 'break', 'audio'})
"""Elements that separate the words before and after them."""
_TIMED = frozenset({'par', 'seq', 'media'})
"""Elements whose parts are said at times of their own."""
_SPELT = frozenset({'characters', 'spell-out', 'verbatim'})
_WORD = re.compile(r'\s+|\S+')


@dataclasses.dataclass(frozen=True)
class MarkedSpan:
    """What is said from a mark to the next; '' where nothing is."""

    mark: str
    words: str


@dataclasses.dataclass(frozen=True)
class MarkedText:
    """An SSML text in which every word has a mark before it, its own or one that was there."""

    ssml: str
    spans: tuple[MarkedSpan, ...]


class _UnmarkableError(Exception):
    """The text has times of its own, or a part in which a mark would be read aloud."""


def with_marks(ssml: str) -> MarkedText | None:
    """
    Return the text with marks; marks that it already has stay, and serve for the words at them.

    None where it is no well-formed XML, which the service will report, or where the times of its
    parts do not follow from their order.
    """
    reader = _MarkPlacer(ssml)
    try:
        reader.read()
    except (expat.ExpatError, _UnmarkableError):
        return None
    return MarkedText(reader.text(), tuple(MarkedSpan(mark, ''.join(words).strip())
                                           for mark, words in reader.spans))


class _MarkPlacer:
    """Finds the words, and the places for marks before them, in bytes from the start."""

    def __init__(self, ssml: str) -> None:
        self._data = ssml.encode()
        self.spans: list[tuple[str, list[str]]] = []
        self._places: list[tuple[int, str]] = []
        self._prefix = 'w'
        while re.search(rf'["\']{self._prefix}\d', ssml):
            self._prefix += '_'
        self._between = True
        """Whether the next text begins a new word."""
        self._fresh = False
        """Whether nothing was said since a mark of the text's own."""
        self._closed = 0
        """The depth within an element that takes no marks; 0 outside."""
        self._unread = False
        """Whether the content of that element is not what is said."""
        self._spelt = False
        self._parser = expat.ParserCreate('utf-8')
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartCdataSectionHandler = self._cdata

    def read(self) -> None:
        """Read the whole text. Raises ExpatError and _UnmarkableError."""
        self._parser.Parse(self._data, True)

    def text(self) -> str:
        """Return the text with the marks in their places."""
        edges = [0, *(place for place, _ in self._places), len(self._data)]
        marks = [*(f'<mark name="{name}"/>'.encode() for _, name in self._places), b'']
        return b''.join(self._data[begin:end] + mark for (begin, end), mark in zip(
            itertools.pairwise(edges), marks, strict=True)).decode()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.lower()
        if name in _TIMED:
            raise _UnmarkableError
        if self._closed:
            self._closed += 1
            return
        if name == 'mark':
            self.spans.append((attributes.get('name', ''), []))
            self._fresh = True
            return
        if name in _SEPARATING:
            self._part()
        if name in _MARKABLE or name == 'break':
            return
        self._closed = 1
        self._spelt = attributes.get('interpret-as') in _SPELT
        self._unread = name == 'audio' or 'alias' in attributes
        if self._between:
            self._begin(self._parser.CurrentByteIndex)
        self._between = False
        if name != 'audio':
            self._say(attributes.get('alias', ''))

    def _end(self, name: str) -> None:
        if self._closed:
            self._closed -= 1
            if not self._closed:
                self._spelt = self._unread = False
        if not self._closed and name.lower() in _SEPARATING:
            self._part()

    def _text(self, text: str) -> None:
        if self._closed:
            if not self._unread:
                self._say(' '.join(text) if self._spelt else text)
            return
        index = self._parser.CurrentByteIndex
        for match in _WORD.finditer(text):
            word = match[0]
            if word.isspace():
                self._between = True
            elif self._between and speakable(word):
                self._begin(index + len(text[:match.start()].encode()))
                self._between = False
            self._say(word)

    def _cdata(self) -> None:
        raise _UnmarkableError

    def _part(self) -> None:
        self._between, self._fresh = True, False
        self._say(' ')

    def _begin(self, place: int) -> None:
        """Begin a span at the mark that stands here, or at a new one."""
        if not self._fresh:
            name = f'{self._prefix}{len(self._places)}'
            self._places.append((place, name))
            self.spans.append((name, []))

    def _say(self, words: str) -> None:
        if self.spans:
            self.spans[-1][1].append(words)
        self._fresh = self._fresh and not words.strip()
