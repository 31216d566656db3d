"""Fields of bytes that may come from anybody: numbers, and texts after their length."""

from __future__ import annotations

from typing import ClassVar

_VARINT_BITS = 56


class FieldReader:
    """
    Reads fields from the front of bytes that may be anything.

    A room derives its own and names there the error that its callers catch.
    """

    error: ClassVar[type[ValueError]] = ValueError
    """Raised where the bytes do not hold the field that is read."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises `error` where there are fewer."""
        taken = self._data[self._at:self._at + count]
        if len(taken) < count:
            raise self.error('it ends too early')
        self._at += count
        return taken

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(self.left)

    def byte(self) -> int:
        """Return the next byte. Raises `error`."""
        return self.take(1)[0]

    def number(self, size: int, signed: bool = False) -> int:
        """Return the next number of `size` bytes, the high ones first. Raises `error`."""
        return int.from_bytes(self.take(size), 'big', signed=signed)

    def varint(self) -> int:
        """Return the next number in groups of 7 bits, the low ones first. Raises `error`."""
        number = 0
        for shift in range(0, _VARINT_BITS, 7):
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise self.error(f'a number has more than {_VARINT_BITS} bits')

    def text(self, most: int = 255) -> str:
        """Return the next text, of at most `most` bytes after their number. Raises `error`."""
        length = self.byte()
        if length > most:
            raise self.error(f'a text has more than {most} bytes')
        try:
            return self.take(length).decode('utf-8')
        except UnicodeDecodeError as error:
            raise self.error('a text is no UTF-8') from error
