"""
One spelling for each character: what looks like a letter, digit or mark becomes that one.

Unicode has many forms of the same text (UAX 15): full-width and mathematical letters, ligatures,
typographic quotes, spaces and hyphens, invisible marks. Compatibility normalization (NFKC) would
also turn "10⁵" into "105" and "1½" into "11/2", so those are rewritten first: "10^5", "1 1/2".
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile('[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f'
                        '\ufe00-\ufe0f\ufeff\ufff9-\ufffd\U000e0000-\U000e0fff]')
# Joiners shape the letters of Indic and Arabic scripts; between others they are noise.
_JOINER = re.compile('(?<![\u0600-\u0dff])[\u200c\u200d]')
_APOSTROPHE = re.compile(r'(?<=\w)[’ʼ´`′＇](?=\w)|[’‘ʼ＇](?=\w)|(?<=\w)[’ʼ′＇]')
# "10 000" with a space that does not break.
_GROUP_SPACE = re.compile('(?<=\\d)[\u00a0\u2007\u2009\u200a\u202f](?=\\d{3}(?!\\d))')
_HYPHENS = str.maketrans({'‐': '-', '‑': '-', '‒': '–', '―': '—', '⁃': '-', '﹣': '-', '－': '-',
                          '‘': "'", '’': "'", '‚': "'", '‛': "'", '“': '"', '”': '"', '„': '"',
                          '‟': '"', '«': '"', '»': '"', '‹': "'", '›': "'", 'μ': 'µ',
                          '⁄': '/', '∕': '/', '∶': ':', '⋅': '·', '∙': '·', '☓': '×', '✕': '×'})
_SUPERSCRIPTS = str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ', '0123456789+-ni')
_SUBSCRIPTS = str.maketrans('₀₁₂₃₄₅₆₇₈₉₊₋', '0123456789+-')
_SUPERSCRIPT = re.compile('(.?)([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ]+)', re.DOTALL)
_VULGAR = re.compile('(\\d?)([¼½¾⅐-⅞↉])')
_ENCLOSED = re.compile('[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]')
# Full-width and mathematical letters, ligatures, signs of letters, spaces.
_COMPATIBLE = re.compile(
    '[\uff01-\uff5e\uffe0-\uffe6\ufb00-\ufb06\U0001d400-\U0001d7ff\u2100-\u2125\u2128-\u213a'
    '\u2160-\u217f\u3380-\u33df\u1d2c-\u1d6a\u2002-\u200a\u202f\u205f\u3000\u00a0\u2024-\u2026'
    '\u24b6-\u24e9\U0001f130-\U0001f149]')
_KEPT = frozenset('℞℟©®™№℠')
_FOOTNOTE_BEFORE = frozenset('.,;:!?)"\'”’]')
_WORD_END = re.compile(r'[^\W\d_]*$')
_SPACE = re.compile(r'[^\S\n]+')


def clean_characters(text: str) -> str:
    """
    Return the text in one spelling, composed (NFC); line breaks stay.

    Control characters, lone surrogates and the replacement character are dropped.
    """
    text = unicodedata.normalize('NFC', text.encode('utf-8', 'ignore').decode('utf-8'))
    text = text.replace('\r\n', '\n').replace('\r', '\n').replace('\u2028', '\n')
    text = _JOINER.sub('', _INVISIBLE.sub('', text.replace('\u2029', '\n\n')))
    text = ''.join(char for char in text.replace('\x85', '\n')
                   if unicodedata.category(char) != 'Cc' or char in '\n\t')
    text = _GROUP_SPACE.sub('', text)
    text = _VULGAR.sub(_fraction, text)
    text = _SUPERSCRIPT.sub(_superscript, text)
    text = _ENCLOSED.sub(_enclosed, text)
    text = text.translate(_SUBSCRIPTS)
    text = _COMPATIBLE.sub(_compatible, text)
    text = _APOSTROPHE.sub("'", text).translate(_HYPHENS)
    return unicodedata.normalize('NFC', _SPACE.sub(' ', text))


def _compatible(match: re.Match[str]) -> str:
    """Write a character in its plain form, but the marks of Chinese and Japanese as they are."""
    before = match.string[match.start() - 1:match.start()]
    if match[0] in _KEPT or (match[0] in '！？，：；（）' and '\u2e80' <= before <= '\ud7ff'):
        return match[0]
    return unicodedata.normalize('NFKC', match[0])


def _fraction(match: re.Match[str]) -> str:
    """Write ½ as 1/2, and 1½ as 1 1/2."""
    plain = unicodedata.normalize('NFKC', match[2]).replace('⁄', '/')
    return f'{match[1]} {plain}' if match[1] else plain


def _superscript(match: re.Match[str]) -> str:
    """
    Write an exponent as ^n; leave out the number of a footnote.

    An exponent stands at a digit, a bracket or a unit of few letters; a footnote at the beginning
    of a word, at a punctuation mark or at a word.
    """
    before, plain = match[1], match[2].translate(_SUPERSCRIPTS)
    if not before or before.isspace() or before in _FOOTNOTE_BEFORE - {')'}:
        return before
    word = _WORD_END.search(match.string, max(0, match.start(2) - 8), match.start(2))
    if word and len(word[0]) > 3 and word[0].isascii():
        return before
    return f'{before}^{plain}'


def _enclosed(match: re.Match[str]) -> str:
    """Write ① as 1, apart from its neighbours."""
    value = unicodedata.numeric(match[0], None)
    return f' {int(value)} ' if value is not None else ' '
