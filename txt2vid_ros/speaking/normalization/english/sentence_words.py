"""Where English sentences begin and end, as far as words tell."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.normalization.rule import words_of

_STARTERS = frozenset(words_of(
    'A An The This That These Those It He She We You They I There Here Who What When Where '
    'Why How Is Are Was Were Do Does Did Can Could Will Would Should May Might Must Have Has '
    'Had If In On At By For From With And But Or So Then Now Yes No Not Please Thanks Thank '
    'Let My Your His Her Its Our Their One Two Some Many All Both Each Every After Before '
    'While Since Although Because However Also Still Just Well Rest Good Choose Bye Hi Hello '
    'Next Later Today Tomorrow Go Come Take Make See Look Stop Turn To Of As Once Everyone '
    'Nobody Nothing Everything Read Call'))
"""Capitalized words that begin a sentence more often than a name."""
# What follows: the end of the text, or a capitalized word, behind quotes and brackets.
_FOLLOWING = re.compile(r'[\'")\]]*(?:\s*$|\s+[\'"(\[]*([A-Z][a-z]*))')
_ACTS = re.compile(r'\s[A-Z][a-z]+\s(?:[a-z]+(?:s|ed)|has|had|was|is|left|went|came|did|made|'
                   r'said|ran|lives|doesn\'t|will|would|can)\b')
_BEFORE_MORE_NAMES = frozenset(words_of('U.S. U.K. U.N. E.U. D.C. St. Jr.'))
NEXT_NAME = re.compile(r"\s([A-Z][\w']*)(\.?)")
"""A capitalized word that comes next, and the full stop of its abbreviation."""
_BEGINS = re.compile(r'(?:^|[.!?:…]\s*["(]*)$')


def is_starter(word: str) -> bool:
    """Return whether a capitalized word begins a sentence rather than a name."""
    return word.partition("'")[0] in _STARTERS


def ends_sentence(match: re.Match[str]) -> bool:
    """
    Return whether a full stop at the end of a match ends the sentence too.

    It does before a word that begins one, and before a name that does something: "at IBM Corp. Tom
    works"; but not in "the U.S. Army has".
    """
    following = _FOLLOWING.match(match.string, match.end())
    if following is None:
        return False
    return following[1] is None or is_starter(following[1]) or (
        _ACTS.match(match.string, match.end()) is not None
        and match[0].replace(' ', '') not in _BEFORE_MORE_NAMES)


def with_stop(words: str, match: re.Match[str]) -> str:
    """Return the words for a match that ends in a full stop, with it if it ends the sentence."""
    return f'{words}.' if ends_sentence(match) else words


def begins_sentence(text: str, place: int) -> bool:
    """Return whether a sentence of the text begins at `place`."""
    return _BEGINS.search(text, max(0, place - 4), place) is not None


def word_before(match: re.Match[str], reach: int) -> str:
    """Return the word before a match, as far as the `reach` characters before it show it."""
    return match.string[max(0, match.start() - reach):match.start()].rstrip().rpartition(' ')[2]
