"""The interface of a Wav2Lip network, whichever runtime it uses."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip.architecture import FACE, MASKED_ROW
from txt2vid_ros.lipsync.wav2lip.generator.rows import LOWER_FACE_ROW

Encoded = TypeVar('Encoded')
"""What a generator keeps for a driving frame; opaque to its users."""

Features = TypeVar('Features')
"""What it needs of the driving frame shown; larger, and quickly computed from Encoded."""

Crop = NDArray[np.uint8]
"""A face, (96, 96, 3) BGR."""

Mouth = NDArray[np.float32]
"""A lower face: rows LOWER_FACE_ROW to 95 of the crop, (49, 96, 3) BGR in 0..1."""

MOUTH_SHAPE = (FACE - LOWER_FACE_ROW, FACE, 3)


def network_input(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """
    Return crops (B, 96, 96, 3) as the network's input, (B, 6, 96, 96) in 0..1.

    Channels 0 to 2 are the crop with its lower half blanked, 3 to 5 the whole crop, all BGR.
    """
    whole = crops.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    masked = whole.copy()
    masked[:, :, MASKED_ROW:] = 0
    return np.concatenate((masked, whole), axis=1)


class Generator(abc.ABC, Generic[Encoded, Features]):
    """A loaded network. Stateless between calls, so sessions may share it."""

    name: ClassVar[str]
    """The runtime, for diagnostics."""
    notices: tuple[str, ...] = ()
    """What the user should be told about the network."""
    parallel: ClassVar[bool] = False
    """Whether several threads may compute mouths at the same time."""

    @property
    def merged(self) -> int:
        """Return how many pictures of different sessions are computed together to advantage."""
        return 1

    @abc.abstractmethod
    def encode(self, crop: Crop) -> Encoded:
        """Return what to keep for the driving frame whose face is `crop`."""

    @abc.abstractmethod
    def features(self, encoded: Encoded) -> Features:
        """Return what every mouth on the driving frame needs."""

    @abc.abstractmethod
    def mouths(self, windows: NDArray[np.float32], features: Sequence[Features]) -> list[Mouth]:
        """Return B mouths, one for each of the windows (B, 80, 16) and of the features."""

    def prepare(self, pictures: int) -> None:
        """Get ready to compute up to `pictures` together; to be called before they are live."""
        return

    @abc.abstractmethod
    def size_of(self, encoded: Encoded) -> int:
        """Return the bytes held for one driving frame."""

    def close(self) -> None:
        """Release the network; may be called twice."""
        return
