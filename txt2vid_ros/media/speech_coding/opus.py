"""Opus (RFC 6716) at the bit rates of a thin link, by PyAV's libopus, which is optional."""

from __future__ import annotations

from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import from_s16, SPEECH_RATE, STREAM_RATE, to_s16
from txt2vid_ros.core.resampling import Resampler

PACKET_SAMPLES = 960
"""Of a packet at SPEECH_RATE: 60 ms, the longest that SILK codes as one."""
LOOKAHEAD_SECONDS = 0.0065
"""By which the decoded sound lags what was coded (OPUS_GET_LOOKAHEAD)."""

Samples = NDArray[np.float32]


def load_av() -> ModuleType:
    """Return PyAV. Raises UserError where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise UserError(f'sound over the link needs the Python package av: {error}',
                        'Run: pip install "txt2vid_ros[audio]"') from error
    module: ModuleType = av
    return module


class OpusEncoder:
    """Codes packet by packet; each is PACKET_SAMPLES long."""

    def __init__(self, bit_rate: int) -> None:
        """Take the mean bit rate, 6000 to 16000 bit/s. Raises UserError without PyAV."""
        self.bit_rate = bit_rate
        self._av = load_av()
        self._given = 0
        self._context = self._av.CodecContext.create('libopus', 'w')
        self._context.sample_rate = SPEECH_RATE
        self._context.layout = 'mono'
        self._context.format = 's16'
        self._context.bit_rate = bit_rate
        self._context.time_base = Fraction(1, SPEECH_RATE)
        milliseconds = 1000 * PACKET_SAMPLES // SPEECH_RATE
        self._context.options = {'application': 'voip', 'vbr': 'constrained',
                                 'frame_duration': str(milliseconds)}

    def encode(self, samples: Samples) -> bytes:
        """Return the packet of (PACKET_SAMPLES,) samples at SPEECH_RATE, -1..1."""
        frame = self._av.AudioFrame.from_ndarray(to_s16(samples)[None, :], 's16', 'mono')
        frame.sample_rate = SPEECH_RATE
        frame.pts = self._given
        self._given += len(samples)
        return b''.join(bytes(packet) for packet in self._context.encode(frame))


class OpusDecoder:
    """
    Decodes packet by packet, at SPEECH_RATE.

    A packet need not follow the one before: what is missing is for a jitter buffer to conceal.
    """

    def __init__(self) -> None:
        """Begin. Raises UserError without PyAV."""
        self._av = load_av()
        self.undecodable = 0
        self._context: Any = self._av.CodecContext.create('libopus', 'r')
        self._context.sample_rate = STREAM_RATE
        self._context.layout = 'mono'
        self._resampler = Resampler(STREAM_RATE, SPEECH_RATE)

    def follows_a_gap(self) -> None:
        """Have the next packet not be joined to the one before."""
        self._resampler = Resampler(STREAM_RATE, SPEECH_RATE)

    @property
    def held(self) -> float:
        """Return the seconds by which what decode() returns next lags the packet's beginning."""
        return self._resampler.held + LOOKAHEAD_SECONDS

    def decode(self, packet: bytes) -> Samples:
        """Return what is ready of the sound; nothing of a packet that cannot be decoded."""
        from av.error import FFmpegError
        try:
            frames = self._context.decode(self._av.Packet(packet))
        except (FFmpegError, ValueError):
            self.undecodable += 1
            return np.zeros(0, np.float32)
        parts = [self._resampler.push(from_s16(np.ascontiguousarray(frame.to_ndarray())))
                 for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
