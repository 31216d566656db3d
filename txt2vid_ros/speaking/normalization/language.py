"""
What a language is to the text front end: its words and habits of writing, as one table.

The rules by class (`classes/`) read everything from it, so that a language is added by a table in
`languages/`. Long tables are texts of lines with columns that `|` divides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
from typing import Any, NamedTuple

from txt2vid_ros.core.locales import subtags

Replacements = tuple[tuple[str, str], ...]
"""Regular expressions, and what each is replaced by."""


AFTER_A_CASE = 'after a case'
"""The form of what is an ordinal number only where `Language.ordinal_cases` say so."""


class Noun(NamedTuple):
    """A word that is counted."""

    one: str
    many: str
    """Several of it; {n} is where the number has its place if that is not before it."""
    form: str = 'm'
    """The form of the number before it, such as 'f' for "una"."""


class CurrencyNames(NamedTuple):
    """A currency; `part` is its hundredth, without a name where that is not said."""

    whole: Noun
    part: Noun | None


class ClockWords(NamedTuple):
    """Templates of times of day; `{h}`, `{m}` and `{s}` stand for numbers in words."""

    hour: str
    minutes: str
    few_minutes: str
    """With fewer than ten minutes."""
    seconds: str
    one: str = ''
    """At one o'clock, where that differs from `hour`."""
    form: str = 'm'
    """The form of the hours."""
    minute_form: str = ''
    second_form: str = 'm'
    """The form of minutes and seconds where both are named."""
    before: str = ''
    """A regular expression of words that make a time of "8.30", such as "ore "."""
    after: str = ''
    """Such words behind it, which the templates say already."""
    hour_signs: str = ''
    """Letters between hours and minutes: the h of 14h30."""
    spoken: Mapping[int, str] = {}
    """Templates for the minutes that have words of their own, on a clock of twelve hours."""


def rows(table: str) -> Iterator[list[str]]:
    """Yield the columns of each line of a table."""
    for line in table.strip().splitlines():
        if line.strip():
            yield [column.strip() for column in line.split('|')]


def nouns(table: str) -> dict[str, Noun]:
    """Read lines "symbol symbol | one | many | form"; without `many` there is one form."""
    found = {}
    for symbols, one, *more in rows(table):
        noun = Noun(one, (more[0] if more else '') or one, more[1] if len(more) > 1 else 'm')
        found.update(dict.fromkeys(symbols.split(), noun))
    return found


def currencies(table: str) -> dict[str, CurrencyNames]:
    """Read lines "code | one | many | form | part | parts | form"; the last three may lack."""
    return {code: CurrencyNames(
                Noun(one, many, form or 'm'),
                Noun(part[0], part[1], part[2] if len(part) > 2 else 'm') if part else None)
            for code, one, many, form, *part in rows(table)}


def pairs(table: str) -> dict[str, str]:
    """Read lines "written | said"."""
    return {row[0]: row[1] for row in rows(table)}


