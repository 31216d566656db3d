"""Ordinal numbers: figures with a mark, such as 1.º, 2e, 3. and 5वाँ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import re

from txt2vid_ros.speaking.normalization.language import AFTER_A_CASE
from txt2vid_ros.speaking.normalization.numerals import FREE, LEFT, Numerals
from txt2vid_ros.speaking.normalization.rule import Rule, rule


def ordinals(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for ordinal numbers."""
    for mark, form in numerals.language.ordinal_marks:
        yield rule(rf'{LEFT}{FREE}(\d{{1,4}}){mark}', _said(numerals, form))


def _said(numerals: Numerals, form: str) -> Callable[[re.Match[str]], str]:
    def said(match: re.Match[str]) -> str:
        case = numerals.ordinal_form(match, form)
        if case == AFTER_A_CASE:
            return match[0]
        return numerals.ordinal(int(match[1]), case)

    return said
