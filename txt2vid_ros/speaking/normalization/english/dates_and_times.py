"""Dates and times of day in English, with their ranges (ISO 8601 and what people write)."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import cardinal, ordinal, plural, year
from txt2vid_ros.speaking.normalization.english.sentence_words import word_before
from txt2vid_ros.speaking.normalization.english.word_lists import (
    AFTER_A_DURATION,
    BEFORE_A_DURATION,
    MONTH_OF,
    MONTHS,
    NOT_PLURALS,
    SHORT_DAYS,
    STOP_OF_A_MONTH,
)
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH = rf'(?:{alternatives(MONTH_OF)})'
# "p.m." with its full stops; but the last one stays where it may end the sentence.
_HALF_OF_DAY = (r'([AaPp])\.?\s?[Mm](?:\.(?!\s+[A-Z\d]|\s*$)'
                rf'|\.(?=\s+(?:{"|".join(SHORT_DAYS)}|'
                r'Eastern|Pacific|Central|Mountain|[A-Z]{2,4}\b))|\b|(?<=\.m))')
_ZONE = r'(?=\s?(?:UTC|GMT|CET|CEST|EST|EDT|PST|PDT|CST|MST|BST|Z\b|hours\b|hrs?\b|h\b))'
_CLOCK = r'(?<![\d:.])([01]?\d|2[0-4])[:.h]([0-5]\d)'
_AFTER_DAY_NUMBER = ('a|an|the|at|in|on|is|was|were|to|and|or|of|we|he|she|it|they|i|you|this|'
                     'that|for|from|until|with|as|by|will|but')
_COUNTED = re.compile(rf'\s+(?!(?:{_AFTER_DAY_NUMBER})\b)[a-z]+')
_THINGS = re.compile(
    r'\s(?:people|of us|of them|of you|more|other|others|minutes|hours|days|weeks|months|years|'
    r'times|percent|km|miles|questions|cookies)\b')
_MANY = re.compile(rf'\s(?!(?:{NOT_PLURALS}|his|us|always)\b)[a-z]+s\b')
_NUMBERED_THINGS = frozenset(words_of(
    'Room Step Option Section Platform Phase Part Item Unit Level Group'))
_VERB = re.compile(rf'\s(?!(?:{_AFTER_DAY_NUMBER}|came|went|had|has|are|were|so|if)\b)[a-z]+\b')
_NAMES_A_DATE = r'(?:[Oo]n|[Bb]y|[Uu]ntil|[Ss]ince|[Dd]ue|[Ff]rom|[Dd]ated?|[Bb]efore|[Aa]fter)'
_TAKES = re.compile(rf'\b(?:[Ww]ait|{BEFORE_A_DURATION}|a|A)\s$')
_LASTS = re.compile(rf'\s(?:{AFTER_A_DURATION})\b')
_TIME_OF_RANGE = r'((?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?)'


def _date(year_text: str, month: int, day: int) -> str | None:
    """Return a date in words; None where there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= _LENGTHS[month - 1]):
        return None
    words = f'{MONTHS[month - 1]} {ordinal(day)}'
    return f'{words}, {year(_full_year(year_text))}' if year_text else words


def _full_year(text: str) -> int:
    """Return the year that two digits stand for, in the hundred years up to 2050."""
    number = int(text)
    if len(text) > 2:
        return number
    return number + (1900 if number > 50 else 2000)


def _iso(match: re.Match[str]) -> str:
    return _date(match[1], int(match[2]), int(match[3])) or match[0]


def _timestamp(match: re.Match[str]) -> str:
    date = _date(match[1], int(match[2]), int(match[3]))
    if date is None:
        return match[0]
    zone = ' UTC' if match[7] else ''
    if match[7] and match[7] != 'Z':
        sign = 'minus' if match[7][0] == '-' else 'plus'
        zone += f' {sign} {time_words(int(match[7][1:3]), int(match[7][-2:]), bare=True)}'
    return f'{date}, at {time_words(int(match[4]), int(match[5]), bare=True)}{zone}'


def _slashes(match: re.Match[str]) -> str:
    """Read month/day/year, as Americans write it; day/month/year where only that is a date."""
    first, second = int(match[1]), int(match[2])
    return _date(match[3], first, second) or _date(match[3], second, first) or match[0]


def _named_date(match: re.Match[str]) -> str:
    """Read "by 5/6" as a date, where there is such a day."""
    date = _date('', int(match[2]), int(match[3]))
    return f'{match[1]} {date}' if date else match[0]


def _points(match: re.Match[str]) -> str:
    return _date(match[3], int(match[2]), int(match[1])) or match[0]


def _month_day(match: re.Match[str]) -> str:
    """Read "May 5" as a date, but the 10 of "In May 10 people came" as a number."""
    month, first, last, in_year = MONTH_OF[match[2]], match[3], match[4], match[5]
    day = int(first)
    if not 1 <= day <= 31:
        return match[0]
    before = match[1] or ''
    if not in_year and not last and _is_count(match, before.lower()):
        return f'{before} {match[2]} {cardinal(day)}'.strip()
    words = f'{match[1] + " " if match[1] else ""}{month} {ordinal(day)}'
    if last:
        words += f' to {ordinal(int(last))}'
    return f'{words}, {year(int(in_year))}' if in_year else words


