"""
Cues in a text: "[smile] Hello." has the face smile from the word on, and nobody reads it aloud.

What else stands in brackets stays text, and so does the text of a Markdown link.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import re

from txt2vid_ros.core.expressions import EXPRESSIONS

MOST_CUES = 64
"""Cues of a text that are shown; more are left out of the voice all the same."""
ALIASES = {
    'smile': 'happy', 'smiles': 'happy', 'smiling': 'happy', 'grin': 'happy', 'joy': 'happy',
    'frown': 'annoyed', 'anger': 'angry', 'sadness': 'sad', 'surprise': 'surprised',
    'think': 'thinking', 'thoughtful': 'thinking', 'calm': 'neutral', 'fear': 'scared',
    'sceptical': 'skeptical'}
"""Names that people write besides those of the expressions."""
_NAMES = '|'.join(sorted({*EXPRESSIONS, *ALIASES}, key=len, reverse=True))
# No link "[happy](...)", reference "[happy][1]" or its target "[happy]: https://...".
_CUE = re.compile(rf'( *)(?<![\]!\\])\[ ?({_NAMES}) ?\](?![(\[]|:\s*\S+://)( *)', re.IGNORECASE)
_NO_SPACE_BEFORE = (*',.;:!?…。！？', '\n')


@dataclasses.dataclass(frozen=True)
class Cue:
    """The name of an expression, and how many words are said before it."""

    word: int
    expression: str


def without_cues(text: str) -> str:
    """Return a text without the cues in it."""
    return ''.join(_parts(text)[0]) if '[' in text else text


def cues_in(text: str, words_in: Callable[[str], int]) -> tuple[str, tuple[Cue, ...]]:
    """Return a text without cues, and those; `words_in` counts the words that are said of one."""
    if '[' not in text:
        return text, ()
    parts, names = _parts(text)
    cues, words = [], 0
    for part, name in zip(parts[:-1], names[:MOST_CUES], strict=False):
        words += words_in(part)
        cues.append(Cue(words, name))
    return ''.join(parts), tuple(cues)


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Return what is between the cues, and the expressions that these name."""
    parts, names, begin = [''], [], 0
    for cue in _CUE.finditer(text):
        parts[-1] += text[begin:cue.start()]
        begin = cue.end()
        names.append(ALIASES.get(cue[2].lower(), cue[2].lower()))
        # One space is left of those around it, and none at an end or before a mark.
        within = any(parts) and begin < len(text) and text[begin] not in _NO_SPACE_BEFORE
        parts.append(' ' if within and (cue[1] or cue[3]) else '')
    parts[-1] += text[begin:]
    return parts, names
