"""Telephone numbers: digit by digit, or in pairs, with a pause between the groups."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.numerals import LEFT, Numerals
from txt2vid_ros.speaking.normalization.rule import Rule, rule, words_of

_NUMBER = r'\+?\(?\d[\d()]*(?:[ ./()-]{1,2}\d+\)?)*'

_SHORT_NUMBERS = frozenset(words_of(
    '061 091 100 101 102 108 110 112 113 114 115 116 117 118 119 120 122 144 190 192 193 911 999'))
"""Numbers that are called in an emergency; other short ones may count something."""


def telephone(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for telephone numbers."""
    language = numerals.language

    def number(text: str) -> str:
        groups = re.findall(r'\d\d' if paired(text) else r'\d+', text)
        plus = f'{language.words["plus"]} ' if text.startswith('+') else ''
        return plus + language.words.get('pause', ', ').join(map(group, groups))

    def paired(text: str) -> bool:
        return language.phone_pairs and re.fullmatch(r'\d+', text) is not None and (
            len(text) % 2 == 0)

    def group(digits: str) -> str:
        if language.phone_pairs and len(digits) <= 2 and digits[0] != '0':
            return numerals.cardinal(int(digits))
        return numerals.digits(digits, 'phone')

    def named(match: re.Match[str]) -> str:
        digits = sum(char.isdigit() for char in match[2])
        called = digits >= 5 or match[2] in _SHORT_NUMBERS
        return match[1] + number(match[2]) if called else match[0]

    def long(match: re.Match[str]) -> str:
        return number(match[0]) if 7 <= sum(map(str.isdigit, match[0])) <= 15 else match[0]

    if language.phone_calls:
        begin = r'(?<![^\W\d_])' if language.spaces else ''
        yield rule(rf'({begin}(?:{language.phone_calls})[.:：]{{0,2}}\s*)({_NUMBER})'
                   r'(?![\d%€$])', named)
    if not language.spaces:
        yield rule(rf'{LEFT}1[3-9]\d(?:[ -]?\d{{4}}){{2}}(?!\d)', long)
    yield rule(rf'{LEFT}\+\d{{1,3}}[ .-]?(?:\(\d+\)[ .-]?)?\d+(?:[ ./-]\d+)*(?![\d%°])', long)
    behind = r'(?![\d%°]|[.,]\d)'
    yield rule(rf'{LEFT}(?<![.,:/-])(?<!\d )\(?0\d{{1,4}}\)?[ /-]\d{{2,}}(?:[ -]\d{{2,}})*'
               rf'{behind}', long)
    if language.phone_pairs:
        yield rule(rf'{LEFT}(?<![.,:/-])0\d(?:[ .-]?\d\d){{4}}{behind}', long)
