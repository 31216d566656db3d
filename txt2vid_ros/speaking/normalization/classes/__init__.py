"""
Text to words in any language that has a table: rules by semiotic class, in their order.

The classes are those of Sproat and Jaitly (2016, "RNN approaches to text normalization"), in the
order of `english/`: what has most context first, plain numbers and symbols last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import re

from txt2vid_ros.speaking.normalization.classes.abbreviations import abbreviations
from txt2vid_ros.speaking.normalization.classes.clock import clock
from txt2vid_ros.speaking.normalization.classes.dates import dates
from txt2vid_ros.speaking.normalization.classes.electronic import electronic
from txt2vid_ros.speaking.normalization.classes.measures import measures
from txt2vid_ros.speaking.normalization.classes.money import money
from txt2vid_ros.speaking.normalization.classes.ordinals import ordinals
from txt2vid_ros.speaking.normalization.classes.plain_numbers import plain_numbers
from txt2vid_ros.speaking.normalization.classes.roman import roman
from txt2vid_ros.speaking.normalization.classes.symbols import symbols
from txt2vid_ros.speaking.normalization.classes.telephone import telephone
from txt2vid_ros.speaking.normalization.language import Language, Replacements
from txt2vid_ros.speaking.normalization.numerals import Numerals
from txt2vid_ros.speaking.normalization.rule import apply, Rule, rule

_CLASSES: tuple[Callable[[Numerals], Iterator[Rule]], ...] = (
    electronic, dates, clock, telephone, ordinals, money, measures, abbreviations, roman,
    plain_numbers, symbols)
_OTHER_DIGITS = re.compile(r'[^\x00-\x7f\D]')
# What is written without spaces: Chinese characters, kana and their marks.
_CHARACTER = r'[\u3000-\u9fff\uff01-\uff60]'
_BETWEEN_CHARACTERS = re.compile(rf'(?<={_CHARACTER}) +(?={_CHARACTER})')


def to_words(language: Language) -> Callable[[str], str]:
    """Return the function that makes words of clean text on one line in the language."""
    numerals = Numerals(language)
    rules = (*_replacements(language.before),
             *(each for rules_of in _CLASSES for each in rules_of(numerals)),
             *_replacements(language.after))

    def joined(text: str) -> str:
        return text if language.spaces else _BETWEEN_CHARACTERS.sub('', text)

    def words(text: str) -> str:
        text = _OTHER_DIGITS.sub(lambda match: str(int(match[0])), text)
        return joined(apply(rules, joined(text)))

    return words


def _replacements(table: Replacements) -> tuple[Rule, ...]:
    return tuple(rule(pattern, template) for pattern, template in table)
