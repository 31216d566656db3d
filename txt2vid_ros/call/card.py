"""
The card: who somebody is, with which voice and face they speak.

A card is its head and then the bytes of the face. All numbers have the high byte first:

| bytes | head |
|---|---|
| 1 | version, 1 |
| 2 | bytes of the head, these included |
| 1 + n | name, UTF-8 |
| 1 + n | locale, BCP 47 |
| 1 | number of voices, the favourite first |
| 1 + n, 1 + n | of each voice: provider, name |
| 1 | format of the face: 0 none, 1 JPEG, 2 AV1 in IVF |
| 2, 2, 2, 1, 3 | of a face: width, height, frames, frames a second, bytes |
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib

from txt2vid_ros.call.fields import (
    CardError,
    CardReader,
    checked_locale,
    checked_name,
    checked_voice,
    MOST_LOCALE_BYTES,
    MOST_NAME_BYTES,
    MOST_PROVIDER_BYTES,
    MOST_VOICE_BYTES,
    packed_text,
)
from txt2vid_ros.core.people import NamedVoice

VERSION = 1
LENGTH_BYTES = 3
"""From so many bytes on it is known how long the head is."""
DIGEST_BYTES = 16
"""Of the SHA-256 of a card: so much of it tells cards apart and fits in a small datagram."""
MOST_HEAD_BYTES = 512
MOST_FACE_BYTES = 1_000_000
"""Whatever an end allows; a card of more is none."""
MOST_VOICES = 4
MOST_SIDE = 4096
"""Pixels of a face's width and height."""
MOST_FRAMES = 600
MOST_RATE = 60


class FaceFormat(enum.IntEnum):
    """How a face is coded."""

    NONE = 0
    JPEG = 1
    AV1 = 2


@dataclasses.dataclass(frozen=True)
class FaceOutline:
    """
    What a card says of its face, whether that is true or not.

    `width`, `height`: pixels. `frames`: 1 for a picture. `rate`: frames a second. `size`: bytes.
    """

    format: FaceFormat  # noqa: A003
    width: int
    height: int
    frames: int
    rate: int
    size: int

    def __post_init__(self) -> None:
        """Raise CardError for what no face can be."""
        if self.format == FaceFormat.NONE:
            raise CardError('a face has no format')
        if not (0 < self.width <= MOST_SIDE and 0 < self.height <= MOST_SIDE):
            raise CardError('a face has too few or too many pixels')
        if not 0 < self.frames <= MOST_FRAMES or not 0 < self.rate <= MOST_RATE:
            raise CardError('a face has too few or too many frames')
        if self.frames > 1 and self.format == FaceFormat.JPEG:
            raise CardError('a JPEG has one frame')
        if not 0 < self.size <= MOST_FACE_BYTES:
            raise CardError('a face has too few or too many bytes')

    @property
    def is_clip(self) -> bool:
        """Return whether it moves by itself."""
        return self.frames > 1

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return self.frames / self.rate

    def pack(self) -> bytes:
        """Return its part of the head."""
        return b''.join(number.to_bytes(size, 'big') for number, size in (
            (self.format, 1), (self.width, 2), (self.height, 2), (self.frames, 2),
            (self.rate, 1), (self.size, 3)))

    @classmethod
    def read(cls, reader: CardReader) -> FaceOutline | None:
        """Read it; None where there is no face. Raises CardError."""
        number = reader.byte()
        if number == FaceFormat.NONE:
            return None
        if number not in tuple(FaceFormat):
            raise CardError('a face has an unknown format')
        return cls(FaceFormat(number), reader.number(2), reader.number(2), reader.number(2),
                   reader.byte(), reader.number(3))


@dataclasses.dataclass(frozen=True)
class Face:
    """A face as it travels: its outline and its bytes."""

    outline: FaceOutline
    data: bytes

    def __post_init__(self) -> None:
        """Raise CardError where the outline says another size."""
        if len(self.data) != self.outline.size:
            raise CardError('a face has another size than its card says')

    @property
    def digest(self) -> bytes:
        """Return what tells it from other faces."""
        return hashlib.sha256(self.data).digest()[:DIGEST_BYTES]


