"""Measures: a number and a unit, ranges of them, and what is counted per unit."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.language import Noun
from txt2vid_ros.speaking.normalization.numerals import FREE, LEFT, Numerals, RIGHT, SIGNS
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule


def measures(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for measures."""
    language = numerals.language
    units = language.units
    number = numerals.pattern
    unit = rf'(?P<unit>{alternatives(units)}){RIGHT}'
    before = rf'(?P<sign>{numerals.signed}[-−+±])?{LEFT}{FREE}'

    def said(match: re.Match[str]) -> str:
        noun = units[match['unit']]
        words = numerals.counted(numerals.read(match['number']), noun, language.of_millions)
        if match['sign']:
            words = numerals.joined(language.words[SIGNS[match['sign']]], words)
        return words

    def several(match: re.Match[str]) -> str:
        noun = units[match['unit']]
        joint = 'to' if match['joint'].strip() in '-–~〜' else 'by'
        first, last = numerals.read(match['first']), numerals.read(match['number'])
        minus = language.words['minus']
        words = numerals.joined(minus if match['sign'] else '', numerals.say(first, noun.form),
                                language.words[joint], minus if match['second'] else '')
        if '{n}' in noun.many:
            return noun.many.format(n=numerals.joined(words, numerals.say(last, noun.form)))
        return numerals.joined(words, numerals.counted(last, noun))

    def fraction(match: re.Match[str]) -> str:
        noun, under = units[match['unit']], int(match[3])
        if not under:
            return match[0]
        words = numerals.fraction(match[1] or '', int(match[2]), under, f' {noun.one}')
        return numerals.joined(words, noun.many if match[1] else noun.one)

    yield rule(rf'{LEFT}{FREE}(?:(\d+)\s)?(\d{{1,2}})/(\d{{1,2}})\s?{unit}', fraction)
    yield rule(rf'(?P<sign>{numerals.signed}[-−])?{LEFT}{FREE}(?P<first>{number})'
               r'(?:\s?(?:%|°C?))?(?P<joint>\s?[-–~〜×x]\s?)'
               rf'(?P<second>[-−])?(?P<number>{number})\s?{unit}', several)
    yield rule(rf'{before}(?P<number>{number})\s?{unit}', said)
    per = language.words.get('per')
    if per:
        yield rule(rf'(?<=[^\W\d_])/(?P<unit>{alternatives(units)}){RIGHT}',
                   lambda match: f' {_per(units[match["unit"]], per)}')


def _per(noun: Noun, per: str) -> str:
    return per.format(unit=noun.one)
