"""Single steps of a coded text, in both directions."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.link.codec.arithmetic import ArithmeticDecoder, ArithmeticEncoder
from txt2vid_ros.link.codec.mixture import Mixture

_MAX_OVERRUN_BYTES = 24
"""How far a decoder may read past the end of a coded text that is not damaged."""


class CodecError(ValueError):
    """The bytes are no coded text in this context."""


class SymbolCoder(Protocol):
    """
    Both directions of one step, so that the text's structure is written down once.

    Each method returns the value: the given one when writing, the one read when reading.
    """

    def number(self, value: int, size: int) -> int:
        """Code one of `size` equally likely values."""
        ...

    def choice(self, value: int, weights: list[int]) -> int:
        """Code an index into `weights`."""
        ...

    def token(self, value: int, mixture: Mixture) -> int:
        """Code a vocabulary number. Raises CodecError."""
        ...

    def running(self, value: int, sums: NDArray[np.int64]) -> int:
        """Code an index into weights whose running sums these are, from 0."""
        ...

    def check_overrun(self) -> None:
        """Raise CodecError where the coded text has ended long ago."""
        ...


class SymbolWriter:
    """Writes symbols."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        self.encoder = ArithmeticEncoder()

    def number(self, value: int, size: int) -> int:
        """Write one of `size` equally likely values."""
        self.encoder.encode(value, 1, size)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        """Write an index into `weights`."""
        self.encoder.encode(sum(weights[:value]), weights[value], sum(weights))
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        """Write a vocabulary number."""
        start = mixture.below(value)
        self.encoder.encode(start, mixture.below(value + 1) - start, mixture.total)
        return value

    def running(self, value: int, sums: NDArray[np.int64]) -> int:
        """Write an index into weights whose running sums these are."""
        start = int(sums[value])
        self.encoder.encode(start, int(sums[value + 1]) - start, int(sums[-1]))
        return value

    def check_overrun(self) -> None:
        """Do nothing: what is written has no end yet."""


class SymbolReader:
    """Reads symbols; the given values do not matter."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self.decoder = ArithmeticDecoder(data)

    def number(self, value: int, size: int) -> int:
        """Read one of `size` equally likely values."""
        value = self.decoder.target(size)
        self.decoder.consume(value, 1)
        return value

    def choice(self, value: int, weights: list[int]) -> int:
        """Read an index into `weights`."""
        target = self.decoder.target(sum(weights))
        value = start = 0
        while start + weights[value] <= target:
            start += weights[value]
            value += 1
        self.decoder.consume(start, weights[value])
        return value

    def token(self, value: int, mixture: Mixture) -> int:
        """Read a vocabulary number. Raises CodecError."""
        self.check_overrun()
        value = mixture.at(self.decoder.target(mixture.total))
        start = mixture.below(value)
        self.decoder.consume(start, mixture.below(value + 1) - start)
        return value

    def running(self, value: int, sums: NDArray[np.int64]) -> int:
        """Read an index into weights whose running sums these are."""
        target = self.decoder.target(int(sums[-1]))
        value = int(sums.searchsorted(target, 'right')) - 1
        start = int(sums[value])
        self.decoder.consume(start, int(sums[value + 1]) - start)
        return value

    def check_overrun(self) -> None:
        """Raise CodecError where the coded text has ended long ago."""
        if self.decoder.overrun > _MAX_OVERRUN_BYTES:
            raise CodecError('the coded text has no end')
