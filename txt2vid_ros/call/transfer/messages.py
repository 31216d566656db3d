"""
What two ends say about a card, each in one datagram of a sealed link.

All numbers have the high byte first. The tag is the beginning of the digest.

| kind | way | bytes after the kind |
|---|---|---|
| 1 OFFER | to the receiver | digest 16, round 1, size 3, the head or nothing |
| 2 PIECE | to the receiver | tag 2, offset 3, bytes of the card |
| 3 WANTED | to the sender | tag 2, round 1, of each gap: start 3, length 3 |
| 4 TAKEN | to the sender | tag 2 |
| 5 REFUSED | to the sender | tag 2, reason 1, limit 3 |
| 6 CANCELLED | to the receiver | tag 2 |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
from typing import Protocol

from txt2vid_ros.call.card import DIGEST_BYTES, MOST_FACE_BYTES, MOST_HEAD_BYTES
from txt2vid_ros.call.face.taking import Refusal
from txt2vid_ros.call.fields import CardError, CardReader
from txt2vid_ros.call.transfer.byte_ranges import Range

TAG_BYTES = 2
OFFER_BYTES = 1 + DIGEST_BYTES + 1 + 3
"""Of an offer without the head: what a card costs that is known already."""
PIECE_OVERHEAD = 1 + TAG_BYTES + 3
LEAST_PAYLOAD = OFFER_BYTES
"""Bytes that the smallest datagram has to carry."""
MOST_CARD_BYTES = MOST_HEAD_BYTES + MOST_FACE_BYTES
_GAP_BYTES = 6
_MOST_LIMIT = (1 << 24) - 1


class CardMessage(Protocol):
    """One message."""

    def pack(self) -> bytes:
        """Return it as it travels."""


@dataclasses.dataclass(frozen=True)
class CardOffer:
    """A card that can be had. `round_number` comes back in the answer; `head` may be empty."""

    digest: bytes
    round_number: int
    size: int
    head: bytes = b''

    @property
    def tag(self) -> bytes:
        """Return the beginning of the digest."""
        return self.digest[:TAG_BYTES]

    def pack(self) -> bytes:
        """Return it as it travels."""
        return (b'\1' + self.digest + bytes([self.round_number]) + self.size.to_bytes(3, 'big')
                + self.head)

    @classmethod
    def read(cls, reader: CardReader) -> CardOffer:
        """Read what follows the kind. Raises CardError."""
        offer = cls(reader.take(DIGEST_BYTES), reader.byte(), reader.number(3), reader.rest())
        if not 0 < offer.size <= MOST_CARD_BYTES or len(offer.head) > MOST_HEAD_BYTES:
            raise CardError('an offer of an impossible size')
        return offer


@dataclasses.dataclass(frozen=True)
class CardPiece:
    """Bytes of a card from `offset` on."""

    tag: bytes
    offset: int
    data: bytes

    def pack(self) -> bytes:
        """Return it as it travels."""
        return b'\2' + self.tag + self.offset.to_bytes(3, 'big') + self.data

    @classmethod
    def read(cls, reader: CardReader) -> CardPiece:
        """Read what follows the kind. Raises CardError."""
        return cls(reader.take(TAG_BYTES), reader.number(3), reader.rest())


@dataclasses.dataclass(frozen=True)
class CardWanted:
    """The gaps that the receiver has, or the first of them."""

    tag: bytes
    round_number: int
    gaps: tuple[Range, ...]

    def pack(self) -> bytes:
        """Return it as it travels."""
        return b'\3' + self.tag + bytes([self.round_number]) + b''.join(
            start.to_bytes(3, 'big') + (end - start).to_bytes(3, 'big')
            for start, end in self.gaps)

    def fitting(self, budget: int) -> CardWanted:
        """Return it with as many gaps as `budget` bytes have room for."""
        room = (budget - 2 - TAG_BYTES) // _GAP_BYTES
        return dataclasses.replace(self, gaps=self.gaps[:max(0, room)])

    @classmethod
    def read(cls, reader: CardReader) -> CardWanted:
        """Read what follows the kind. Raises CardError."""
        tag, number, gaps = reader.take(TAG_BYTES), reader.byte(), []
        while reader.left:
            start = reader.number(3)
            gaps.append((start, start + reader.number(3)))
        return cls(tag, number, tuple(gaps))


@dataclasses.dataclass(frozen=True)
class CardTaken:
    """The receiver has the card, from now or from before."""

    tag: bytes

    def pack(self) -> bytes:
        """Return it as it travels."""
        return b'\4' + self.tag

    @classmethod
    def read(cls, reader: CardReader) -> CardTaken:
        """Read what follows the kind. Raises CardError."""
        return cls(reader.take(TAG_BYTES))


@dataclasses.dataclass(frozen=True)
class CardRefused:
    """The receiver takes no more of the card. `limit`: what it goes beyond, 0 for none."""

    tag: bytes
    refusal: Refusal
    limit: int = 0

    def pack(self) -> bytes:
        """Return it as it travels."""
        return (b'\5' + self.tag + bytes([self.refusal])
                + min(self.limit, _MOST_LIMIT).to_bytes(3, 'big'))

    @classmethod
    def read(cls, reader: CardReader) -> CardRefused:
        """Read what follows the kind; an unknown reason is CANCELLED. Raises CardError."""
        tag, number, limit = reader.take(TAG_BYTES), reader.byte(), reader.number(3)
        known = number in tuple(Refusal)
        return cls(tag, Refusal(number) if known else Refusal.CANCELLED, limit)


@dataclasses.dataclass(frozen=True)
class CardCancelled:
    """The sender sends no more of the card."""

    tag: bytes

    def pack(self) -> bytes:
        """Return it as it travels."""
        return b'\6' + self.tag

    @classmethod
    def read(cls, reader: CardReader) -> CardCancelled:
        """Read what follows the kind. Raises CardError."""
        return cls(reader.take(TAG_BYTES))


_READERS: Mapping[int, Callable[[CardReader], CardMessage]] = {
    1: CardOffer.read, 2: CardPiece.read, 3: CardWanted.read, 4: CardTaken.read,
    5: CardRefused.read, 6: CardCancelled.read}


def read_message(data: bytes) -> CardMessage:
    """Return a message from outside. Raises CardError where it is none."""
    reader = CardReader(data)
    read = _READERS.get(reader.byte())
    if read is None:
        raise CardError('a message of an unknown kind')
    message = read(reader)
    if reader.left:
        raise CardError('a message has more in it than is known')
    return message