@dataclasses.dataclass(frozen=True)
class CardHead:
    """All of a card but the bytes of its face."""

    name: str
    locale: str
    voices: tuple[NamedVoice, ...] = ()
    """The favourite first; the next is used where one cannot be had."""
    face: FaceOutline | None = None

    def __post_init__(self) -> None:
        """Bring texts into one form. Raises CardError for what is not allowed in a card."""
        object.__setattr__(self, 'name', checked_name(self.name))
        object.__setattr__(self, 'locale', checked_locale(self.locale))
        object.__setattr__(self, 'voices', tuple(map(checked_voice, self.voices)))
        if len(self.voices) > MOST_VOICES:
            raise CardError(f'a card has more than {MOST_VOICES} voices')

    @property
    def card_bytes(self) -> int:
        """Return how long the whole card is."""
        return len(self.pack()) + (self.face.size if self.face else 0)

    def pack(self) -> bytes:
        """Return the head as it travels."""
        body = b''.join((
            packed_text(self.name), packed_text(self.locale), bytes([len(self.voices)]),
            *(packed_text(text) for voice in self.voices
              for text in (voice.provider, voice.voice)),
            self.face.pack() if self.face else bytes([FaceFormat.NONE])))
        return bytes([VERSION]) + (LENGTH_BYTES + len(body)).to_bytes(2, 'big') + body

    @classmethod
    def unpack(cls, data: bytes) -> CardHead:
        """Read a head, and nothing else. Raises CardError."""
        if len(data) != head_bytes(data):
            raise CardError('a head has another length than it says')
        reader = CardReader(data[LENGTH_BYTES:])
        name, locale = reader.text(MOST_NAME_BYTES), reader.text(MOST_LOCALE_BYTES)
        count = reader.byte()
        if count > MOST_VOICES:
            raise CardError(f'a card has more than {MOST_VOICES} voices')
        voices = tuple(NamedVoice(reader.text(MOST_PROVIDER_BYTES), reader.text(MOST_VOICE_BYTES))
                       for _ in range(count))
        head = cls(name, locale, voices, FaceOutline.read(reader))
        if reader.left:
            raise CardError('a head has more in it than is known')
        if head.pack() != data:
            raise CardError('a head is written in another way than cards are')
        return head


def head_bytes(data: bytes) -> int:
    """Return how long the head is that begins so. Raises CardError where there is none."""
    if len(data) < LENGTH_BYTES:
        raise CardError('it ends too early')
    if data[0] != VERSION:
        raise CardError(f'it is a card of version {data[0]}; this is version {VERSION}')
    length = int.from_bytes(data[1:LENGTH_BYTES], 'big')
    if not LENGTH_BYTES < length <= MOST_HEAD_BYTES:
        raise CardError('its head is too short or too long')
    return length


@dataclasses.dataclass(frozen=True)
class Card:
    """A whole card."""

    head: CardHead
    face: Face | None = None

    def __post_init__(self) -> None:
        """Raise CardError where the head tells of another face."""
        if self.head.face != (self.face.outline if self.face else None):
            raise CardError('a card and its face do not belong together')

    @classmethod
    def of(cls, name: str, locale: str, voices: tuple[NamedVoice, ...] = (),
           face: Face | None = None) -> Card:
        """Return a card with these fields. Raises CardError."""
        return cls(CardHead(name, locale, voices, face.outline if face else None), face)

    def without_face(self) -> Card:
        """Return the same card without its face."""
        return Card(dataclasses.replace(self.head, face=None))

    def pack(self) -> bytes:
        """Return the card as it travels."""
        return self.head.pack() + (self.face.data if self.face else b'')

    @classmethod
    def unpack(cls, data: bytes) -> Card:
        """Read a card, and nothing else. Raises CardError."""
        end = head_bytes(data)
        head = CardHead.unpack(data[:end])
        if head.face is None and len(data) > end:
            raise CardError('a card without a face goes on after its head')
        return cls(head, Face(head.face, data[end:]) if head.face else None)

    @property
    def digest(self) -> bytes:
        """Return what tells it from other cards, DIGEST_BYTES long."""
        return digest_of(self.pack())


def digest_of(data: bytes) -> bytes:
    """Return the digest of a packed card: the beginning of its SHA-256."""
    return hashlib.sha256(data).digest()[:DIGEST_BYTES]
