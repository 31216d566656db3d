"""In which language each text is spoken, and which texts nobody can speak."""

from __future__ import annotations

import logging
import math
import time

from txt2vid_ros.core.locales import english_name, speaks
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.providers.voice_set import VoiceSet
from txt2vid_ros.speaking.language.recognition import SpokenLanguages

log = logging.getLogger(__name__)

COMPLAINT_SECONDS = 30.0
"""Seconds for which a text that was not said is told of."""
MAX_TAG = 35
"""Characters of a locale that are looked at: RFC 5646 lets tags be shorter."""
MOST_NAMED = 12
"""Languages that a line names."""
TOLD_KEPT = 1000
"""Pairs of speaker and language of which no more is logged."""


class LanguageChoice:
    """Decides text by text, so that a conversation may mix languages. Used by one thread."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.refused = 0
        """Texts in a language that no voice speaks."""
        self._spoken = SpokenLanguages()
        self._told: set[tuple[str, str]] = set()
        self._complaint, self._complained_at = '', -math.inf

    @property
    def complaint(self) -> str:
        """Return what was not said lately, and why; '' for nothing."""
        recent = time.monotonic() - self._complained_at < COMPLAINT_SECONDS
        return self._complaint if recent else ''

    def choose(self, voices: VoiceSet, speaker: str, text: str, locale: str) -> str | None:
        """
        Return the tag of the language in which a text is to be spoken.

        `locale` is what it is said to be in: where the speaker has no voice for that, the text is
        refused, for it would be gibberish, and the result is None. Where `locale` is '', the
        language is recognized; one that the speaker does not speak is left to the usual voice,
        for it may be a name or a quotation.
        """
        known = voices.languages(speaker, warn=False)
        usual = known[0] if known else ''
        locale = locale.strip().replace('_', '-')[:MAX_TAG]
        if locale and not voices.speaks(speaker, locale):
            self._refuse(speaker or DEFAULT, locale, known)
            return None
        found = self._spoken.language(speaker or DEFAULT, text, locale, usual, known)
        return found if locale or speaks(known, found) else usual

    def _refuse(self, speaker: str, locale: str, known: tuple[str, ...]) -> None:
        self.refused += 1
        self._complaint = f'a text in {english_name(locale)} was not said'
        self._complained_at = time.monotonic()
        if (speaker, locale) in self._told or len(self._told) >= TOLD_KEPT:
            return
        self._told.add((speaker, locale))
        some = f'{", ".join(known[:MOST_NAMED])}{", ..." if len(known) > MOST_NAMED else ""}'
        log.warning('a text is in %r, but the voice of %s speaks %s and would read gibberish: it '
                    'is not said; give the speaker a voice for it in people.yaml (voices: {%s: '
                    'PROVIDER:VOICE}), or correct the locale of who sends it',
                    locale, speaker[:60], some, locale)
