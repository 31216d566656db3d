"""Names of languages, as BCP 47 tags (de-DE) or POSIX locales (de_DE)."""

from __future__ import annotations

from collections.abc import Iterable


def language_of(tag: str) -> str:
    """Return the language of a tag or locale without the region: 'de'."""
    return tag.replace('_', '-').partition('-')[0].lower()


def speaks(languages: Iterable[str], locale: str) -> bool:
    """Return whether one of the languages is that of `locale`, whatever the region."""
    return language_of(locale) in map(language_of, languages)
