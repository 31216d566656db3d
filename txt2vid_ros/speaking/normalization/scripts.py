"""Which writing a language has sounds for, and what of a text is in another one (ISO 15924)."""

from __future__ import annotations

from collections.abc import Sequence
import re
import unicodedata

from txt2vid_ros.core.locales import language_of

_LATIN = frozenset({'LATIN'})
_OF_LANGUAGE = {
    'ar': {'ARABIC'}, 'fa': {'ARABIC'}, 'ur': {'ARABIC'}, 'be': {'CYRILLIC'}, 'bg': {'CYRILLIC'},
    'kk': {'CYRILLIC'}, 'mk': {'CYRILLIC'}, 'ru': {'CYRILLIC'}, 'sr': {'CYRILLIC'},
    'uk': {'CYRILLIC'}, 'bn': {'BENGALI'}, 'el': {'GREEK'}, 'gu': {'GUJARATI'}, 'he': {'HEBREW'},
    'hi': {'DEVANAGARI'}, 'mr': {'DEVANAGARI'}, 'ne': {'DEVANAGARI'}, 'ja': {'CJK', 'HIRAGANA',
                                                                             'KATAKANA'},
    'zh': {'CJK', 'BOPOMOFO'}, 'yue': {'CJK', 'BOPOMOFO'},
    'ka': {'GEORGIAN'}, 'kn': {'KANNADA'}, 'ko': {'HANGUL', 'CJK'}, 'ml': {'MALAYALAM'},
    'pa': {'GURMUKHI'}, 'ta': {'TAMIL'}, 'te': {'TELUGU'}, 'th': {'THAI'}, 'hy': {'ARMENIAN'},
    'am': {'ETHIOPIC'}, 'km': {'KHMER'}, 'lo': {'LAO'}, 'my': {'MYANMAR'}, 'si': {'SINHALA'}}
"""Scripts beside the Latin one, which every voice can read somehow; others have it alone."""
NAMES = {'CJK': 'Chinese', 'CYRILLIC': 'Cyrillic', 'ARABIC': 'Arabic', 'DEVANAGARI': 'Devanagari',
         'HANGUL': 'Korean', 'HIRAGANA': 'Japanese', 'KATAKANA': 'Japanese', 'GREEK': 'Greek',
         'HEBREW': 'Hebrew', 'THAI': 'Thai'}
# The scripts of India and South East Asia have vowel signs that are no letters.
_WORD = re.compile('(?:[^\\W_]|[\u0300-\u036f\u0900-\u0dff\u0e00-\u0fff])+')
# Letters that NFKD does not take apart, in the letters that come closest.
_PLAIN = str.maketrans({'ł': 'l', 'Ł': 'L', 'đ': 'd', 'Đ': 'D', 'ð': 'd', 'Ð': 'D', 'þ': 'th',
                        'Þ': 'Th', 'ħ': 'h', 'Ħ': 'H', 'ı': 'i', 'ŋ': 'ng', 'Ŋ': 'Ng', 'œ': 'oe',
                        'Œ': 'Oe', 'ŧ': 't', 'Ŧ': 'T', 'ĸ': 'k', 'ſ': 's', 'ə': 'e', 'Ə': 'E',
                        'ẞ': 'SS', 'ß': 'ss', 'ø': 'o', 'Ø': 'O', 'æ': 'ae', 'Æ': 'Ae'})


def script(letter: str) -> str:
    """Return the script of a letter as the first word of its Unicode name, such as 'CYRILLIC'."""
    return unicodedata.name(letter, '').partition(' ')[0]


def described(words: Sequence[str]) -> str:
    """Return what words there are by number and writing: "2 words in Chinese"."""
    scripts = dict.fromkeys(
        NAMES.get(name, name.capitalize()) for word in words for char in word
        if char.isalpha() and (name := script(char)) not in ('', 'LATIN'))
    number = f'{len(words)} word{"" if len(words) == 1 else "s"}'
    return f'{number} in {" and ".join(scripts)}' if scripts else number


def leave_out_foreign(text: str, languages: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """
    Return the text without the words that none of the languages can read, and those words.

    `languages` are BCP 47 tags.
    """
    readable = set(_LATIN)
    for language in languages:
        readable |= _OF_LANGUAGE.get(language_of(language), set())
    foreign: list[str] = []

    def kept(match: re.Match[str]) -> str:
        word = match[0]
        if all(not char.isalpha() or script(char) in readable or char in 'ªº' or _modifier(char)
               for char in word):
            return word
        foreign.append(word)
        return ' '

    if text.isascii():
        return text, ()
    return _WORD.sub(kept, text), tuple(foreign)


def _modifier(char: str) -> bool:
    return unicodedata.category(char) in ('Lm', 'Mn', 'Mc')


def to_plain_latin(text: str) -> str:
    """
    Return the text with letters of other languages as those that English has.

    Letters of Latin-1 such as é stay where a word of English has them: café.
    """
    if text.isascii():
        return text
    return ''.join(char if char < '\u0100' and char not in 'ßøØæÆðÐþÞ' else _plain(char)
                   for char in text)


def _plain(char: str) -> str:
    if not char.isalpha() or script(char) != 'LATIN':
        return char
    return ''.join(part for part in unicodedata.normalize('NFKD', char.translate(_PLAIN))
                   if not unicodedata.combining(part))
