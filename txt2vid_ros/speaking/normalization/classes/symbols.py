"""Symbols that are said by name; the others are silent."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.numerals import Numerals
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule

# All but letters, marks of pauses in any writing, and signs over or under a letter.
_SILENT = (r'[^\w\s.,;:!?¿¡…—–()\[\]{}。、，！？：；．・ー「」『』（）〜।॥'
           '\u0027\u0300-\u036f\u0900-\u0fff\u3005\u3007-]|_')


def symbols(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for symbols."""
    units = numerals.language.units
    names = {**numerals.language.symbols,
             **{sign: units[sign].many for sign in ('°C', '°F', '°', '%', '‰') if sign in units}}
    gap = ' ' if numerals.language.spaces else ''
    yield rule(r'(?<=\w)\s?/\s?(?=\w)', numerals.language.words.get('or', ' '))
    yield rule(alternatives(names), lambda match: f'{gap}{names[match[0]]}{gap}')
    yield Rule(re.compile(_SILENT), lambda match: ' ')
