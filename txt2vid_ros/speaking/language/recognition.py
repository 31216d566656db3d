"""
Recognizes the language of a text by its script, and in the Latin script by its words.

As W. Cavnar and J. Trenkle, "N-Gram-Based Text Categorization" (1994), count what a language has
most of; whole words and endings need a few hundred entries a language where n-grams need
thousands. A text that is too short to tell stays in the language that was spoken before.
"""

from __future__ import annotations

import collections
from collections.abc import Collection

from txt2vid_ros.core.locales import language_of, nearest
from txt2vid_ros.speaking.language.words import evidence, LATIN_LANGUAGES, words_of
from txt2vid_ros.speaking.normalization.scripts import script

MARGIN = 5.0
"""Nats by which another language has to be more likely than the one that was spoken."""
CLEAR = 1.0
"""Nats by which it has to be more likely than any third one."""
SURE_WORDS = 2
"""Words from which on another language is believed."""
LONGEST_READ = 600
"""Characters at the beginning of a text that are looked at."""
SPEAKERS_KEPT = 1000
"""Speakers whose language is remembered."""
_SCRIPTS = {
    'DEVANAGARI': ('hi', 'mr', 'ne'), 'HIRAGANA': ('ja',), 'KATAKANA': ('ja',),
    'CJK': ('zh', 'ja', 'yue', 'ko'), 'HANGUL': ('ko',), 'CYRILLIC': (
        'ru', 'uk', 'be', 'bg', 'sr', 'mk', 'kk'), 'ARABIC': ('ar', 'fa', 'ur'),
    'HEBREW': ('he',), 'GREEK': ('el',), 'THAI': ('th',), 'BENGALI': ('bn',), 'TAMIL': ('ta',),
    'TELUGU': ('te',), 'GUJARATI': ('gu',), 'KANNADA': ('kn',), 'MALAYALAM': ('ml',),
    'GURMUKHI': ('pa',), 'GEORGIAN': ('ka',), 'ARMENIAN': ('hy',), 'ETHIOPIC': ('am',),
    'KHMER': ('km',), 'LAO': ('lo',), 'MYANMAR': ('my',), 'SINHALA': ('si',)}
"""The languages of each script; the first is meant where none of them was spoken before."""
_KANA = ('HIRAGANA', 'KATAKANA')
_NOT_JAPANESE = frozenset(
    '们这时说为过对发还让问间见现开长东车话书电实样头动两给边觉难吗你呢吧她没么怎什很您哪请谢'
    '爱欢买卖钱块岁钟饭馆妈爸热门马鸟鱼认识语汉该应关进远运务员师图场')
"""Frequent characters of Chinese, most of them simplified, that Japanese does not have."""


def recognized(text: str, spoken: str, among: Collection[str] = ()) -> str:
    """
    Return the BCP 47 tag of a text's language; `spoken`, as it is, where the text does not tell.

    `spoken` is the language that was spoken before. `among` are the tags that come into question;
    without them all do that are known here.
    """
    text = text[:LONGEST_READ]
    found = _by_script(text, spoken) or _by_words(text, spoken, among)
    if not found or language_of(found) == language_of(spoken):
        return spoken
    return nearest(among, found) or found


def _by_script(text: str, spoken: str) -> str:
    """Return the language of what most letters belong to; '' for the Latin script."""
    scripts = collections.Counter(script(char) for char in text if char.isalpha())
    # A word of Japanese has few letters where one of English has many.
    name = max(scripts, key=lambda each: scripts[each] * (0.25 if each == 'LATIN' else 1.0),
               default='LATIN')
    if name == 'CJK' and any(scripts[kana] for kana in _KANA) and (
            5 * sum(scripts[kana] for kana in _KANA) >= scripts['CJK']):
        return 'ja'
    if name == 'CJK' and not _NOT_JAPANESE.isdisjoint(text):
        return 'yue' if language_of(spoken) == 'yue' else 'zh'
    languages = _SCRIPTS.get(name, ())
    if language_of(spoken) in languages:
        return language_of(spoken)
    return languages[0] if languages else ''


def _by_words(text: str, spoken: str, among: Collection[str]) -> str:
    words = words_of(text)
    scores = evidence(words, text.lower())
    candidates = [each for each in LATIN_LANGUAGES
                  if not among or nearest(among, each) or each == language_of(spoken)]
    if len(words) < SURE_WORDS or not candidates:
        return ''
    best, *others = sorted(candidates, key=lambda each: -scores[each])
    sure = scores[best] - scores.get(language_of(spoken), 0.0) >= MARGIN and all(
        scores[best] - scores[other] >= CLEAR for other in others)
    return best if sure else ''


class SpokenLanguages:
    """Remembers what each speaker spoke last, so that a short text stays in that language."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._last: collections.OrderedDict[str, str] = collections.OrderedDict()

    def language(self, speaker: str, text: str, locale: str, usual: str,
                 among: Collection[str] = ()) -> str:
        """
        Return the tag of the language in which a speaker says a text.

        `locale` is what the text is said to be in, or ''; `usual` what the speaker speaks where
        nothing else is known.
        """
        found = locale or recognized(text, self._last.get(speaker, usual), among)
        self._last[speaker] = found
        self._last.move_to_end(speaker)
        if len(self._last) > SPEAKERS_KEPT:
            self._last.popitem(last=False)
        return found
