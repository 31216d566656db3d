"""The fields of a card: which texts may stand in them, and how they are read and written."""

from __future__ import annotations

import re
import unicodedata

from txt2vid_ros.core.decoding.field_reader import FieldReader
from txt2vid_ros.core.locales import is_tag
from txt2vid_ros.core.people import NamedVoice

MOST_NAME_BYTES = 64
"""Of a person's name, in UTF-8."""
MOST_LOCALE_BYTES = 35
"""RFC 5646, section 4.4.1, advises to have room for so many."""
MOST_PROVIDER_BYTES = 32
MOST_VOICE_BYTES = 48
_MOST_MARKS = 3
"""Combining marks in a row: Vietnamese has two; a tower of them covers the lines around it."""

_PROVIDER = re.compile(rf'[a-z0-9][a-z0-9_-]{{0,{MOST_PROVIDER_BYTES - 1}}}')
# Neither a path nor a URL nor an option: some providers take the name of a voice for a file.
_VOICE = re.compile(rf'(?:[A-Za-z0-9][A-Za-z0-9_+ -]{{0,{MOST_VOICE_BYTES - 1}}})?')


class CardError(ValueError):
    """What should be a card, or a message about one, is none; the text says why."""


def checked_name(name: str) -> str:
    """
    Return a person's name, composed (NFC). Raises CardError where it cannot be shown as it is.

    No control characters, nor what turns the direction of writing or is not seen: a name is
    printed beside others, in logs and terminals.
    """
    composed = unicodedata.normalize('NFC', name)
    if not composed or composed != composed.strip():
        raise CardError('a name is empty, or begins or ends with a space')
    if len(composed.encode('utf-8', 'replace')) > MOST_NAME_BYTES:
        raise CardError(f'a name has more than {MOST_NAME_BYTES} bytes')
    kinds = [unicodedata.category(letter) for letter in composed]
    if any(kind[0] == 'C' or kind in ('Zl', 'Zp') for kind in kinds):
        raise CardError('a name has characters that cannot be seen')
    marks = ''.join('m' if kind[0] == 'M' else ' ' for kind in kinds)
    if 'm' * (_MOST_MARKS + 1) in marks or marks[0] == 'm':
        raise CardError('a name has marks without letters')
    return composed


def checked_locale(locale: str) -> str:
    """Return a BCP 47 tag. Raises CardError where it is none."""
    tag = locale.replace('_', '-')
    if len(tag) > MOST_LOCALE_BYTES or not tag.isascii() or not is_tag(tag):
        raise CardError('a locale is no BCP 47 tag')
    return tag


def checked_voice(voice: NamedVoice) -> NamedVoice:
    """Return a voice. Raises CardError where it is no plain name of a provider and a voice."""
    if not _PROVIDER.fullmatch(voice.provider):
        raise CardError('a voice has no plain name of its provider')
    if not _VOICE.fullmatch(voice.voice):
        raise CardError('a voice has no plain name')
    return voice


def packed_text(text: str) -> bytes:
    """Return a text as the number of its bytes and its UTF-8."""
    encoded = text.encode()
    return bytes([len(encoded)]) + encoded


class CardReader(FieldReader):
    """Reads the fields of a card, or of a message about one."""

    error = CardError
