"""Dates in figures (ISO 8601 and the order of the language) and with names of months."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.language import Language
from txt2vid_ros.speaking.normalization.numerals import LEFT, Numerals, RIGHT
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule

_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NOT_BEFORE = r'(?<![\d.,/-])(?<!\d:)'
_NOT_BEHIND = r'(?![/-]?\d|[.,]\d)'


class _Dates:
    """Dates of one language in words."""

    def __init__(self, numerals: Numerals) -> None:
        self.numerals = numerals
        self.language: Language = numerals.language
        self.month_of = {**{name: at for at, name in enumerate(self.language.months, 1)},
                         **self.language.short_months}

    def said(self, year: str, month: int, day: int, form: str = '') -> str | None:
        """Return a date in words; None where there is no such day."""
        if not (1 <= month <= 12 and 1 <= day <= _LENGTHS[month - 1]):
            return None
        words = {'day': self.day(day, form), 'month': self.language.months[month - 1]}
        if not year:
            return self.language.day_and_month.format(**words)
        return self.language.date.format(year=self.year(year), **words)

    def day(self, day: int, form: str = '') -> str:
        if day == 1 and self.language.first_day:
            return self.language.first_day
        if self.language.day_ordinal:
            return self.numerals.ordinal(day, form)
        return self.numerals.cardinal(day)

    def year(self, text: str) -> str:
        number = int(text)
        if len(text) == 2:
            number += 1900 if number > 50 else 2000
        return self.numerals.year(number)

    def numeric(self, match: re.Match[str]) -> str:
        first, second, year = int(match[1]), int(match[3]), match[4]
        form = self.numerals.ordinal_form(match)
        return (self.said(year, second, first, form) or self.said(year, first, second, form)
                or match[0])

    def year_first(self, match: re.Match[str]) -> str:
        form = self.numerals.ordinal_form(match)
        return self.said(match[1], int(match[2]), int(match[3]), form) or match[0]

    def partial(self, match: re.Match[str]) -> str:
        """Read 12/5 as a date, where the words before it say that it is one."""
        day, month = (match[2], match[3]) if self.language.date_order == 'dmy' else (
            match[3], match[2])
        date = self.said('', int(month), int(day), self.numerals.ordinal_form(match))
        return f'{match[1]}{date}' if date else match[0]

    def named(self, match: re.Match[str]) -> str:
        """Read a day, or two, with the name of their month."""
        first, last, month, year = match['first'], match['last'], match['month'], match['year']
        if not 1 <= int(first) <= 31:
            return match[0]
        form = self.numerals.ordinal_form(match)
        words = self.day(int(first), form)
        if last:
            words = self.numerals.joined(
                words, self.numerals.range_word(match), self.day(int(last), form))
        template = self.language.date if year else self.language.day_and_month
        return template.format(day=words, month=self.language.months[self.month_of[month] - 1],
                               year=self.year(year) if year else '')

    def month_and_year(self, match: re.Match[str]) -> str:
        month = self.language.months[self.month_of[match[1]] - 1]
        return f'{month}{match[2]}{self.year(match[3])}'


def dates(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for dates."""
    of = _Dates(numerals)
    language = numerals.language
    behind = f'{_NOT_BEHIND}{RIGHT}'
    if language.short_days:
        days = language.short_days
        yield rule(rf'(?<![^\W\d_])({alternatives(days)})(?=,?\s\d)',
                   lambda match: language.days[days[match[1]]])
    yield rule(rf'{_NOT_BEFORE}{LEFT}(\d{{4}})-(\d\d)-(\d\d)(?:T(?=\d\d:)|{behind})',
               lambda match: of.year_first(match) + (' ' if match[0].endswith('T') else ''))
    if language.date_order == 'ymd':
        yield rule(rf'{_NOT_BEFORE}{LEFT}(\d{{4}})[/.-](\d{{1,2}})[/.-](\d{{1,2}}){_NOT_BEHIND}',
                   of.year_first)
    yield rule(rf'{_NOT_BEFORE}{LEFT}(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}|\d\d){behind}',
               of.numeric)
    if language.before_day_and_month:
        yield rule(rf'({language.before_day_and_month})(\d{{1,2}})/(\d{{1,2}}){_NOT_BEHIND}',
                   of.partial)
    if language.day_ordinal:
        yield rule(rf'{_NOT_BEFORE}{LEFT}()(\d{{1,2}})\.\s?(\d{{1,2}})\.(?!\s?\d)', of.partial)
    if not language.spaces:
        return
    marks = '|'.join(['º', '°', r'\.', 'er', *(mark for mark, _ in language.ordinal_marks)])
    month = alternatives(of.month_of)
    between = language.between_date_parts
    yield rule(rf'{_NOT_BEFORE}{LEFT}(?P<first>\d{{1,2}})(?:{marks})?'
               rf'(?:\s?[-–]\s?(?P<last>\d{{1,2}})(?:{marks})?)?\s(?:{between})?'
               rf'(?P<month>{month})(?![^\W\d_])(?:,?\s(?:{between})?(?P<year>\d{{4}}){behind})?',
               of.named)
    yield rule(rf'(?<![^\W\d_])({month})(?![^\W\d_])(\s(?:{between})?)(\d{{4}}){behind}',
               of.month_and_year)
