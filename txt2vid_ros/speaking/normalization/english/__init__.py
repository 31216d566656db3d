"""
English text to English words: rules by semiotic class, in the order in which they apply.

The classes are those of Sproat and Jaitly (2016, "RNN approaches to text normalization"): what is
for machines first (addresses), then what has the most context (dates, telephone numbers, money,
measures), then abbreviations and numerals, then plain numbers, last single letters and symbols.
Each rule writes words where it matches, in which the rules after it find nothing.
"""

from __future__ import annotations

from txt2vid_ros.speaking.normalization.english.abbreviations import ABBREVIATIONS
from txt2vid_ros.speaking.normalization.english.dates_and_times import DATES_AND_TIMES
from txt2vid_ros.speaking.normalization.english.electronic import ELECTRONIC
from txt2vid_ros.speaking.normalization.english.letters import LETTERS, SHOUTING
from txt2vid_ros.speaking.normalization.english.measures import MEASURES
from txt2vid_ros.speaking.normalization.english.money import MONEY
from txt2vid_ros.speaking.normalization.english.quantities import QUANTITIES
from txt2vid_ros.speaking.normalization.english.roman import ROMAN
from txt2vid_ros.speaking.normalization.english.symbols import GREEK, SYMBOLS
from txt2vid_ros.speaking.normalization.english.telephone import TELEPHONE
from txt2vid_ros.speaking.normalization.rule import apply, Rule

_BY_CLASS: tuple[tuple[bool, tuple[Rule, ...]], ...] = (
    (False, SHOUTING), (False, GREEK), (False, ELECTRONIC),
    (True, DATES_AND_TIMES), (True, TELEPHONE), (True, MONEY),
    (True, MEASURES), (False, ABBREVIATIONS), (False, ROMAN), (True, QUANTITIES),
    (False, LETTERS), (False, SYMBOLS))
"""Whether the rules need a digit in the text, and the rules."""


def to_words(text: str) -> str:
    """Return clean text on one line as words and marks that make pauses."""
    for with_digits, rules in _BY_CLASS:
        if not with_digits or any(map(str.isdigit, text)):
            text = apply(rules, text)
    return text
