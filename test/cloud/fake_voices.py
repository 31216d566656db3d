"""What the fakes speak and hear with: the models that come inside packages, one at a time."""

from __future__ import annotations

import functools
import re
import threading

import numpy as np
from numpy.typing import NDArray
import soxr

from txt2vid_ros.speech.hibari import HibariVoice
from txt2vid_ros.speech.moonshine import MoonshineRecognizer

HIBARI_RATE = 24000
_LOCK = threading.Lock()


@functools.cache
def _voice(speed: float) -> HibariVoice:
    voice = HibariVoice(speed=speed)
    voice.load()
    return voice


@functools.cache
def _ear() -> MoonshineRecognizer:
    ear = MoonshineRecognizer()
    ear.load()
    return ear


def spoken(text: str, rate: int, speed: float = 1.0) -> NDArray[np.float32]:
    """Return a text, or the words of an SSML text, as sound at `rate` Hz."""
    words = re.sub(r'<[^<>]*>', ' ', text).replace('&amp;', '&').replace('&lt;', '<')
    with _LOCK:
        chunks = [chunk.samples for chunk in _voice(speed).synthesize(words, lambda: False)]
    sound = np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
    return sound if rate == HIBARI_RATE else soxr.resample(sound, HIBARI_RATE, rate)


def heard(samples: NDArray[np.float32]) -> str:
    """Return the words in a sound at 16 kHz."""
    with _LOCK:
        return _ear().transcribe(samples).text


def pcm(samples: NDArray[np.float32]) -> bytes:
    """Return samples as 16-bit little-endian bytes."""
    return (np.clip(samples, -1, 1) * 32767).astype('<i2').tobytes()
