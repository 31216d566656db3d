"""Roman numerals, where a noun or a name beside them says that they are ones."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.numerals import Numerals
from txt2vid_ros.speaking.normalization.rule import compiled, Rule, rule

_NUMERAL = r'(?=[IVXLC])(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?![^\W\d_])'
# No king reaches the forties: a single L or C behind a first name is the initial of another.
_OF_KINGS = r'(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})(?![^\W\d_])'
_VALUES = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100}


def value_of(numeral: str) -> int:
    """Return the number that a Roman numeral stands for."""
    values = [_VALUES[letter] for letter in numeral]
    return sum(-value if value < following else value
               for value, following in zip(values, [*values[1:], 0], strict=True))


def roman(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for Roman numerals."""
    language = numerals.language
    if not language.spaces:
        return
    if language.roman_after:
        yield rule(rf'(?<![^\W\d_])((?:{language.roman_after})\s)({_NUMERAL})',
                   lambda match: match[1] + numerals.cardinal(value_of(match[2])))
    if language.roman_before:
        bare = _NUMERAL.removesuffix(r'(?![^\W\d_])')
        mark = language.roman_mark

        def ordinal(match: re.Match[str]) -> str:
            feminine = next((form for form, pattern in language.before_one
                             if compiled(pattern).match(match.string[match.end():])), '')
            return numerals.ordinal(value_of(match[1]), numerals.ordinal_form(match, feminine))

        nouns = rf'\s(?:{language.roman_before})(?![^\W\d_])'
        yield rule(rf'(?<![^\W\d_.])({bare})(?:{mark})(?={nouns})', ordinal)
    if language.roman_names:
        names = '|'.join(filter(None, (language.roman_names, language.roman_queens)))
        yield rule(rf'(?<![^\W\d_])((?P<name>{names})\s)(?P<n>{_OF_KINGS})'
                   rf'(?!(?<=\s[IVX])\.?\s(?!{language.starters})[A-ZÀ-ÖØ-Þ])'
                   r'(?P<stop>\.(?=\s(?:[a-zà-ÿ(]|$)|[,;:)]))?',
                   lambda match: _named(match, numerals))


def _named(match: re.Match[str], numerals: Numerals) -> str:
    language, number = numerals.language, value_of(match['n'])
    queen = bool(language.roman_queens) and re.fullmatch(
        language.roman_queens, match['name']) is not None
    said = (numerals.ordinal(number, 'f' if queen else '')
            if number <= language.roman_ordinals else numerals.cardinal(number))
    return match[1] + language.roman_name[queen].format(n=said, N=said.capitalize())
