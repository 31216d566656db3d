"""What the fakes speak and hear with: the models that come inside packages, one at a time."""

from __future__ import annotations

import dataclasses
import functools
import re
import threading

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.core.pcm import to_s16, VOICE_RATE
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.tts.hibari import HibariVoice

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
    return sound if rate == VOICE_RATE else soxr.resample(sound, VOICE_RATE, rate)


@dataclasses.dataclass
class Timed:
    """A text with marks as it is said: each part between two marks on its own, end to end."""

    samples: NDArray[np.float32]
    marks: list[tuple[str, float]]
    """Each with the seconds at which it is reached."""
    parts: list[tuple[str, float, float]]
    """Each with the seconds at which it begins and ends."""


def timed(ssml: str, rate: int, speed: float = 1.0) -> Timed:
    """Say an SSML text, with its breaks."""
    said = Timed(np.zeros(0, np.float32), [], [])
    pieces = [said.samples]
    length = 0
    for tag, words in re.findall(r'(<[^<>]*>)|([^<>]+)', ssml):
        if name := re.match(r'<mark name="([^"]*)"', tag):
            said.marks.append((name[1], length / rate))
        elif pause := re.match(r'<break time="(\d+)ms"', tag):
            pieces.append(np.zeros(rate * int(pause[1]) // 1000, np.float32))
        elif words.strip():
            pieces.append(spoken(words, rate, speed))
            said.parts.append((words.strip(), length / rate, (length + len(pieces[-1])) / rate))
        length = sum(map(len, pieces))
    said.samples = np.concatenate(pieces)
    return said


def heard(samples: NDArray[np.float32]) -> str:
    """Return the words in a sound at 16 kHz."""
    with _LOCK:
        return _ear().transcribe(samples).text


def pcm(samples: NDArray[np.float32]) -> bytes:
    """Return samples as 16-bit little-endian bytes."""
    return to_s16(samples).tobytes()
