"""Sound from a service as it arrives: WAV or bare samples, in parts of any length."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.pcm import from_s16
from txt2vid_ros.core.resampling import Resampler

_MAX_HEADER_BYTES = 1 << 20
"""Before the samples; some services put the times of all sounds there."""
_PCM, _EXTENSIBLE = 1, 0xFFFE
_RATES = range(4000, 192001)


class PcmReader:
    """Turns bytes of 16-bit little-endian mono samples into floats, at another rate if need be."""

    def __init__(self, rate: int, wanted: int) -> None:
        """Take the rate of the bytes and the rate to return, Hz."""
        self._rest = b''
        self._resampler = Resampler(rate, wanted) if rate != wanted else None

    def push(self, data: bytes, last: bool = False) -> NDArray[np.float32]:
        """Return the samples that are complete, in -1..1; `last` gives out all there is."""
        data = self._rest + data
        whole = len(data) // 2 * 2
        self._rest = data[whole:]
        samples = from_s16(data[:whole])
        if self._resampler is None:
            return samples
        resampled = self._resampler.push(samples)
        return np.concatenate([resampled, self._resampler.rest()]) if last else resampled


class WavReader:
    """
    Reads a WAV file (RIFF, 16-bit PCM, mono) from its beginning, as a stream sends it.

    The lengths in the header of a stream are often 0 or the largest number; the samples then go
    on to the end. Raises ProviderError for what is no such file.
    """

    def __init__(self, wanted: int) -> None:
        """Take the rate of the samples to return, Hz."""
        self._wanted = wanted
        self._header = b''
        self._samples: PcmReader | None = None
        self._left: int | None = None
        self._rate = 0

    @property
    def complete(self) -> bool:
        """Return whether all samples came that the header announces; False where it does not."""
        return self._left == 0

    def push(self, data: bytes, last: bool = False) -> NDArray[np.float32]:
        """Return the samples that are complete; with `last`, at the end of the file, the rest."""
        if self.complete:
            # What follows the samples is no sound.
            return np.zeros(0, np.float32)
        if self._samples is None:
            self._header += data
            data = self._open() if self._samples is None else b''
        if self._samples is None:
            if last:
                raise ProviderError('the sound ended within its WAV header', retriable=True)
            return np.zeros(0, np.float32)
        if self._left is not None:
            data = data[:self._left]
            self._left -= len(data)
        if last and self._left:
            raise ProviderError('the sound broke off before its end', retriable=True)
        return self._samples.push(data, last or self.complete)

    def _open(self) -> bytes:
        """Read the header as far as it has arrived; return the bytes after it."""
        known = self._header
        if not (b'RIFF'.startswith(known[:4]) or known.startswith(b'RIFF')) or (
                len(known) >= 12 and known[8:12] != b'WAVE'):
            raise _bad('it is no WAV file')
        at = 12
        while len(known) >= at + 8:
            name, length = struct.unpack_from('<4sI', known, at)
            at += 8
            if name == b'data':
                return self._begin(known[at:], length)
            if len(known) < at + length:
                break
            if name == b'fmt ':
                self._rate = _rate(known[at:at + length])
            at += length + length % 2
        if len(known) > _MAX_HEADER_BYTES:
            raise _bad('it is no WAV file')
        return b''

    def _begin(self, data: bytes, length: int) -> bytes:
        if not self._rate:
            raise _bad('it does not say what its samples are')
        self._samples = PcmReader(self._rate, self._wanted)
        # A stream whose length is unknown has 0 or a number near the largest here.
        self._left = length if 0 < length < 0x7FFFFF00 else None
        self._header = b''
        return data


def _rate(fmt: bytes) -> int:
    if len(fmt) < 16:
        raise _bad('its fmt chunk is too short')
    kind, channels, rate, _, _, bits = struct.unpack_from('<HHIIHH', fmt)
    if kind not in (_PCM, _EXTENSIBLE) or channels != 1 or bits != 16 or rate not in _RATES:
        raise _bad(f'it has {channels} channels of {bits} bits at {rate} Hz in format {kind}')
    return int(rate)


def _bad(why: str) -> ProviderError:
    return ProviderError(f'what came is not the 16-bit mono WAV that was asked for: {why}',
                         retriable=False)
