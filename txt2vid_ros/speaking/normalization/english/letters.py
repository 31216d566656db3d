"""
Letters that are said as letters, and words that are mixed of letters and digits.

Acronyms in capitals are left to the voice, which knows those that are words (NASA) from those that
are not (FBI); but a text all in capitals is not made of acronyms.
"""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.english.number_words import cardinal, digits, year
from txt2vid_ros.speaking.normalization.english.word_lists import DAY_OF, MONTH_OF
from txt2vid_ros.speaking.normalization.rule import alternatives, Rule, rule, words_of

_NAMES = {
    'C++': 'C plus plus', 'c++': 'C plus plus', 'C#': 'C sharp', 'F#': 'F sharp',
    '.NET': 'dot net', 'Node.js': 'Node J S', 'Vue.js': 'Vue J S', 'Next.js': 'Next J S',
    'AT&T': 'A T and T', 'AT & T': 'A T and T',
    'R&D': 'R and D', 'Q&A': 'Q and A', 'B&B': 'B and B', 'M&A': 'M and A', 'P&L': 'P and L',
    'R&B': 'R and B', 'H&M': 'H and M', 'A/C': 'A C', 'N/A': 'not applicable',
    'n/a': 'not applicable', 'Y/N': 'yes or no', "'n'": 'and', "'n": 'and',
    'C/C++': 'C and C plus plus',
    'TCP/IP': 'T C P I P', 'I/O': 'I O', 'A/B': 'A B', 'w/': 'with', 'iPhone': 'i Phone',
    'iPad': 'i Pad', 'eBay': 'e Bay', 'OK': 'okay'}
_ACRONYMS = frozenset(words_of(
    'AI API CPU CSS DDS DVD EU FBI GPS GPU HTML HTTP IBM ID IP IT LED NASA NATO PC PDF ROS SQL TV '
    'UK UN URL US USA USB UTC WLAN XML CIA BBC CNN FAQ PIN PM AM CEO'))
_NOT_WORDS = _ACRONYMS - {'US', 'IT', 'AM', 'ID', 'PIN', 'LED'}
"""Acronyms that stay in capitals in a sentence all in capitals: no word is spelled like them."""
_CAPITALIZED = frozenset((*MONTH_OF, *DAY_OF, *words_of(
    'Mr Mrs Ms Dr St Prof Chapter Part Act King Queen Henry Louis World War'
))) - {'May', 'Mar', 'March', 'Sat', 'Sun'}
"""What keeps its first capital in a sentence that was all in capitals."""
_SPELLED_BEFORE_DIGITS = frozenset(['CO', 'SO', 'NO', 'ME', 'IT', 'US', 'GO', 'AM', 'IS'])
# The parts of a mixed word: "COVID19" is COVID and 19, "aB3" is a, B and 3.
_PARTS = re.compile(r'[A-Z]{2,}(?=[a-z]\d)|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+')
_VOWELS = re.compile('[AEIOUYaeiouy]')


def _mixed(match: re.Match[str]) -> str:
    """Read MP3 as "M P three", COVID-19 as "COVID nineteen", 4B as "four B"."""
    parts = _PARTS.findall(match[0])
    return ' '.join(_digits(part) if part.isdigit() else _letters(part) for part in parts)


def _digits(part: str) -> str:
    if (part[0] == '0' and len(part) > 1) or len(part) > 4:
        return digits(part)
    if len(part) == 4 and part[2:] != '00' and part[1] != '0':
        return year(int(part))
    return cardinal(int(part))


def _letters(part: str) -> str:
    if part.isupper() and len(part) > 1 and (
            len(part) == 2 or not _VOWELS.search(part) or part in _SPELLED_BEFORE_DIGITS):
        return ' '.join(part)
    return part.upper() if len(part) == 1 else part


def _shouted(match: re.Match[str]) -> str:
    """Write a sentence all in capitals in lower case: its words are no acronyms."""
    text = match[0]
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text)
    long = [word for word in words if len(word) > 1]
    if len(words) < 3 or not long or any(not word.isupper() for word in words):
        return text
    if sum(word in _ACRONYMS or not _VOWELS.search(word) for word in long) * 2 > len(long):
        return text
    lowered = re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)?", lambda word: _lowered(word[0]), text)
    lowered = re.sub(r'\bthe us\b|\bus(?= and UK)', lambda us: us[0].replace('us', 'US'), lowered)
    return re.sub(r'[^\W\d_]', lambda first: first[0].upper(), lowered, count=1)


def _lowered(word: str) -> str:
    if word == 'I' or not _VOWELS.search(word):
        return word
    if word.startswith("I'"):
        return f'I{word[1:].lower()}'
    if word.title() in _CAPITALIZED:
        return word.title()
    return word if word in _NOT_WORDS or re.fullmatch('[IVX]{2,}', word) else word.lower()


def _spelled(match: re.Match[str]) -> str:
    return match[0].replace('-', ' ').upper()


def _stretched(match: re.Match[str]) -> str:
    """Shorten "Nooooo" to "Noo": a letter is said no longer for being written more often."""
    word = match[0]
    return re.sub(r'(.)\1{3,}', r'\1\1', word) if len(set(word.lower())) > 1 else word


SHOUTING: tuple[Rule, ...] = (rule(r'[^.!?\n]+', _shouted),)
"""Ahead of all others: their words are in lower case."""
LETTERS: tuple[Rule, ...] = (
    rule(rf'(?<![\w.])({alternatives(_NAMES)})(?![\w+#])', lambda match: _NAMES[match[1]]),
    # An infusion, not four: "an IV".
    rule(r'\b([Aa]n?|[Tt]he|[Hh]is|[Hh]er) IV\b', r'\1 I V'),
    rule(r'\b[A-Z](?:-[A-Z]){2,}\b', _spelled),
    # Stuttering: "I- I".
    rule(r'\b(\w{1,2})-\s(?=\1)', r'\1, ', re.IGNORECASE),
    rule(r'[^\W\d_]{5,}', _stretched),
    rule(r'(?<![\w.])(?=\w*[^\W\d_])(?=[\w-]*\d)[^\W_]+(?:-[^\W_]+)*(?![\w])', _mixed),
)
"""Rules in their order."""
