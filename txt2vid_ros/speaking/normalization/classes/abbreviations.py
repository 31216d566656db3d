"""Abbreviations, spelled out; their full stops end a sentence only where one can end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
import re

from txt2vid_ros.speaking.normalization.classes.sentence_ends import ends_sentence
from txt2vid_ros.speaking.normalization.numerals import Numerals
from txt2vid_ros.speaking.normalization.rule import Rule, rule


def abbreviations(numerals: Numerals) -> Iterator[Rule]:
    """Yield the rules for abbreviations."""
    language = numerals.language
    if language.numbered:
        yield _rule(language.numbered, r'\s?(?=\d|[IVXLC]+\b)', _before_number)
    if language.abbreviations:
        yield _rule(language.abbreviations, '', _plain)
    if language.closing:
        def closing(words: str, match: re.Match[str]) -> str:
            return f'{words}.' if match[0].endswith('.') and ends_sentence(
                language, match) else words

        yield _rule(language.closing, '', closing)


def _before_number(words: str, match: re.Match[str]) -> str:
    return f'{words} '


def _plain(words: str, match: re.Match[str]) -> str:
    return words


def _rule(table: Mapping[str, str], behind: str,
          said: Callable[[str, re.Match[str]], str]) -> Rule:
    words = {**{_capital(short): _capital(long) for short, long in table.items()}, **table}
    keys = {re.sub(r'\s', '', short): long for short, long in words.items()}
    written = '|'.join(_pattern(short) for short in sorted(words, key=len, reverse=True))

    def replaced(match: re.Match[str]) -> str:
        return said(keys[re.sub(r'\s', '', match[1])], match)

    return rule(rf'(?<![\w.])({written})(?![^\W\d_]){behind}', replaced)


def _pattern(short: str) -> str:
    """Return an expression for the abbreviation, with or without spaces in it."""
    return re.sub(r'(?<=\.)(?:\\ )?(?=[^\W\d_])', r'\\s?', re.escape(short)).replace('\\ ', r'\s')


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
