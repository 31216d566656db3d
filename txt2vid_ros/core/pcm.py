"""
16-bit PCM to floating point and back, with one scale; loudness; the rates of the speech world.

Full scale is 32768 both ways, so what is decoded and encoded again has the same bytes. A sample of
+1.0, which 16 bits cannot hold, becomes 32767.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768
SPEECH_RATE = 16_000
"""Hz of what recognizers and voice activity detectors hear."""
VOICE_RATE = 24_000
"""Hz at which most synthetic voices speak; assumed of a topic until its AudioInfo has arrived."""
STREAM_RATE = 48_000
"""Hz of the encoded stream."""


def to_s16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return samples in -1..1 (beyond that clipped, NaN as silence) as little-endian int16."""
    if not samples.any():
        return np.zeros(samples.shape, '<i2')   # in a tenth of the time: most of what is heard
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    scaled = np.rint(np.clip(finite, -1.0, 1.0) * np.float32(FULL_SCALE))
    return np.asarray(np.minimum(scaled, FULL_SCALE - 1), '<i2')


def from_s16(data: bytes | bytearray | memoryview | NDArray[Any]) -> NDArray[np.float32]:
    """Return little-endian int16 samples as float32 in -1..1; an odd last byte is left out."""
    raw = np.frombuffer(data, np.uint8)
    return raw[:len(raw) // 2 * 2].view('<i2').astype(np.float32) / np.float32(FULL_SCALE)


def rms_in_parts(samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return the root mean square in each of `count` equal parts; a rest is left out."""
    parts = samples[:len(samples) // count * count].reshape(count, -1)
    squares = np.einsum('ij,ij->i', parts, parts) / max(1, parts.shape[1])
    return np.asarray(np.sqrt(squares), np.float32)
