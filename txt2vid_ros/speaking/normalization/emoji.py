"""Emoji and emoticons: left out, or said by their names (Unicode, UTS 51)."""

from __future__ import annotations

import re
import unicodedata

# ":-)", "XD", "<3", "^_^".
_EMOTICON = re.compile(
    r"(?<![\w:.-])(?::[-o^']?[()DPpOo3|/\\\[\]*]+|;[-^']?[()DPp]+|=[()D]|8-[)D])(?![\w)])"
    r'|(?<!\S)[xX]D+(?=\s*(?:$|[.!?,]))(?<!the XD)(?<!The XD)'
    r'|(?<!\S)<3+(?=\s*(?:$|[.!?,;)"\']|[A-Z])|\s(?:you|u|it|this|that|him|her|them|my|your)\b)'
    r'|(?<!\w)(?:\^_\^|[-._]_[-._]|¯\\?_\(ツ\)_/¯)(?!\w)'
    r'|(?<![\w:]):[a-z][a-z0-9_+-]+:(?![\w:])|(?<![\w:]):[+-]1:')
_EMOJI = re.compile('[#*0-9]\ufe0f?\u20e3|(?:[\U0001f1e6-\U0001f1ff]{2}|[\u231a-\u23ff'
                    '\u25aa-\u27bf\u2934-\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299'
                    '\U0001f000-\U0001faff])'
                    '[\ufe0f\u200d\U0001f3fb-\U0001f3ff\u2640\u2642\u20e3\U000e0020-\U000e007f]*')
_SYMBOLS = frozenset('✓✔✗✘☐☑☒★☆➔➜➡❶❷❸❹❺❻❼❽❾❿')
"""In the blocks of emoji, but written as marks; the rules of a language read them."""


def read_emoji(text: str, *, named: bool) -> str:
    """Return the text with emoji and emoticons left out, or `named` in English."""
    text = _EMOTICON.sub(' ', text)
    return _EMOJI.sub(lambda match: _name(match[0]) if named else _left_out(match[0]), text)


def _left_out(emoji: str) -> str:
    return emoji if emoji[0] in _SYMBOLS else ' '


def _name(emoji: str) -> str:
    if emoji[0] in _SYMBOLS:
        return emoji
    if emoji[0] in '#*0123456789':
        return f' {emoji[0]} '
    names = [unicodedata.name(char, '') for char in emoji if unicodedata.category(char) not in (
        'Mn', 'Cf', 'Me') and not '\U0001f3fb' <= char <= '\U0001f3ff']
    letters = [name[-1] for name in names if name.startswith('REGIONAL INDICATOR')]
    if letters:
        return f' flag {" ".join(letters)} '
    return f' {" ".join(names).lower()} '