def _is_count(match: re.Match[str], before: str) -> bool:
    """Return whether a number after a month counts what follows: "In May 10 people came"."""
    string, end = match.string, match.end()
    if before == 'in':
        return _COUNTED.match(string, end) is not None or string.startswith(' of ', end)
    if _THINGS.match(string, end):
        return before != 'on'
    # Who is called May, June, April or August: "Ask April 3 questions".
    return match[2] in ('May', 'June', 'April', 'August', 'March', 'Jan', 'Mar') and (
        _MANY.match(string, end) is not None and before not in ('on', 'by', 'since', 'until'))


def _day_month(match: re.Match[str]) -> str:
    the, day, month, in_year = match[1] or '', int(match[2]), MONTH_OF[match[3]], match[4]
    is_verb = match[3] in ('May', 'March') and not in_year and _VERB.match(
        match.string, match.end())
    if is_verb or word_before(match, 10) in _NUMBERED_THINGS:
        return match[0]
    if not 1 <= day <= 31:
        return match[0]
    words = f'{the or "the "}{ordinal(day)} of {month}'
    return f'{words}, {year(int(in_year))}' if in_year else words


def _counted(number: str, unit: str) -> str:
    return f'{cardinal(int(number))} {unit}{"" if int(number) == 1 else "s"}'


def _days(match: re.Match[str]) -> str:
    """Read "5-7 June" as a range of days, and both days of "3 and 5 March"."""
    first, last = int(match[1]), int(match[3])
    if not 1 <= first < last <= 31:
        return match[0]
    link = 'and' if match[2] == ' and ' else 'to'
    words = f'the {ordinal(first)} {link} the {ordinal(last)} of {MONTH_OF[match[4]]}'
    return f'{words}, {year(int(match[5]))}' if match[5] else words


def time_words(hour: int, minute: int, *, bare: bool) -> str:
    """Return a time of day in words; `bare` without "o'clock", as before "p m" or in a range."""
    if minute == 0:
        if bare:
            return cardinal(hour)
        if hour in (0, 24):
            return 'midnight'
        return f"{cardinal(hour)} o'clock" if hour <= 12 else f'{cardinal(hour)} hundred'
    return f'{cardinal(hour)} {"oh " if minute < 10 else ""}{cardinal(minute)}'


def _half(letter: str) -> str:
    return f' {letter.upper()} M'


def _time(match: re.Match[str]) -> str:
    hour, minute, second, half = int(match[1]), int(match[2]), match[3], match[4]
    words = time_words(hour, minute, bare=bool(half or second))
    if second:
        number = int(second)
        words += f' and {cardinal(number)} second{"" if number == 1 else "s"}'
    return words + (_half(half) if half else '')


def _hour(match: re.Match[str]) -> str:
    hour = int(match[1])
    return cardinal(hour) + _half(match[2]) if hour <= 24 else match[0]


def _hour_range(match: re.Match[str]) -> str:
    first, last = (_clock(text) for text in (match[1], match[3]))
    return (f'{first}{_half(match[2]) if match[2] else ""} to {last}'
            f'{_half(match[4]) if match[4] else ""}')


def _clock(text: str) -> str:
    hour, _, minute = re.sub(r'[.h]', ':', text).partition(':')
    return time_words(int(hour), int(minute or 0), bare=True)


def _decade(match: re.Match[str]) -> str:
    if not match[1] and (_LASTS.match(match.string, match.end()) or _TAKES.search(
            match.string, max(0, match.start() - 9), match.start())):
        return match[0]  # "a 30s video"
    century, tens = match[1], int(match[2])
    words = plural(cardinal(tens)) if tens else 'hundreds'
    if not century:
        return words
    if int(century) % 10 == 0 and not tens:
        return f'{cardinal(int(century) // 10)} thousands'
    return f'{cardinal(int(century))} {words}'


def _era(match: re.Match[str]) -> str:
    """Return 44 B.C. as "forty four B C", with the stop where the sentence ends with it."""
    letters = ' '.join(re.sub(r'\W', '', match[2]))
    ends = match[2].endswith('.') and re.compile(r'\s*$|\s+[A-Z]').match(match.string, match.end())
    stop = '.' if ends else ''
    number = int(match[1])
    return f'{year(number) if number > 999 else cardinal(number)} {letters}{stop}'


