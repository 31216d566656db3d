"""The formats of raw sound that AudioInfo states, and their decoding."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import FULL_SCALE
from txt2vid_ros.media.downmix import Downmixer

# As GStreamer names them, which audio_common's messages carry; the empty name is S16LE.
_TYPES = {'': '<i2', 'S16LE': '<i2', 'S16': '<i2', 'S32LE': '<i4', 'S32': '<i4',
          'F32LE': '<f4', 'F32': '<f4'}
_UNCODED = ('', 'WAVE', 'WAV', 'PCM', 'RAW')
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
    def parse(cls, topic: str, name: str, channels: int, rate: int, coding: str = ''
              ) -> SampleFormat:
        """
        Return the format that an AudioInfo states by name, in either case.

        Raises UserError, which names the topic, what it has and what it may have, where it cannot
        be decoded. `coding` is its coding_format: what audio_capture publishes as mp3 has the name
        of its samples before they were coded.
        """
        if coding.upper() not in _UNCODED:
            name = coding
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
        """
        Return bytes as (n,) samples, or (n, channels) of several; full scale is 1.

        An incomplete last frame is cut off. F32LE may hold values beyond full scale, and NaN.
        """
        size = np.dtype(self.type).itemsize * self.channels
        raw = np.frombuffer(data, np.uint8)
        samples = raw[:len(raw) // size * size].view(self.type).astype(np.float32)
        samples /= np.float32(_FULL_SCALES[self.type])
        return samples if self.channels == 1 else samples.reshape(-1, self.channels)


class MonoDecoder:
    """Decodes the messages of one topic to mono."""

    def __init__(self) -> None:
        """Begin; the format may change at any time."""
        self._format: SampleFormat | None = None
        self._downmixer = Downmixer(_RATES[0])

    def decode(self, form: SampleFormat, data: Any) -> NDArray[np.float32]:
        """Return bytes as (n,) samples in -1..1, mixed by a Downmixer; NaN is silence."""
        if form != self._format:
            self._format, self._downmixer = form, Downmixer(form.rate)
        samples = np.nan_to_num(form.decode(data), nan=0.0, posinf=1.0, neginf=-1.0)
        return self._downmixer.process(np.clip(samples, -1.0, 1.0))
