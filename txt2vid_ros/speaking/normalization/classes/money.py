"""Amounts of money, with their hundredths and in millions."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.language import Noun
from txt2vid_ros.speaking.normalization.numerals import Amount, LEFT, Numerals, RIGHT
from txt2vid_ros.speaking.normalization.rule import alternatives, compiled, of_word, Rule, rule


def money(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for money."""
    language = numerals.language
    signs = language.currency_signs
    words = [sign for sign in signs if of_word(sign[-1])]
    end = RIGHT if language.spaces else ''
    sign = (rf'(?:{alternatives(words)}){end}'
            rf'|{alternatives(sign for sign in signs if sign not in words)}')
    scale = alternatives(language.scales) or r'(?!)'
    number = numerals.pattern
    link = rf"(?:(?:{re.escape(language.of_millions.strip())}|d')\s?)?" if (
        language.of_millions) else ''
    space = ' ' if language.spaces else ''

    def said(number: str, scale: str | None, sign: str) -> str:
        amount, currency = numerals.read(number), language.currencies[signs[sign]]
        whole, part = currency
        if scale:
            words = f'{numerals.scaled(amount, scale)}{space}{language.of_millions}{whole.many}'
        elif len(amount.fraction) == 2 and not language.decimal_money:
            words = _parts(amount, whole, part)
        else:
            if language.decimal_money and not (fraction := amount.fraction.rstrip('0')):
                amount = Amount(amount.digits, '', '')
            elif language.decimal_money:
                amount = amount._replace(fraction=fraction)
            words = numerals.counted(amount, whole, language.of_millions)
        for pattern, replacement in language.elided:
            words = compiled(pattern).sub(replacement, words)
        return words

    def _parts(amount: Amount, whole: Noun, part: Noun | None) -> str:
        only = Amount(amount.digits, '', '')
        parts = int(amount.fraction)
        if not parts:
            return numerals.counted(only, whole, language.of_millions)
        if part is None:
            return numerals.counted(amount, whole)
        if not amount.whole:
            return numerals.counted(Amount(str(parts), '', ''), part)
        named = numerals.counted(Amount(str(parts), '', ''), part) if language.name_parts else (
            numerals.cardinal(parts))
        return language.money_with_parts.format(whole=numerals.counted(only, whole), part=named)

    def prefixed(match: re.Match[str]) -> str:
        minus = f'{language.words["minus"]}{space}' if match['minus'] else ''
        return minus + said(match['number'], match['scale'], match['sign'])

    def suffixed(match: re.Match[str]) -> str:
        words = said(match['number'], match['scale'], match['sign'])
        if not match['first']:
            return (f'{language.words["minus"]}{space}' if match['minus'] else '') + words
        first = numerals.say(numerals.read(match['first']),
                             language.currencies[signs[match['sign']]].whole.form)
        return numerals.joined(first, language.words['to'], words)

    scaled = rf'(?:\s?(?P<scale>{scale})(?![^\W\d_]))?' if language.spaces else (
        rf'(?P<scale>{scale})?')
    before = rf'(?P<minus>{numerals.signed}[-−])?{LEFT}'
    yield rule(rf'{before}(?P<sign>{sign})\s?(?P<number>{number}){scaled}', prefixed)
    yield rule(rf'{before}(?<![\d.,/])(?:(?P<first>{number})\s?[-–]\s?)?'
               rf'(?P<number>{number}){scaled}\s?{link}(?P<sign>{sign})', suffixed)