DATES_AND_TIMES: tuple[Rule, ...] = (
    rule(r'(?<![\w.,])(\d{1,4})\s?(B\.?C\.?E\b\.?|B\.?C\b\.?|A\.?D\b\.?|C\.?E\b\.?)(?!\w)', _era),
    # "the '80s", "the 1900s".
    rule(r"(?<![\w'])['’]?((?:1[0-9]|20)?)([1-9]0)[’']?s\b", _decade),
    rule(r"(?<!\w)((?:1[0-9]|20))(00)['’]?s\b", _decade),
    rule(r'\b(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?(?![\d:])',
         _timestamp),
    rule(r'(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])', _iso),
    rule(r'(?<![\w/])(\d{4})/(\d\d)/(\d\d)(?![\w/])', _iso),
    # "5-7 June", "between 3 and 5 March".
    rule(rf'(?<![\w.,])(\d{{1,2}})(?:st|nd|rd|th)?(\s?[-–]\s?| to | and )'
         rf'(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b(?:,? (\d{{4}})\b)?', _days),
    rule(r'(?<![\w.,:])(\d{1,2})h(\d\d)m?\b', lambda match: (
        f'{_counted(match[1], "hour")} {_counted(match[2], "minute")}')),
    rule(r'(?<![\w.,:])(\d{1,2})m(\d\d)s\b', lambda match: (
        f'{_counted(match[1], "minute")} {_counted(match[2], "second")}')),
    rule(r'(?<![\w.-])(\d{4})\.(\d\d)\.(\d\d)(?![\w.-])', _iso),
    rule(r'(?<![\w/])(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?![\w/])', _slashes),
    rule(r'(?<![\w-])(\d\d)-(\d\d)-(\d{4})(?![\w-])', _slashes),
    # "5-Jan-2024", then ranges: "Jan 5 - Feb 6", "5 Jan - 6 Feb".
    rule(rf'(?<![\w-])(\d{{1,2}})-({_MONTH})-(\d{{4}})(?![\w-])', lambda match: (
        _date(match[3], MONTHS.index(MONTH_OF[match[2]]) + 1, int(match[1])) or match[0])),
    rule(rf'\b({_MONTH})\.? (\d{{1,2}})\s?[-–]\s?(?={_MONTH})', lambda match: (
        f'{MONTH_OF[match[1]]} {ordinal(int(match[2]))} to ')),
    rule(rf'(?<![\w.,])(\d{{1,2}})\s({_MONTH})\.?\s?[-–]\s?(?=\d)', lambda match: (
        f'{ordinal(int(match[1]))} of {MONTH_OF[match[2]]} to ')),
    # "8.30 in the morning" is a time, "7:30 minutes" is not.
    rule(r'(?<![\d:.,])([01]?\d|2[0-3])\.([0-5]\d)(?=\s(?:in the (?:morning|afternoon|evening)|'
         r'at night|sharp|train|bus|show|flight)\b)',
         lambda match: time_words(int(match[1]), int(match[2]), bare=True)),
    rule(r'(?<![\d:.,])(\d{1,2}):(\d\d)\s?(?:minutes?|mins?)\b', lambda match: (
        f'{cardinal(int(match[1]))} minutes' + (
            f' {cardinal(int(match[2]))} seconds' if int(match[2]) else ''))),
    rule(r'(?<![\w.])(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\w)', _points),
    rule(rf'\b({_NAMES_A_DATE}) (\d{{1,2}})/(\d{{1,2}})(?![\w/]|\s(?:of|an?|the|is|majority|mile|'
         r'hour|inch|cup|full|empty|full|pound)\b)', _named_date),
    rule(rf'\b(?:(\w+) )?({_MONTH}){STOP_OF_A_MONTH}? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![\d:%.,/]\d)'
         rf'(?:\s?[-–]\s?(\d{{1,2}})(?:st|nd|rd|th)?\b)?(?:,? (\d{{4}})\b(?![-–]\d))?',
         _month_day),
    rule(rf'\b(the |The )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b'
         rf'(?:{STOP_OF_A_MONTH}(?=,|\s[a-z\d]))?(?:,? (\d{{4}})\b)?',
         _day_month),
    # "Jan. 2024", then ranges of hours: "5-6:30 p.m.", "8:00-9:30".
    rule(rf'\b({_MONTH})\.? (?=\d{{4}}\b)', lambda match: f'{MONTH_OF[match[1]]} '),
    rule(rf'(?<![\d:.,]){_TIME_OF_RANGE}\s?(?:{_HALF_OF_DAY})?\s?(?:-|–|to)\s?{_TIME_OF_RANGE}\s?'
         rf'{_HALF_OF_DAY}', _hour_range),
    rule(r'(?<![\d:.,])((?:[01]?\d|2[0-4]):[0-5]\d)()\s?(?:-|–)\s?((?:[01]?\d|2[0-4]):[0-5]\d)()'
         r'(?![\d:])', _hour_range),
    rule(rf'{_CLOCK}()\s?{_HALF_OF_DAY}', _time),
    rule(rf'(?<![\d:.,])([01]?\d|2[0-4])\s?{_HALF_OF_DAY}', _hour),
    rule(rf'(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d){_ZONE}',
         lambda match: time_words(int(match[1]), int(match[2]), bare=True)),
    rule(r'(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?()(?![\d:])', _time),
)
"""Rules in their order: what is longer comes first."""
