"""
Messages between a provider here and one on other machines: fields, and sound beside them.

A request is one message and has its own copy of all that the answer depends on, so any replica
answers it. An answer is as many messages as come, the last of which says that it is the last: one
that breaks off is never taken for a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import dataclasses
import json
import math
import struct
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.pcm import from_s16, to_s16
from txt2vid_ros.speaking.voice import SpeechChunk

MEDIA_TYPE = 'application/x-txt2vid-speech'
MOST_FIELD_BYTES, MOST_SOUND_BYTES = 1 << 20, 16 << 20
"""Of one message: 5 minutes of sound at 24 kHz."""
CAPABILITIES, SPEECH, TEXT = 'capabilities', 'speech', 'text'
"""What may be asked for."""
_HEAD = struct.Struct('<4sII')      # what it is, bytes of the fields, bytes of the sound
_MAGIC = b'TVp1'
_SILENCE = np.zeros(0, np.float32)
_PLAIN: Mapping[str, tuple[type, ...]] = {'int': (int,), 'bool': (bool,), 'float': (int, float)}
"""What a capability of this type is in a message; any other is a list of texts."""
_END, _ERROR = 'end', 'error'
Able = TypeVar('Able')


class Message(NamedTuple):
    """One message."""

    fields: Mapping[str, Any]
    sound: NDArray[np.float32]
    """Mono, -1..1."""

    @property
    def is_end(self) -> bool:
        """Return whether nothing follows."""
        return _END in self.fields


class RemoteFaultError(Exception):
    """The provider on the other machine has a bug; it may be due to this text alone."""


class MessageReader:
    """Takes bytes as they come and returns messages as they are complete."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._data = bytearray()

    @property
    def within(self) -> bool:
        """Return whether a message has begun that is not complete."""
        return bool(self._data)

    def push(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are complete with `data`. Raises ValueError."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            magic, fields, sound = _HEAD.unpack_from(self._data)
            if magic != _MAGIC or fields > MOST_FIELD_BYTES or sound > MOST_SOUND_BYTES:
                raise ValueError('this is no speech of this version')
            end = _HEAD.size + fields + sound
            if len(self._data) < end:
                return
            whole = bytes(self._data[_HEAD.size:end])
            del self._data[:end]
            yield Message(_object(whole[:fields]), from_s16(whole[fields:]))


def pack(fields: Mapping[str, Any], sound: NDArray[np.float32] = _SILENCE) -> bytes:
    """Return a message; its sound goes in 16 bits."""
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
    samples = to_s16(sound).tobytes()
    return _HEAD.pack(_MAGIC, len(text), len(samples)) + text + samples


def unpack(data: bytes) -> Message:
    """Return the one message that `data` is. Raises ValueError."""
    reader = MessageReader()
    found = list(reader.push(data))
    if len(found) != 1 or reader.within:
        raise ValueError('this is not one message')
    return found[0]


def pack_end() -> bytes:
    """Return the message that nothing follows."""
    return pack({_END: True})


def pack_error(error: Exception) -> bytes:
    """Return what went wrong; of a bug its kind alone, for its text may hold what was said."""
    if isinstance(error, UserError):
        return pack({_ERROR: 'user', 'problem': error.problem, 'remedy': error.remedy})
    if isinstance(error, ProviderError):
        return pack({_ERROR: 'outside', 'problem': error.problem, 'retriable': error.retriable})
    return pack({_ERROR: 'fault', 'problem': type(error).__name__})


def raise_error(message: Message, service: str) -> None:
    """Raise the error that a message tells of, if it does: UserError, ProviderError or a fault."""
    kind = message.fields.get(_ERROR)
    if kind is None:
        return
    problem = f'{service}: {message.fields.get("problem", "")}'
    if kind == 'user':
        raise UserError(problem, str(message.fields.get('remedy', '')))
    if kind == 'outside':
        raise ProviderError(problem, retriable=message.fields.get('retriable') is True)
    raise RemoteFaultError(problem)


def pack_chunk(chunk: SpeechChunk) -> bytes:
    """Return a part of a clause, with the times of its sounds and words where it has them."""
    return pack({
        'phonemes': None if chunk.phonemes is None else [
            [one.symbol, float(one.start), float(one.duration), int(one.stress),
             bool(one.begins_word)] for one in chunk.phonemes],
        'words': None if chunk.words is None else [*map(float, chunk.words)],
        'last': chunk.last}, chunk.samples)


def chunk_of(message: Message) -> SpeechChunk:
    """Return what pack_chunk() packed. Raises ValueError."""
    phonemes, words = message.fields.get('phonemes'), message.fields.get('words')
    return SpeechChunk(
        message.sound, None if phonemes is None else tuple(map(_phoneme, _list(phonemes))),
        message.fields.get('last') is True,
        None if words is None else tuple(map(_seconds, _list(words))))


def pack_capabilities(able: Any) -> bytes:
    """Return what a voice or a recognizer can do."""
    return pack({CAPABILITIES: dataclasses.asdict(able)})


def capabilities_of(message: Message, kind: type[Able]) -> Able:
    """Return what pack_capabilities() packed; what this version does not know is left out."""
    given = message.fields.get(CAPABILITIES)
    if not isinstance(given, dict):
        raise ValueError('it does not tell what it can do')
    known: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name not in given:
            continue
        value = given[field.name]
        wanted = _PLAIN.get(str(field.type), (list,))
        if not isinstance(value, wanted) or (isinstance(value, list) and not all(
                isinstance(each, str) for each in value)):
            raise ValueError(f'its {field.name} is none')
        known[field.name] = tuple(value) if isinstance(value, list) else value
    rate = known.get('sample_rate', 0)
    if not 4000 <= rate <= 192_000:
        raise ValueError('its sample rate is none')
    return kind(**known)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError('it is nested too deep') from None
    if not isinstance(found, dict):
        raise ValueError('its fields are none')
    return found


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError('a list is missing')
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError('a time is none')
    return float(value)


def _phoneme(value: Any) -> Phoneme:
    match value:
        case [str(symbol), start, duration, int(stress), bool(begins_word)]:
            return Phoneme(symbol, _seconds(start), _seconds(duration), stress, begins_word)
    raise ValueError('a sound without its time')
