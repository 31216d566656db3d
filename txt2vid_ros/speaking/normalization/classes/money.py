"""Amounts of money, with their hundredths and in millions."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.language import CurrencyNames
from txt2vid_ros.speaking.normalization.numerals import Amount, LEFT, Numerals, RIGHT
from txt2vid_ros.speaking.normalization.rule import alternatives, compiled, of_word, Rule, rule


class _MoneyWords:
    """What is said for amounts of money in one language."""

    def __init__(self, numerals: Numerals) -> None:
        self._numerals = numerals
        self._language = numerals.language
        self._space = ' ' if numerals.language.spaces else ''

    def prefixed(self, match: re.Match[str]) -> str:
        """Return the words for an amount behind its sign."""
        return self._minus(match) + self._said(match)

    def suffixed(self, match: re.Match[str]) -> str:
        """Return the words for an amount before its sign, or for two of them with a dash."""
        if not match['first']:
            return self._minus(match) + self._said(match)
        numerals = self._numerals
        first = numerals.say(numerals.read(match['first']), self._currency(match).whole.form)
        return numerals.joined(first, self._language.words['to'], self._said(match))

    def _said(self, match: re.Match[str]) -> str:
        numerals, language = self._numerals, self._language
        amount, currency = numerals.read(match['number']), self._currency(match)
        if match['scale']:
            words = (f'{numerals.scaled(amount, match["scale"])}{self._space}'
                     f'{language.of_millions}{currency.whole.many}')
        elif len(amount.fraction) == 2 and not language.decimal_money:
            words = self._with_hundredths(amount, currency)
        else:
            if language.decimal_money:
                amount = _without_last_zeros(amount)
            words = numerals.counted(amount, currency.whole, language.of_millions)
        for pattern, replacement in language.elided:
            words = compiled(pattern).sub(replacement, words)
        return words

    def _with_hundredths(self, amount: Amount, currency: CurrencyNames) -> str:
        numerals, language = self._numerals, self._language
        whole, part = currency
        only = Amount(amount.digits, '', '')
        count = int(amount.fraction)
        if not count:
            return numerals.counted(only, whole, language.of_millions)
        if part is None:
            return numerals.counted(amount, whole)
        hundredths = numerals.counted(Amount(str(count), '', ''), part)
        if not amount.whole:
            return hundredths
        if not language.name_parts:
            hundredths = numerals.cardinal(count)
        return language.money_with_parts.format(
            whole=numerals.counted(only, whole), part=hundredths)

    def _currency(self, match: re.Match[str]) -> CurrencyNames:
        return self._language.currencies[self._language.currency_signs[match['sign']]]

    def _minus(self, match: re.Match[str]) -> str:
        return f'{self._language.words["minus"]}{self._space}' if match['minus'] else ''


def _without_last_zeros(amount: Amount) -> Amount:
    """Return an amount of which 2.50 is said as 2.5, and 2.00 as 2."""
    fraction = amount.fraction.rstrip('0')
    return amount._replace(fraction=fraction) if fraction else Amount(amount.digits, '', '')


def money(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for money."""
    language = numerals.language
    signs = language.currency_signs
    letters = [sign for sign in signs if of_word(sign[-1])]
    end = RIGHT if language.spaces else ''
    sign = (rf'(?:{alternatives(letters)}){end}'
            rf'|{alternatives(sign for sign in signs if sign not in letters)}')
    scale = alternatives(language.scales) or r'(?!)'
    scaled = rf'(?:\s?(?P<scale>{scale})(?![^\W\d_]))?' if language.spaces else (
        rf'(?P<scale>{scale})?')
    link = rf"(?:(?:{re.escape(language.of_millions.strip())}|d')\s?)?" if (
        language.of_millions) else ''
    number = numerals.pattern
    before = rf'(?P<minus>{numerals.signed}[-−])?{LEFT}'
    words = _MoneyWords(numerals)
    yield rule(rf'{before}(?P<sign>{sign})\s?(?P<number>{number}){scaled}', words.prefixed)
    yield rule(rf'{before}(?<![\d.,/])(?:(?P<first>{number})\s?[-–]\s?)?'
               rf'(?P<number>{number}){scaled}\s?{link}(?P<sign>{sign})', words.suffixed)
