"""The text front end: any text becomes the words that are said, the same ones for every voice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import functools
import re

from txt2vid_ros.core.locales import language_of
from txt2vid_ros.speaking.clauses import compose, speakable
from txt2vid_ros.speaking.normalization import classes, english
from txt2vid_ros.speaking.normalization.characters import clean_characters
from txt2vid_ros.speaking.normalization.emoji import read_emoji
from txt2vid_ros.speaking.normalization.languages import LANGUAGES
from txt2vid_ros.speaking.normalization.lines import join_lines
from txt2vid_ros.speaking.normalization.markup import strip_markup
from txt2vid_ros.speaking.normalization.rule import alternatives
from txt2vid_ros.speaking.normalization.scripts import leave_out_foreign, to_plain_latin
from txt2vid_ros.speaking.ssml import is_ssml, plain_text

MAX_PORTION = 1000
"""Characters that the rules of a language get at once."""
# Between sentences, clauses or abbreviations: "end.Next", "one,two", "in 2.The", "p.m.and".
_MISSING_SPACE = re.compile(
    r'(?<=[a-z][.!?])(?=[A-Z](?:[a-z]|\'|\s))|(?<=[^\W\d_],)(?=[^\W\d_]{2})'
    r'|(?<=\d\.)(?=[A-Z][a-z]{2})|(?<=[a-z]\.,)(?=[a-z])|(?<=[ap]\.m\.)(?=[a-z])'
    r'|(?<=[^\W\d_][!?;])(?=[A-Z])')
_COMMA = re.compile(r'(?<=[a-z],) (?=[a-z])')
_BETWEEN_WORDS = re.compile(r'(?<=[a-z]{2}) (?=[a-z]{3})')
_LIKELY_END = re.compile(r'(?<=[a-z]{3}[.!?]) (?=[A-Z])')
_MARK_WITHOUT_SPACE = re.compile(r'(?<=[。！？।])(?=.)')
_ELLIPSIS = re.compile(r'\s*(?:\.\s?){2,}\.|\s*\.\.|\s*…+')
_DASH = re.compile(r'\s*(?:—+|--+|(?<=\s)[–-](?=\s))\s*')
_PARENTHESIS = re.compile(r'(?<=\w) \(([^()]+)\)(?=(\W|$))')
_BRACKETS = re.compile(r'[()\[\]{}]+')
_INITIAL = re.compile(r'(?<![^\s("\'])([^\W\d_a-zß-ÿ])\.(?=\s[^\W\d_a-zß-ÿ])')
_SPACES = re.compile(r'\s+')
_SPACE_BEFORE = re.compile(r' +([,;:!?…]|\.(?!\w))')
_STOPS = re.compile(r'[,;:]+(?=\s*[,;:.!?…])|(?<=[.!?…])[,;:]+')
_REPEATED = re.compile(r'[!?]*\?[!?]*|!+')
_BEGINNING = re.compile(r'^[\s,;:.…—-]+')


@dataclasses.dataclass(frozen=True)
class SpokenText:
    """What is to be said of a text."""

    text: str
    """Words on one line, with marks that make pauses; or a whole SSML text."""
    left_out: tuple[str, ...] = ()
    """Words in a writing for which the languages have no sounds."""


@functools.lru_cache(maxsize=32)
def for_locale(locale: str) -> Callable[[str], str] | None:
    """
    Return what makes words of clean text on one line in a locale (BCP 47); None if nothing does.

    Without a front end of its own a language's figures and symbols are left to the voice.
    """
    language = language_of(locale)
    if language == 'en':
        return english.to_words
    table = LANGUAGES.get(language)
    return classes.to_words(table.of_locale(locale)) if table else None


def normalize(text: str, languages: tuple[str, ...] = ('en',), *, ssml: bool = False,
              named_emoji: bool = False, locale: str = '') -> SpokenText:
    """
    Return what is to be said of a text by a voice that speaks `languages` (BCP 47).

    The text is in `locale`; without one in English if the voice speaks it, or in the first of its
    languages. An SSML text stays as it is where the voice takes `ssml`; else its words are read.
    """
    composed = compose(text)
    if is_ssml(composed):
        if ssml:
            return SpokenText(composed)
        text = plain_text(composed)
    else:
        text = strip_markup(clean_characters(text))
    locale = locale or _locale_of(languages)
    language = language_of(locale)
    text = read_emoji(clean_characters(text), named=named_emoji and language not in LANGUAGES)
    text = _spaced(join_lines(text, dated(language)))
    to_words = for_locale(locale)
    if to_words:
        text = ' '.join(map(to_words, _portions(text)))
    text = (to_plain_latin(text) if to_words is english.to_words
            else _INITIAL.sub(r'\1', text))
    text, left_out = leave_out_foreign(text, languages)
    text = _tidy(text)
    return SpokenText(text if speakable(text) else '', left_out)


def _locale_of(languages: tuple[str, ...]) -> str:
    """Return the locale of a text that states none, for a voice of these languages."""
    return next((each for each in languages if language_of(each) == 'en'), '') or next(
        iter(languages), '')


def dated(language: str) -> str:
    """Return what follows the ordinal number of a day at the beginning of a line."""
    table = LANGUAGES.get(language)
    if table is None or not table.day_ordinal:
        return ''
    return alternatives((*table.months, *table.short_months))


def _portions(text: str) -> Iterator[str]:
    """Cut a long text between sentences, or else words: the time of rules is not linear."""
    begin = 0
    while len(text) - begin > MAX_PORTION:
        ends = next(filter(None, (
            [end.start() for end in place.finditer(text, begin, begin + MAX_PORTION)]
            for place in (_LIKELY_END, _COMMA, _BETWEEN_WORDS, _MARK_WITHOUT_SPACE))), [])
        cut = ends[-1] if ends else text.rfind(' ', begin + 1, begin + MAX_PORTION)
        if cut <= begin:
            cut = begin + MAX_PORTION
        yield text[begin:cut].strip()
        begin = cut
    yield text[begin:].strip()


def _spaced(text: str) -> str:
    """Put the spaces in that were left out behind a mark, and write every ellipsis as one."""
    return _MISSING_SPACE.sub(' ', _ELLIPSIS.sub('… ', text))


def _tidy(text: str) -> str:
    """Write pauses in one way: no bracket, no mark twice, no space before one."""
    text = _SPACES.sub(' ', text)
    text = _PARENTHESIS.sub(
        lambda match: f', {match[1]}{"" if match[2] in ".,;:!?" else ","}', text)
    text = _DASH.sub(' — ', _BRACKETS.sub(' ', text))
    text = _REPEATED.sub(lambda match: '?' if '?' in match[0] else '!', text)
    text = _SPACE_BEFORE.sub(r'\1', _SPACES.sub(' ', text))
    return _BEGINNING.sub('', _STOPS.sub('', text)).strip()
