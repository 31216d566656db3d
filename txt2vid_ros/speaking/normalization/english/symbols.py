"""Symbols in English: those that are said by name; the others are silent."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import number_words
from txt2vid_ros.speaking.normalization.rule import Rule, rule, words_of

_SAID = {
    '&': 'and', '@': 'at', '=': 'equals', '≠': 'is not equal to', '≈': 'about',
    '±': 'plus or minus', '×': 'times', '÷': 'divided by', '∞': 'infinity',
    '√': 'the square root of', '→': 'to', '⇒': 'implies', '↔': 'and', '§': 'section',
    '¶': 'paragraph', '©': 'copyright', '%': 'percent', '‰': 'per mille', '°': 'degrees',
    '€': 'euros', '£': 'pounds', '¥': 'yen', '₹': 'rupees', '$': 'dollars', '¢': 'cents',
    '№': 'number', '∑': 'sum', '∆': 'delta', '∂': 'partial', '∫': 'integral', '∈': 'in',
    '∪': 'union', '∩': 'intersection', '∀': 'for all', '∃': 'there is', '¬': 'not',
    '∧': 'and', '∨': 'or', 'µ': 'micro', '+': 'plus', '♥': 'love', '❤': 'love',
    '℃': 'degrees Celsius', '℉': 'degrees Fahrenheit', '½': 'half'}
_GREEK = dict(zip('αβγδεζηθικλνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ', words_of(
    'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda nu xi omicron pi rho '
    'sigma tau upsilon phi chi psi omega gamma delta theta lambda xi pi sigma phi psi omega'),
    strict=True))

_ALPHABET = ''.join(_GREEK)


def _greek(match: re.Match[str]) -> str:
    return f' {_GREEK[match[0]]} '


def _name(match: re.Match[str]) -> str:
    return f' {_SAID[match[0]]} '


GREEK: tuple[Rule, ...] = (
    rule(rf'(?<![{_ALPHABET}])[{_ALPHABET.replace("Ω", "")}](?![{_ALPHABET}])', _greek),)
"""Letters of formulas; ahead of all others, for they stand beside Latin ones: πr^2."""
SYMBOLS: tuple[Rule, ...] = (
    rule(r'\b([A-Z]\w+) > (?=[A-Z])', r'\1, '),
    # An option of a command: "run it with --help".
    rule(r'(?<=\s)--?([a-z]\w*)(?!\S*-\s)', r'dash \1'),
    rule(r'(?<=[\w)])\s?(?:=>|->|-->|⟶)\s?(?=[\w(])', ' to '),
    rule(r'\s<-\s', ' gets '),
    rule(r'\s?&&\s?', ' and '),
    rule(r'(?<=\w)/(day|week|month|year|hour|minute|second|night|person|kg|min|km|yr|hr)\b',
         r' per \1'),
    rule(r'(?<=\s)<(?=\w)', 'less than '), rule(r'(?<=\s)>(?=\w)', 'more than '),
    rule(r'\s?(?:==|:=)\s?', ' equals '),
    rule(r'\s?(?:!=|<>)\s?', ' is not equal to '),
    rule(r'(?<=[\w)])\s?(?:<=|≤)\s?(?=[\w(-])', ' is at most '),
    rule(r'(?<=[\w)])\s?(?:>=|≥)\s?(?=[\w(-])', ' is at least '),
    rule(r'(?:<=|≤)\s?(?=[\w(])', 'at most '), rule(r'(?:>=|≥)\s?(?=[\w(])', 'at least '),
    rule(r'(?<=[\w)])\s?<\s?(?=[\w(])', ' is less than '),
    rule(r'(?<=[\w)])\s?>\s?(?=[\w(])', ' is greater than '),
    rule(r'(?<!\S)[<]\s?(?=\w)', 'less than '), rule(r'(?<!\S)[>]\s?(?=\w)', 'more than '),
    rule(r'[~≈]\s?(?=\w)', 'about '),
    rule(r'(?<=[\w)])\s?[*·∗]\s?(?=[\w(])', ' times '),
    rule(r'(?<=[\w)]) - (?=\w+ ?(?:=|equals))', ' minus '),
    rule(r'(?<=\w)\s?/\s?(?=\w)', ' '),
    rule(rf'(?<![^\W\d_])[{"".join(_GREEK)}](?![^\W\d_])', _greek),
    rule(rf'[{re.escape("".join(_SAID))}]', _name),
    rule(r'\d+(?:\.\d+)?', lambda match: f' {number_words(match[0])} '),
    # All that is left: no letter, no mark of a pause, no sign over or under a letter.
    rule("[^\\w\\s.,;:!?…—–'()\\[\\]{}\u0300-\u036f\u0900-\u0fff-]|_", ' '),
)
"""Rules in their order."""
