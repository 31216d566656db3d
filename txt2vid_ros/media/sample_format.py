"""The formats of raw sound that AudioInfo states, and their decoding."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import FULL_SCALE

# As GStreamer names them, which audio_common's messages carry; the empty name is S16LE.
_TYPES = {'': '<i2', 'S16LE': '<i2', 'S16': '<i2', 'S32LE': '<i4', 'S32': '<i4',
          'F32LE': '<f4', 'F32': '<f4'}
_FULL_SCALES = {'<i2': FULL_SCALE, '<i4': 2 ** 31, '<f4': 1}
_RATES = (4000, 192_000)
_MOST_CHANNELS = 8


@dataclasses.dataclass(frozen=True)
class SampleFormat:
    """Interleaved samples of a numpy `type` in so many `channels`, at `rate` Hz."""

    rate: int
    channels: int = 1
    type: str = '<i2'  # noqa: A003

    @classmethod
    def parse(cls, topic: str, name: str, channels: int, rate: int) -> SampleFormat:
        """Return the format that an AudioInfo states by name, in either case.

        Raises UserError, which names the topic, what it has and what it may have, where it cannot
        be decoded.
        """
        type_ = _TYPES.get(name.upper())
        if (type_ is None or not _RATES[0] <= rate <= _RATES[1]
                or not 1 <= channels <= _MOST_CHANNELS):
            raise UserError(
                f'{topic} has {channels} channel{"" if channels == 1 else "s"} of {name[:20]!r} '
                f'at {rate} Hz and is not used',
                f'Publish 1 to {_MOST_CHANNELS} channels of S16LE, S32LE or F32LE at '
                f'{_RATES[0]} to {_RATES[1]} Hz, and say so on {topic}_info.')
        return cls(rate, channels, type_)

    def decode(self, data: Any) -> NDArray[np.float32]:
        """Return bytes as (n,) samples, or (n, channels) of several; full scale is 1.

        An incomplete last frame is cut off. F32LE may hold values beyond full scale, and NaN.
        """
        size = np.dtype(self.type).itemsize * self.channels
        raw = np.frombuffer(data, np.uint8)
        samples = raw[:len(raw) // size * size].view(self.type).astype(np.float32)
        samples /= np.float32(_FULL_SCALES[self.type])
        return samples if self.channels == 1 else samples.reshape(-1, self.channels)

    def decode_mono(self, data: Any) -> NDArray[np.float32]:
        """Return bytes as (n,) samples in -1..1, the mean of the channels; NaN is silence."""
        samples = self.decode(data)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)
        return np.clip(np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
