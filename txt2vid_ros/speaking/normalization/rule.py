"""A rule of normalization: what it recognizes, and the words that it puts there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import functools
import re
from typing import NamedTuple


class Rule(NamedTuple):
    """Every match of `pattern` is replaced by what `words` returns; the match itself declines."""

    pattern: re.Pattern[str]
    words: Callable[[re.Match[str]], str]


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of a table, of which there are more than the cache of `re` holds."""
    return re.compile(pattern)


def rule(pattern: str, words: Callable[[re.Match[str]], str] | str, flags: int = 0) -> Rule:
    r"""Return a rule; `words` may be a template such as r'\\1 percent'."""
    if isinstance(words, str):
        template = words
        return Rule(re.compile(pattern, flags), lambda match: match.expand(template))
    return Rule(re.compile(pattern, flags), words)


def apply(rules: Iterable[Rule], text: str) -> str:
    """Return the text after all rules, in their order; words do not run into their neighbours."""
    for each in rules:
        text = each.pattern.sub(functools.partial(_apart, each.words), text)
    return text


def _apart(words_for: Callable[[re.Match[str]], str], match: re.Match[str]) -> str:
    """Return the words of a match, with a space where a letter or digit beside it touches them."""
    words = words_for(match)
    if words == match[0] or not words:
        return words
    before = match.string[match.start() - 1:match.start()]
    after = match.string[match.end():match.end() + 1]
    if of_word(words[0]) and of_word(before) and words[0] != match[0][:1]:
        words = f' {words}'
    if of_word(words[-1]) and of_word(after) and words[-1] != match[0][-1:]:
        words = f'{words} '
    return words


def of_word(char: str) -> bool:
    """Return whether a character belongs to a word: a letter, a digit, an Indic vowel sign."""
    return char.isalnum() or ('\u0900' <= char <= '\u0dff' and char not in '।॥')


def alternatives(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words, the longest that fits."""
    return '|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a table that is written as one text."""
    return tuple(text.split())
