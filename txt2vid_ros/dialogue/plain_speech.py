"""What is said of a piece of a model's answer: no markup, no emoji, no thoughts."""

from __future__ import annotations

import re

from txt2vid_ros.core.locales import joined, language_of
from txt2vid_ros.speaking.clauses import compose
from txt2vid_ros.speaking.foreign_markup import without_foreign_markup
from txt2vid_ros.speaking.normalization.emoji import read_emoji
from txt2vid_ros.speaking.normalization.lines import ended
from txt2vid_ros.speaking.normalization.markup import strip_markup

MADE_LINE = re.compile(r'\s*(?:[-*+•#>|]|\d{1,3}[.)])\s')
"""The beginning of a line that was made on purpose: an item, a heading, a quotation, a row."""
# Marks that found no partner: it was cut off, or was never written.
_STRAY = re.compile(r'\*\*+|__+|~~+|`+|(?<!\S)\*(?=\S)|(?<=[^\s*])\*(?!\S)|^\s*#{1,6}\s+'
                    r'|^\s*[-*+•]\s*$', re.MULTILINE)
_PAIRS = (re.compile(r'`+'), re.compile(r'\*\*'), re.compile(r'(?<![\w_])__|__(?![\w_])'),
          re.compile(r'(?<![\w_])_(?=[^\s_])|(?<=[^\s_])_(?![\w_])'),
          re.compile(r'(?<![*\s\w])\*(?=[^\s*])|(?<=\s)\*(?=[^\s*])|^\*(?=[^\s*])'
                     r'|(?<=[^\s*])\*(?![*\w])'))
_OPEN_LINK = re.compile(r'\[[^\[\]\n]*$|\[[^\[\]\n]*\]\([^()\s]*$')
_STOPS = {'ja': '。', 'zh': '。', 'yue': '。', 'hi': '।'}
"""The full stops of languages that have one of their own."""
_THOUGHT = re.compile(r'\s*<(think|thinking)>', re.IGNORECASE)
_BEGINNINGS = ('<think>', '<thinking>')
_LONGEST_END = len('</thinking>')


def is_open(text: str) -> bool:
    """Return whether markup has begun in a text and not ended: emphasis, code, a link."""
    paragraph = text.rpartition('\n\n')[2]
    return (any(len(pair.findall(paragraph)) % 2 for pair in _PAIRS)
            or _OPEN_LINK.search(paragraph) is not None)


def plain_speech(piece: str, locale: str = '') -> str:
    """
    Return the words of a piece on one line; a line made on purpose ends with a full stop.

    `locale` is the language of the piece (BCP 47), '' for one that writes as English does.
    """
    lines = []
    for line in piece.split('\n'):
        said = compose(_STRAY.sub('', without_foreign_markup(
            read_emoji(strip_markup(line), named=False))))
        if said:
            whole = MADE_LINE.match(line) or piece.endswith('\n')
            lines.append(ended(said, _STOPS.get(language_of(locale), '.')) if whole else said)
    return joined(lines, locale)


class Thoughts:
    """Leaves out what some models write before their answer, in <think> ... </think>."""

    def __init__(self) -> None:
        """Begin before the answer."""
        self._begun = ''
        self._end = ''
        self._past = False

    def without(self, written: str) -> str:
        """Take more of the text; return what of it belongs to the answer."""
        if self._past:
            return written
        self._begun += written
        if not self._end:
            found = _THOUGHT.match(self._begun)
            beginning = self._begun.lstrip().lower()
            if found is None and any(each.startswith(beginning) for each in _BEGINNINGS):
                return ''
            if found is None:
                self._past = True
                return self._begun
            self._end = f'</{found[1].lower()}>'
        _, closed, answer = self._begun.partition(self._end)
        if not closed:
            self._begun = self._begun[-_LONGEST_END:]
            return ''
        self._past = True
        return answer
