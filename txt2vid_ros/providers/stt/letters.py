"""
Has a recognizer write a language in its own letters.

Whisper base writes Hindi in Arabic or Latin letters, which neither its readers nor a voice can
use. It writes Devanagari where it is told that the text before was in that, and where the tokens
of other letters are left out; without the text before it then repeats itself.
"""

from __future__ import annotations

from collections.abc import Mapping
import re
from typing import Any, NamedTuple

_SCRIPTS: Mapping[str, tuple[int, int]] = {'hi': (0x0900, 0x097F)}
"""First and last character of what a language is written in, where it needs no others."""
_BEFORE: Mapping[str, str] = {'hi': 'नमस्ते, आप कैसे हैं? मैं ठीक हूँ, धन्यवाद।'}
"""Everyday words in these letters, with the marks of a sentence."""
_PUNCTUATION = (0x2010, 0x2027)
_CHARACTER = re.compile(rb'[\x80-\xbf]+|[\xc0-\xff][\x80-\xbf]*|[\x00-\x7f]')
"""A whole character, the first bytes of one, or the last: a token may begin or end within one."""


class Writing(NamedTuple):
    """Tokens that have a language written in its letters; none where that needs no help."""

    before: list[int]
    """A text that the recognizer is told was said before."""
    foreign: list[int]
    """Those that are not to be written."""


def writing_of(tokenizer: Any, language: str) -> Writing:
    """Return what has `language` written in its letters, for a tokenizers.Tokenizer."""
    if language not in _SCRIPTS:
        return Writing([], [])
    before = tokenizer.encode(f' {_BEFORE[language]}', add_special_tokens=False).ids
    return Writing(before, foreign_tokens(tokenizer.get_vocab(), language))


def foreign_tokens(vocabulary: Mapping[str, int], language: str) -> list[int]:
    """
    Return the numbers of the tokens that write letters of other scripts; [] where any are in use.

    `vocabulary` has the tokens as byte-level BPE writes them, with their numbers (R. Sennrich et
    al., "Neural Machine Translation of Rare Words with Subword Units", ACL 2016). Tokens that
    stand for no text, as <|hi|>, stay.
    """
    if language not in _SCRIPTS:
        return []
    own = {encoded[:end] for first, last in (_SCRIPTS[language], _PUNCTUATION)
           for encoded in (chr(code).encode() for code in range(first, last + 1))
           for end in range(1, len(encoded) + 1)}
    to_byte = {written: byte for byte, written in _written_bytes()}
    return [number for token, number in vocabulary.items()
            if not token.startswith('<|') and not all(
                _is_own(part, own) for part in _CHARACTER.findall(
                    bytes(to_byte[written] for written in token if written in to_byte)))]


def _is_own(part: bytes, own: set[bytes]) -> bool:
    if part[0] < 0x80:
        return not part.isalpha()
    return part[0] < 0xc0 or part in own


def _written_bytes() -> list[tuple[int, str]]:
    """Return each byte with the character that stands for it: itself, where that is seen."""
    seen = [*range(ord('!'), ord('~') + 1), *range(0xa1, 0xad), *range(0xae, 0x100)]
    unseen = [byte for byte in range(0x100) if byte not in seen]
    return [*((byte, chr(byte)) for byte in seen),
            *((byte, chr(0x100 + place)) for place, byte in enumerate(unseen))]
