"""What has arrived of a card, in memory and in a file from which a cut transfer goes on."""

from __future__ import annotations

import logging
from pathlib import Path

from txt2vid_ros.call.card import DIGEST_BYTES
from txt2vid_ros.call.fields import CardError, CardReader
from txt2vid_ros.call.transfer.byte_ranges import ByteRanges, MOST_RANGES
from txt2vid_ros.call.transfer.messages import MOST_CARD_BYTES
from txt2vid_ros.core.storage.files import replacing

_log = logging.getLogger(__name__)

SAVE_BYTES = 2048
"""New bytes after which it is saved."""


class PartialCard:
    """The bytes of one card as they come. Holds no more than has been allowed by grow()."""

    def __init__(self, digest: bytes, size: int, room: int, file: Path | None = None) -> None:
        """Begin with what `file` has of this card; take bytes up to `room` for now."""
        self.digest, self.size = digest, size
        self._file = file
        self._data = bytearray(min(room, size))
        self._have = ByteRanges()
        self._unsaved = 0
        self._load()

    @property
    def room(self) -> int:
        """Return up to where bytes are taken."""
        return len(self._data)

    @property
    def arrived(self) -> int:
        """Return how many bytes have arrived."""
        return self._have.total

    @property
    def complete(self) -> bool:
        """Return whether all bytes are there."""
        return self._have.covers(self.size)

    def grow(self) -> None:
        """Take all bytes from now on."""
        self._data.extend(bytes(self.size - len(self._data)))
        self._load()

    def put(self, offset: int, data: bytes) -> None:
        """Take bytes from `offset` on; those beyond the room are left out."""
        end = min(offset + len(data), self.room)
        if offset >= end or not self._have.add(offset, end):
            return
        self._data[offset:end] = data[:end - offset]
        self._unsaved += end - offset
        if self._unsaved >= SAVE_BYTES:
            self.save()

    def begins(self, count: int) -> bytes | None:
        """Return the first `count` bytes; None where not all of them are there."""
        return bytes(self._data[:count]) if self._have.covers(count) else None

    def missing(self) -> tuple[tuple[int, int], ...]:
        """Return the gaps, as far as bytes are taken."""
        return tuple(self._have.missing(self.room))

    def restart(self) -> None:
        """Forget what has arrived."""
        self._have = ByteRanges()
        self.drop()

    def save(self) -> None:
        """Save it; where that fails, a cut costs what has arrived."""
        self._unsaved = 0
        if self._file is None:
            return
        ranges = list(self._have)
        body = b''.join((
            self.digest, self.size.to_bytes(3, 'big'), len(ranges).to_bytes(2, 'big'),
            *(number.to_bytes(3, 'big') for pair in ranges for number in pair),
            *(self._data[start:end] for start, end in ranges)))
        try:
            with replacing(self._file, mode=0o600) as part:
                part.write_bytes(body)
        except OSError as error:
            _log.warning('a card on its way is not kept: %s: %s', self._file, error.strerror)

    def drop(self) -> None:
        """Remove the file."""
        if self._file is not None:
            try:
                self._file.unlink(missing_ok=True)
            except OSError as error:
                _log.warning('%s cannot be removed: %s', self._file, error.strerror)

    def _load(self) -> None:
        """Take what the file has of this card and there is room for; a damaged one has none."""
        if self._file is None:
            return
        try:
            with self._file.open('rb') as stream:
                reader = CardReader(stream.read(MOST_CARD_BYTES + 6 * MOST_RANGES + 100))
            if (reader.take(DIGEST_BYTES), reader.number(3)) != (self.digest, self.size):
                return
            count = reader.number(2)
            ranges = [(reader.number(3), reader.number(3)) for _ in range(count)]
            for start, end in ranges:
                self._put_saved(start, reader.take(max(0, end - start)))
        except (FileNotFoundError, CardError):
            return
        except OSError as error:
            _log.warning('%s cannot be read: %s', self._file, error.strerror)

    def _put_saved(self, offset: int, data: bytes) -> None:
        """Take bytes that are in the file already."""
        before = self._unsaved
        self._unsaved = -len(data)
        self.put(offset, data)
        self._unsaved = before
