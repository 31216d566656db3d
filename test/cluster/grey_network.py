"""A network without weights, for the replicas of a test: they write down who they are."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import ray
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth, MOUTH_SHAPE


class GreyNetwork(Generator[Crop, Crop]):
    """Makes every mouth grey."""

    name = 'grey'

    def encode(self, crop: Crop) -> Crop:
        return crop

    def features(self, encoded: Crop) -> Crop:
        return encoded

    def mouths(self, windows: NDArray[np.float32], features: Sequence[Crop]) -> list[Mouth]:
        return [np.full(MOUTH_SHAPE, 0.5, np.float32) for _ in features]

    def size_of(self, encoded: Crop) -> int:
        return encoded.nbytes


class Loader:
    """Loads it, and leaves the machine of the cluster in a file named by the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> Generator[Any, Any]:
        part = self._folder / f'.{os.getpid()}'
        part.write_text(ray.get_runtime_context().get_node_id())
        part.rename(self._folder / str(os.getpid()))
        return GreyNetwork()
