"""Names of languages, as BCP 47 tags (de-DE) or POSIX locales (de_DE)."""

from __future__ import annotations

from collections.abc import Iterable
import re

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import listed

_SAME = {'cmn': 'zh', 'nb': 'no', 'jp': 'ja', 'iw': 'he', 'in': 'id'}
"""Other names of a language: ISO 639-3 for the macrolanguage's, what was replaced, what is wrong
and common."""
_NAMES = {'de': 'German', 'en': 'English', 'es': 'Spanish', 'fr': 'French', 'hi': 'Hindi',
          'it': 'Italian', 'ja': 'Japanese', 'pt': 'Portuguese', 'zh': 'Chinese', 'ru': 'Russian',
          'nl': 'Dutch', 'pl': 'Polish', 'tr': 'Turkish', 'ko': 'Korean', 'ar': 'Arabic',
          'uk': 'Ukrainian', 'sv': 'Swedish', 'cs': 'Czech', 'el': 'Greek', 'he': 'Hebrew'}
AUTO = 'auto'
"""In place of a locale: any language."""
_UNSPACED = frozenset(('ja', 'zh', 'yue', 'th', 'lo', 'km', 'my'))
_TAG = re.compile(r'[a-z]{2,3}(?:-[a-z0-9]{1,8})*', re.IGNORECASE)


def language_of(tag: str) -> str:
    """Return the language of a tag or locale without the region: 'de'."""
    return subtags(tag)[0]


def spoken_locales(text: str) -> tuple[str, ...]:
    """
    Return the tags of a text such as 'de-DE' or 'en, es'; () for 'auto', which is any language.

    Raises UserError for what is no tag.
    """
    tags = listed(text)
    if tags == (AUTO,):
        return ()
    for tag in tags or ('',):
        if not is_tag(tag):
            raise UserError(f'stt.locale: {tag!r} is no language',
                            'Give a BCP 47 tag such as es or pt-BR, several separated by commas, '
                            'or auto.')
    return tags


def joined(texts: Iterable[str], locale: str) -> str:
    """Return texts in a row, as a language writes them: with spaces between, or without."""
    return ('' if language_of(locale) in _UNSPACED else ' ').join(filter(None, texts))


def english_name(tag: str) -> str:
    """Return what English calls a language; the tag itself where no name is known here."""
    return _NAMES.get(language_of(tag), repr(tag))


def is_tag(text: str) -> bool:
    """Return whether a text has the form of a BCP 47 tag or a locale."""
    return bool(_TAG.fullmatch(text.replace('_', '-')))


def speaks(languages: Iterable[str], locale: str) -> bool:
    """Return whether one of the languages is that of `locale`, whatever the region."""
    return language_of(locale) in map(language_of, languages)


def nearest(languages: Iterable[str], locale: str) -> str:
    """
    Return the tag among `languages` that comes closest to `locale`; '' where none is its language.

    The same tag, else the one with the most subtags in common, else the first of the language
    (RFC 4647, section 3.4, where another region is better than none).
    """
    wanted = subtags(locale)
    same = [tag for tag in languages if tag and speaks((tag,), locale)]
    return max(same, key=lambda tag: (subtags(tag) == wanted,
                                      len(set(subtags(tag)) & set(wanted))), default='')


def subtags(tag: str) -> list[str]:
    """Return the parts of a tag or locale, in small letters; the first is the language."""
    language, *others = tag.replace('_', '-').partition('.')[0].lower().split('-')
    return [_SAME.get(language, language), *others]
