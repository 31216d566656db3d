"""Plain numbers: versions, fractions, sums, ranges, signs, years, counts, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.classes.sentence_ends import ends_sentence
from txt2vid_ros.speaking.normalization.numerals import FREE, LEFT, Numerals, RIGHT, SIGNS
from txt2vid_ros.speaking.normalization.rule import alternatives, compiled, Rule, rule


class _Numbers:
    """Numbers of one language in words."""

    def __init__(self, numerals: Numerals) -> None:
        self.numerals = numerals
        self.language = numerals.language

    def version(self, match: re.Match[str]) -> str:
        if compiled(self.numerals.pattern).fullmatch(match[0]):
            return match[0]
        point = self.language.words['point']
        return self.numerals.joined(*(part for number in match[0].split('.') for part in (
            point, self.numerals.cardinal(int(number))))).removeprefix(point).strip()

    def fraction(self, match: re.Match[str]) -> str:
        whole, over, under = match[1] or '', int(match[2]), int(match[3])
        behind = match.string[match.end():match.end() + 40]
        return self.numerals.fraction(whole, over, under, behind) if under else match[0]

    def between(self, match: re.Match[str]) -> str:
        first, last = match[1], match[3]
        years = all(re.fullmatch(r'1[1-9]\d\d|20\d\d', each) for each in (first, last))
        to = self.numerals.range_word(match) if years else self.language.words['to']
        return self.numerals.joined(
            self._number(first, match, years), to, self._number(last, match, years))

    def plain(self, match: re.Match[str]) -> str:
        text = match['number']
        contexts = self.language.year_contexts
        year = bool(re.fullmatch(r'1[1-9]\d\d|20\d\d', text)) and any((
            contexts[0] and compiled(rf'(?:{contexts[0]})$').search(match.string[:match.start()]),
            contexts[1] and compiled(contexts[1]).match(match.string[match.end('number'):])))
        words = self._number(text, match, year)
        words += (match.groupdict().get('suffix') or '')
        sign = match['sign']
        return self.numerals.joined(self.language.words[SIGNS[sign]], words) if sign else words

    def _number(self, text: str, match: re.Match[str], year: bool) -> str:
        digitwise = self.language.digitwise
        if digitwise and len(text) > 2 and text.isdigit() and compiled(digitwise).match(
                match.string[match.end():]):
            return self.numerals.digits(text, 'phone')
        if year:
            return self.numerals.year(int(text))
        amount = self.numerals.read(text)
        return self.numerals.say(
            amount, self.numerals.form_in(match.string, match.start(), match.end(), amount))

    def scaled(self, match: re.Match[str]) -> str:
        words = self.numerals.scaled(self.numerals.read(match[1]), match[2])
        return f'{words}.' if match[2].endswith('.') and ends_sentence(
            self.language, match) else words


def plain_numbers(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for plain numbers."""
    of, words = _Numbers(numerals), numerals.language.words
    number = numerals.pattern
    free = rf'{LEFT}{FREE}'
    yield rule(rf'{free}\d+(?:\.\d+){{2,}}(?![\d])', of.version)
    yield rule(rf'{free}(?:(\d+)\s)?(\d{{1,2}})/(\d{{1,3}})(?![/\d]|[.,]\d){RIGHT}', of.fraction)
    for sign, name in ((r'\+', 'plus'), ('[-−](?=[^=]*=)', 'less'), ('=', 'equals'),
                       ('[×*x·]', 'times'), ('÷', 'divided'), (':', 'ratio')):
        yield rule(rf'(?<=\d)\s?{sign}\s?(?=[\d(])', f' {words.get(name, words["minus"])} ')
    yield rule(r'(?<=\w)\s?\^2(?!\d)', f' {words["squared"]}')
    yield rule(r'(?<=\w)\s?\^3(?!\d)', f' {words["cubed"]}')
    yield rule(r'(?<=\w)\s?\^(-?\d+)', lambda match: ' ' + words['power'].format(
        n=numerals.joined(words['minus'] if match[1][0] == '-' else '',
                          numerals.cardinal(int(match[1].lstrip('-'))))))
    yield rule(rf'{free}({number})(\s?[-–~〜]\s?)(?!0\d)({number}){RIGHT}', of.between)
    if numerals.language.scales:
        gap, end = (r'\s?', r'(?![^\W\d_])') if numerals.language.spaces else ('', '')
        yield rule(rf'{free}({number}){gap}({alternatives(numerals.language.scales)}){end}',
                   of.scaled)
    # Minutes, or feet: no group of digits has two.
    yield rule(r"(?<=\d)'(?=\d\d(?!\d))", ' ')
    suffix = numerals.language.suffixes
    glued = rf'(?P<suffix>(?:{suffix})(?![^\W\d_]))?' if suffix else ''
    yield rule(rf'(?P<sign>{numerals.signed}[-−+±])?(?P<number>{number}){glued}', of.plain)
    yield rule(r'\d+', lambda match: numerals.digits(match[0]))
