"""Telephone numbers in English: digit by digit, with a pause between the groups."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import digits
from txt2vid_ros.speaking.normalization.rule import Rule, rule, words_of

_CALLS = (r'(?:[Cc]all|[Dd]ial|[Pp]hone|[Rr]ing|[Tt]ext|[Ff]ax|[Tt]el(?:ephone)?|[Mm]obile|'
          r'[Cc]ell|[Hh]otline|[Ww]hats[Aa]pp)')
_IS = r'(?:\s+(?:number|no\.?|us|me|him|her|them))?(?:\s+(?:is|at|on|to))?\s*[.:]{0,2}\s*'
_GROUPS = r'\+?\(?\d[\d()]*(?:[ ./()-]{1,2}\d+\)?)*'


_SHORT_NUMBERS = frozenset(words_of(
    '911 999 112 110 118 101 111 211 311 411 511 611 811 988 000'))
"""Numbers of three digits that are called."""


def telephone(text: str) -> str:
    """Return a telephone number in words."""
    groups = re.findall(r'\d+', text)
    plus = 'plus ' if text.lstrip().startswith('+') else ''
    return plus + ', '.join(digits(group) for group in groups)


def _named(match: re.Match[str]) -> str:
    """Read what follows a word such as "call" as a telephone number, if it is long enough."""
    number = match[2]
    count = sum(char.isdigit() for char in number)
    goes_on = re.compile(r'\s[a-z]').match(match.string, match.end())
    if count < 5 and (not re.fullmatch(r'\d{3}', number)
                      or (goes_on and number not in _SHORT_NUMBERS)):
        return match[0]
    before = re.sub(r'\b[Tt]el(?:\.:|\.|:)', 'telephone:', match[1])
    before = re.sub(r'\b[Ff]ax\.?:', 'fax:', before)
    others = ''.join(_alternative(part) for part in re.split(r'(\d+)', match[3]))
    return f'{before}{telephone(number)}{others}'


def _alternative(part: str) -> str:
    return digits(part) if part.isdigit() else part


TELEPHONE: tuple[Rule, ...] = (
    rule(rf'(\b{_CALLS}{_IS})({_GROUPS})((?:(?:,| or| and)+ \d{{3}}\b)*)(?![\w/])', _named),
    # "my number is 555-0199", then international and American numbers and other area codes.
    rule(r'(\b[Nn]umber(?:\'s|\s+(?:is|was))\s*:?\s*)(\+?\d[\d()]*(?:[ ./()-]{1,2}\d+\)?)+)()'
         r'(?!\w)',
         _named),
    rule(r'(?<![\w.])\+\d{1,3}[ .-]?(?:\(\d+\)[ .-]?)?\d+(?:[ ./-]\d+)*(?![\w%°])',
         lambda match: telephone(match[0]) if len(re.sub(r'\D', '', match[0])) > 6 else match[0]),
    rule(r'(?<![\w.-])(1-8\d\d)-(?=[A-Z]{5,})', lambda match: f'{telephone(match[1])}, '),
    rule(r'(?<![\w.-])(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-.]\d{4}(?![\w-])',
         lambda match: telephone(match[0])),
    rule(r'(?<![\w.-])\(\d{2,5}\) ?\d{3,}(?:[ -]\d{2,})*(?![\w-])',
         lambda match: telephone(match[0])),
    rule(r'(?<![\w.-])\d{3}-\d{4}(?![\w-])', lambda match: telephone(match[0])),
)
"""Rules in their order."""
