"""Markup of other programs in a text, such as <set expression(happy)>: nobody reads it aloud."""

from __future__ import annotations

import re

from txt2vid_ros.speaking.clauses import compose
from txt2vid_ros.speaking.ssml import is_ssml

_TAG = re.compile(r'<(/?)([A-Za-z][\w:-]*)([^<>]*)>')
# "if x<y and z>w": no tag is glued to words on both sides and has words without any value in it.
_COMPARISON = re.compile(r'\w<[\w.]+\s[^<>=("/]*>\w')
_SSML = frozenset((
    'speak', 'p', 's', 'token', 'w', 'break', 'emphasis', 'prosody', 'voice', 'lang', 'say-as',
    'phoneme', 'sub', 'audio', 'desc', 'mark', 'meta', 'metadata', 'lexicon', 'lookup', 'par',
    'seq', 'media'))
_SPACE_BEFORE = re.compile(r' +(?=[,.;:!?])')


def without_foreign_markup(text: str) -> str:
    """Return a text without the tags in it; an SSML text keeps those of SSML."""
    ssml = is_ssml(compose(text))
    compared = {match.start() + 1 for match in _COMPARISON.finditer(text)}

    def replace(match: re.Match[str]) -> str:
        own = ssml and match[2].lower() in _SSML
        return match[0] if own or match.start() in compared else ' '

    left = compose(_TAG.sub(replace, text))
    return left if ssml else _SPACE_BEFORE.sub('', left)
