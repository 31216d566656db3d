"""
An exact arithmetic coder on Python's integers, so that every platform writes the same bytes.

A range coder with carry (G. N. N. Martin, 1979) whose end costs no more than the bits still
undecided: the shortest byte string inside the last interval is chosen, and a reader that runs past
the end reads zeros.
"""

from __future__ import annotations

_DIGITS = 12
_BITS = 8 * _DIGITS
_TOP = 1 << _BITS
_REFILL = 1 << (_BITS - 8)

MAX_TOTAL = 1 << 72
"""Totals stay below this, so that no symbol's share of the range rounds to zero."""


class ArithmeticEncoder:
    """Turns (start, size, total) steps into bytes."""

    def __init__(self) -> None:
        """Begin with the whole interval."""
        self._out = bytearray()
        self._low = 0
        self._range = _TOP

    def encode(self, start: int, size: int, total: int) -> None:
        """Narrow the interval to `size` of `total` parts, `start` parts from its lower end."""
        if not 0 < size <= total - start or start < 0 or total > MAX_TOTAL:
            raise ValueError(f'no such step: {start}, {size} of {total}')
        part = self._range // total
        self._low += part * start
        self._range = part * size
        if self._low >= _TOP:
            self._carry()
        while self._range < _REFILL:
            self._out.append(self._low >> (_BITS - 8))
            self._low = (self._low << 8) & (_TOP - 1)
            self._range <<= 8

    def finish(self) -> bytes:
        """Return the shortest bytes that decode to these steps, without zeros at the end."""
        for digits in range(_DIGITS + 1):
            unit = 1 << (_BITS - 8 * digits)
            value = -(-self._low // unit) * unit
            if value < self._low + self._range:
                break
        self._low = value
        if self._low >= _TOP:
            self._carry()
        tail = self._low.to_bytes(_DIGITS, 'big')[:digits]
        return (bytes(self._out) + tail).rstrip(b'\0')

    def _carry(self) -> None:
        self._low -= _TOP
        at = len(self._out) - 1
        while self._out[at] == 255:
            self._out[at] = 0
            at -= 1
        self._out[at] += 1


class ArithmeticDecoder:
    """Reads the steps back: `target` says where the next symbol lies, `consume` takes it."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._at = _DIGITS
        self._code = int.from_bytes(data[:_DIGITS].ljust(_DIGITS, b'\0'), 'big')
        self._range = _TOP
        self._part = 0

    @property
    def overrun(self) -> int:
        """How many bytes past the end of the data have been read."""
        return max(0, self._at - len(self._data))

    def target(self, total: int) -> int:
        """Return a number below `total` that lies within the next symbol's share."""
        self._part = self._range // total
        return min(self._code // self._part, total - 1)

    def consume(self, start: int, size: int) -> None:
        """Take the symbol that owns the last target: `size` parts from `start`."""
        self._code -= self._part * start
        self._range = self._part * size
        while self._range < _REFILL:
            digit = self._data[self._at] if self._at < len(self._data) else 0
            self._code = (self._code << 8) | digit
            self._range <<= 8
            self._at += 1
