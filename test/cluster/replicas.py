"""What the replicas of these tests run; each leaves a file, so that it can be found and killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import os
from pathlib import Path
import signal
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
import ray
from txt2vid_ros.cluster.speech_service import recognizers, SpeechService, voices
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth, MOUTH_SHAPE
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.providers.tts.hibari import HibariVoice


class GreyNetwork(Generator[Crop, Crop]):
    """Makes every mouth grey, in so many seconds."""

    name = 'grey'

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def encode(self, crop: Crop) -> Crop:
        return crop

    def features(self, encoded: Crop) -> Crop:
        return encoded

    def mouths(self, windows: NDArray[np.float32], features: Sequence[Crop]) -> list[Mouth]:
        time.sleep(self._seconds)
        return [np.full(MOUTH_SHAPE, 0.5, np.float32) for _ in features]

    def size_of(self, encoded: Crop) -> int:
        return encoded.nbytes


class Counter(WholeRecognizer):
    """Understands how many seconds it was given."""

    name = 'counter'
    capabilities = RecognizerCapabilities(16000)

    def __init__(self, where: str) -> None:
        self._where = where

    def load(self) -> None:
        """Load nothing."""

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        return Transcript(f'{len(samples) / 16000:.0f} {self._where}')


class Replicas:
    """Those that have been started, each with the machine of the cluster on which it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dead: set[int] = set()

    def __call__(self) -> dict[int, str]:
        """Return the machines of those that run, by the number of their process."""
        return {number: file.read_text() for file in self._folder.glob('[0-9]*')
                if (number := int(file.name)) not in self._dead}

    def kill(self, most: int = 99) -> None:
        """End so many of them at once, without a word."""
        for number in list(self())[:most]:
            os.kill(number, signal.SIGKILL)
            self._dead.add(number)


def told(folder: Path, make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that makes it in a replica, and tells of the replica."""
    def made() -> Any:
        part = folder / f'.{os.getpid()}'
        part.write_text(ray.get_runtime_context().get_node_id())
        part.rename(folder / str(os.getpid()))
        return make()
    return made


def grey(folder: Path, seconds: float = 0.0) -> Callable[[], Generator[Any, Any]]:
    return told(folder, lambda: GreyNetwork(seconds))


def hibari(folder: Path) -> Callable[[], SpeechService[Any]]:
    return told(folder, lambda: voices(lambda voice, speed: HibariVoice(voice, speed)))


def counter(folder: Path) -> Callable[[], SpeechService[Any]]:
    return told(folder, lambda: recognizers(lambda locale: Counter('there')))