@dataclasses.dataclass(frozen=True)
class Language:
    """One language; `regions` has what differs where it is written otherwise."""

    tag: str
    numbers: str
    """Rules of `number_rules`: `cardinal`, and `ordinal`, `year`, `digit`, `phone` if any."""
    months: tuple[str, ...]
    days: tuple[str, ...]
    words: Mapping[str, str]
    """
    Words of the classes: decimal, point, comma, minus, plus, to (in ranges), dot, slash, at, dash,
    underscore, colon, times, over (of fractions), and (before a fraction), sentence ends aside.
    """
    clock: ClockWords
    date: str
    """Template of a whole date: {day}, {month} and {year}."""
    day_and_month: str
    currencies: Mapping[str, CurrencyNames]
    units: Mapping[str, Noun]
    symbols: Mapping[str, str]

    endings: Mapping[str, Replacements] = dataclasses.field(default_factory=dict)
    """How cardinal numbers change by form; '' changes all of them, ahead of the others."""
    ordinal_endings: Mapping[str, Replacements] = dataclasses.field(default_factory=dict)
    decimal: str = ','
    groups: str = '. '
    """Characters that may stand between groups of digits."""
    group_sizes: str = r'\d{1,3}(?:{G}\d{3})+'
    """Regular expression of a number in groups; {G} is what stands between them."""
    fraction_as_number: int = 3
    """Digits behind the decimal mark that are read as one number; more are read one by one."""
    spaces: bool = True
    """Whether there are spaces between words."""
    before_minus: str = ''
    """A character before a minus where there are none, as a regular expression."""
    short_months: Mapping[str, int] = dataclasses.field(default_factory=dict)
    short_days: Mapping[str, int] = dataclasses.field(default_factory=dict)
    date_order: str = 'dmy'
    between_date_parts: str = ''
    """Regular expression of what may stand between day and month, or month and year."""
    first_day: str = ''
    day_ordinal: bool = False
    """Whether the days of a month are ordinal numbers."""
    before_day_and_month: str = ''
    """Words that make a date of 12/5, as a regular expression."""
    years_by_digits: bool = False
    year_contexts: tuple[str, str] = ('', '')
    """Regular expressions of what makes a year of four digits, before and behind them."""
    digitwise: str = ''
    """Regular expression of what is behind a number of three digits or more that is no count."""
    before_one: tuple[tuple[str, str], ...] = ()
    """Forms of the number one by what is behind it, as (form, regular expression)."""
    before_many: tuple[tuple[str, str], ...] = ()
    """Forms of the other numbers."""
    uncounted: str = ''
    """Regular expression of what stands before a number that counts nothing: "number", "the"."""
    ordinal_marks: tuple[tuple[str, str], ...] = ()
    """What makes an ordinal number, behind the digits, as (regular expression, form)."""
    ordinal_cases: tuple[tuple[str, str], ...] = ()
    """Forms of a marked ordinal by what is before it, as (form, regular expression)."""
    range_ends: tuple[tuple[str, str], ...] = ()
    """
    What is said instead of "to" in a range of dates, years or times, by the preposition with an
    article before it, as (regular expression, words): "al" behind "del".
    """
    suffixes: str = ''
    """Regular expression of endings that are one word with the number before them: 80er."""
    fractions: tuple[tuple[str, str], ...] = ()
    """The names of halves, thirds, quarters, ..., one and several of them."""
    fraction_form: str = 'm'
    halves: tuple[tuple[str, str], ...] = ()
    """What 1/2 is by what is behind it, as (words, regular expression): "media" hora."""
    half: str = ''
    """What "1 1/2" adds to one: "y medio"."""
    denominator_first: str = ''
    """Template of {d} and {n}, where fractions are not named."""
    scales: Mapping[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    """Words and abbreviations of millions as written: one and several."""
    scale_form: str = 'm'
    of_millions: str = ''
    """What is said between millions and what they count: "de "."""
    elided: Replacements = ()
    """Changes to what the money rules have put together: "de euros" to "d'euros"."""
    currency_signs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    money_with_parts: str = '{whole} {part}'
    name_parts: bool = False
    """Whether hundredths of a currency are named behind the whole."""
    decimal_money: bool = False
    """Whether amounts of money are read as decimal numbers."""
    abbreviations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those whose full stop never ends a sentence."""
    closing: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those that often end a sentence: the stop stays there."""
    starters: str = '[A-ZÀ-ÖØ-Þ¿¡]'
    """Regular expression of how a sentence begins behind such a stop."""
    numbered: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Those that are ones only before a number."""
    roman_after: str = ''
    """Nouns before Roman numerals that are cardinal numbers, as a regular expression."""
    roman_before: str = ''
    """Nouns behind Roman numerals that are ordinal numbers."""
    roman_mark: str = ''
    """What is written behind a Roman ordinal: the e of XIXe."""
    roman_names: str = ''
    """Names of kings and popes, as a regular expression."""
    roman_queens: str = ''
    """Names of queens."""
    roman_ordinals: int = 0
    """The greatest number that is an ordinal behind a name."""
    roman_name: tuple[str, str] = ('{n}', '{n}')
    """Templates of the number behind the name of a king or a queen; {N} is a capitalized one."""
    phone_calls: str = ''
    """Words before telephone numbers, as a regular expression."""
    phone_pairs: bool = False
    """Whether the groups of a telephone number are read as numbers of two digits."""
    before: Replacements = ()
    """Changes ahead of all rules, for what only this language has."""
    after: Replacements = ()
    """Changes behind all rules."""
    regions: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """Fields that differ by region, such as {'MX': {'decimal': '.'}}."""

    def of_locale(self, locale: str) -> Language:
        """Return the language as it is written in the region or script of a BCP 47 tag."""
        regions = [each.upper() for each in subtags(locale)[1:]]
        changes = next((self.regions[each] for each in regions if each in self.regions), {})
        return dataclasses.replace(self, **changes)
