"""Addresses of pages and of mail: their parts as words, their marks by name."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.numerals import LEFT, Numerals
from txt2vid_ros.speaking.normalization.rule import Rule, rule, words_of

_DOMAINS = '|'.join(words_of(
    'com org net edu gov info eu io es mx ar cl co pe fr be ch de at it pt br in jp cn tw uk us'))
_CHAR = r'[0-9A-Za-zÀ-ɏ_~%+&=?#/.:@-]'
_END = r'[0-9A-Za-zÀ-ɏ/_]'
_NAMES = {'.': 'dot', '/': 'slash', '@': 'at', '-': 'dash', '_': 'underscore', ':': 'colon'}
_PART = re.compile(r'\d+|[A-Za-zÀ-ɏ]+|[./@_:-]')


def electronic(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for addresses."""
    def said(match: re.Match[str]) -> str:
        return ' '.join(_part(part) for part in _PART.findall(match[1].rstrip('/')))

    def _part(part: str) -> str:
        if part.isdigit():
            return numerals.digits(part) if len(part) > 4 or part[0] == '0' else (
                numerals.cardinal(int(part)))
        if part.lower() == 'www':
            return numerals.language.words.get('www', 'W W W')
        return numerals.language.words[_NAMES[part]] if part in _NAMES else part

    yield rule(rf'https?://({_CHAR}*{_END})', said)
    yield rule(rf'{LEFT}(www\.{_CHAR}*{_END})', said)
    yield rule(rf'{LEFT}([0-9A-Za-zÀ-ɏ._+-]+@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+)', said)
    yield rule(rf'{LEFT}((?:[0-9a-zà-ɏ-]+\.)+(?:{_DOMAINS})(?![\w.]\w|\w)(?:/{_CHAR}*{_END})?)',
               said)
    yield rule(r'(?<![\w#])#(?=[^\W\d])', '')
    at = numerals.language.words['at']
    yield rule(r'(?<![\w.])@(?=[^\W\d_])', f'{at} ')
