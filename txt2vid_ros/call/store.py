"""
The cards of others, kept under the identity of the key that sealed them.

    STATE/cards/IDENTITY/DIGEST/head        the head of the card, coded here
    STATE/cards/IDENTITY/DIGEST/face.jpg    or face.mp4, coded here
    STATE/cards/IDENTITY/partial            what has arrived of a card that is on its way

A card is known again by its digest, so that the next call costs a few bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import os
from pathlib import Path
import re
import shutil

from txt2vid_ros.call.card import CardHead, MOST_HEAD_BYTES
from txt2vid_ros.call.face.taking import FaceRefusedError, Refusal
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.core.storage.state import state_dir

MOST_CARDS = 64
MOST_BYTES = 64_000_000
_IDENTITY = re.compile(r'[0-9a-f]{32}')
_FACES = ('face.jpg', 'face.mp4')


@dataclasses.dataclass(frozen=True)
class KeptCard:
    """One card. `face`: its file, None where it has none or none was taken. `used`: when, in s."""

    identity: str
    digest: bytes
    head: CardHead
    face: Path | None
    size: int
    used: float


class CardStore:
    """The folder of all cards. Several processes may use it: each change is atomic."""

    def __init__(self, folder: Path | None = None, *, most_cards: int = MOST_CARDS,
                 most_bytes: int = MOST_BYTES) -> None:
        """Keep at most so many cards and bytes; of more, those not used for longest are gone."""
        self._folder = state_dir() / 'cards' if folder is None else folder
        self._most_cards, self._most_bytes = most_cards, most_bytes

    def find(self, identity: str, digest: bytes) -> KeptCard | None:
        """Return a card that is known, and note its use; None where it is not, or damaged."""
        kept = self._read(identity, self._place(identity, digest))
        if kept is not None:
            os.utime(self._place(identity, digest))
        return kept

    def face_place(self, identity: str, digest: bytes) -> Path:
        """Return where to write the face of a card, without its extension; makes the folder."""
        place = self._place(identity, digest)
        try:
            self._make(place)
        except OSError as error:
            raise FaceRefusedError(Refusal.NOT_KEPT, detail=f'{place}: {error.strerror}'
                                   ) from error
        return place / 'face'

    def keep(self, identity: str, digest: bytes, head: CardHead) -> KeptCard:
        """
        Keep a card, whose face has been written to face_place() if it was taken.

        Raises UserError where it cannot be written.
        """
        place = self._place(identity, digest)
        try:
            self._make(place)
            with replacing(place / 'head', mode=0o600, durable=True) as part:
                part.write_bytes(head.pack())
            os.utime(place)
        except OSError as error:
            raise UserError(f'the card {place} cannot be written: {error.strerror}',
                            'Check that the disk has room, or name another state folder.'
                            ) from error
        self._bound(place)
        kept = self._read(identity, place)
        assert kept is not None
        return kept

    def __iter__(self) -> Iterator[KeptCard]:
        """Yield all cards, the one used last first."""
        found = [kept for identity in self._folder.glob('*') if _IDENTITY.fullmatch(identity.name)
                 for place in identity.iterdir() if place.is_dir()
                 if (kept := self._read(identity.name, place)) is not None]
        yield from sorted(found, key=lambda kept: -kept.used)

    def forget(self, identity: str, digest: bytes | None = None) -> int:
        """Remove a card, or all of an identity and what is on its way; return how many."""
        if digest is None:
            place = self._of(identity)
            count = sum(each.is_dir() for each in place.iterdir()) if place.is_dir() else 0
        else:
            place = self._place(identity, digest)
            count = int(place.is_dir())
        try:
            shutil.rmtree(place)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise UserError(f'{place} cannot be removed: {error.strerror}',
                            'It should belong to the user who runs this.') from error
        return count

    def partial(self, identity: str) -> Path:
        """Return the file for a card on its way; makes its folder. Raises OSError."""
        self._make(self._of(identity))
        return self._of(identity) / 'partial'

    def _of(self, identity: str) -> Path:
        if not _IDENTITY.fullmatch(identity):
            raise ValueError('no identity of a key')
        return self._folder / identity

    def _place(self, identity: str, digest: bytes) -> Path:
        return self._of(identity) / digest.hex()

    def _make(self, folder: Path) -> None:
        """Make a folder, and those above it, that the user alone can look into."""
        for each in reversed((folder, *folder.parents)):
            if each == self._folder or self._folder in each.parents:
                each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _read(self, identity: str, place: Path) -> KeptCard | None:
        try:
            with (place / 'head').open('rb') as file:
                head = CardHead.unpack(file.read(MOST_HEAD_BYTES + 1))
            digest, used = bytes.fromhex(place.name), place.stat().st_mtime
            size = sum(each.stat().st_size for each in place.iterdir())
        except (OSError, CardError, ValueError):
            # Written by a process that was cut off, or by another version: it is sent again.
            return None
        face = next((place / name for name in _FACES if (place / name).is_file()), None)
        return KeptCard(identity, digest, head, face, size, used)

    def _bound(self, newest: Path) -> None:
        """Remove what was not used for longest, but not `newest`."""
        cards, size = 0, 0
        for kept in self:
            cards, size = cards + 1, size + kept.size
            place = self._place(kept.identity, kept.digest)
            if (cards > self._most_cards or size > self._most_bytes) and place != newest:
                shutil.rmtree(place, ignore_errors=True)
