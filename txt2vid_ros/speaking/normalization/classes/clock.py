"""Times of day on a clock of 24 hours, with their ranges."""

from __future__ import annotations

from collections.abc import Iterator
import re

from txt2vid_ros.speaking.normalization.numerals import LEFT, Numerals, RIGHT
from txt2vid_ros.speaking.normalization.rule import Rule, rule


def clock(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for times."""
    of = numerals.language.clock
    hour, minutes = r'([01]?\d|2[0-4])', r'([0-5]\d)'
    signs = rf':|\s?[{of.hour_signs}]\s?' if of.hour_signs else ':'
    time = rf'{hour}(?:{signs}){minutes}(?::{minutes})?'
    behind = rf'(?![:.,]?\d){RIGHT}'
    after = rf'(?:\s?(?:{of.after})(?![^\W\d_]))?' if of.after else ''

    def words(hour: str, minute: str | None, second: str | None) -> str:
        value = int(minute or 0)
        h = numerals.cardinal(int(hour), of.form)
        m = numerals.cardinal(value, of.minute_form)
        following = numerals.cardinal(int(hour) % 12 + 1, of.form)
        if int(second or 0):
            return of.seconds.format(h=h, m=numerals.cardinal(value, of.second_form),
                                     s=numerals.cardinal(int(second or 0), of.second_form))
        if value in of.spoken and 1 <= int(hour) <= 12:
            return of.spoken[value].format(h=h, next=following)
        if not value:
            return (of.one if of.one and int(hour) == 1 else of.hour).format(h=h)
        return (of.few_minutes if value < 10 else of.minutes).format(h=h, m=m)

    def said(match: re.Match[str]) -> str:
        parts = match.groups()
        begin = words(*parts[:3])
        if len(parts) < 6 or parts[3] is None:
            return begin
        return numerals.joined(begin, numerals.range_word(match), words(*parts[3:6]))

    yield rule(rf'{LEFT}(?<![.,:/]){time}(?:\s?[-–~〜]\s?{time})?{behind}{after}', said)
    points = rf'{hour}\.{minutes}()'
    if of.before:
        yield rule(rf'(?<![^\W\d_])({of.before})\s?{points}{behind}{after}',
                   lambda match: f'{match[1]} {words(match[2], match[3], None)}')
    if of.after:
        yield rule(rf'{LEFT}(?<![.,:/]){points}(?![.,:]\d)\s?(?:{of.after})(?![^\W\d_])', said)
