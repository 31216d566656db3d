"""Reading and writing the bits of H.264 headers (ITU-T H.264, 7.2 and 9.1)."""

from __future__ import annotations

import re

_ESCAPED = re.compile(rb'\x00\x00\x03')
_TO_ESCAPE = re.compile(rb'\x00\x00(?=[\x00-\x03])')


class BitReader:
    """Reads the bits of a NAL unit's content, without what is put in to avoid start codes."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes behind the first one of a NAL unit; they may be cut off anywhere."""
        plain = _ESCAPED.sub(b'\0\0', content)
        self._value = int.from_bytes(plain, 'big')
        self._length = 8 * len(plain)
        self.place = 0
        """Bits that were read."""

    def u(self, count: int) -> int:
        """Return an unsigned number of so many bits. Raises ValueError beyond the end."""
        self.place += count
        if self.place > self._length:
            raise ValueError('the header is cut off')
        return self._value >> (self._length - self.place) & (1 << count) - 1

    def ue(self) -> int:
        """Return an unsigned Exp-Golomb number. Raises ValueError beyond the end."""
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)


class BitWriter:
    """Gathers bits."""

    def __init__(self) -> None:
        """Begin with none."""
        self._bits: list[str] = []

    def u(self, value: int, count: int) -> None:
        """Add an unsigned number of so many bits."""
        self._bits.append(f'{value:0{count}b}' if count else '')

    def ue(self, value: int) -> None:
        """Add an unsigned Exp-Golomb number; a signed 0 is the same."""
        self._bits.append(f'{value + 1:0{2 * (value + 1).bit_length() - 1}b}')

    def content(self) -> bytes:
        """Return all, ended and filled up as the content of a NAL unit, without start codes."""
        bits = ''.join(self._bits) + '1'
        bits += '0' * (-len(bits) % 8)
        plain = int(bits, 2).to_bytes(len(bits) // 8, 'big')
        return _TO_ESCAPE.sub(b'\0\0\3', plain)
