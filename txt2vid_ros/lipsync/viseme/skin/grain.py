"""
Film grain: restoring the noise that warping and drawing remove from a picture.

A perfectly smooth mouth in a noisy picture is conspicuous. Sampling between pixels averages
them: of the variance of fine noise, a position (fx, fy) between four pixels keeps
((1 - fx)^2 + fx^2) ((1 - fy)^2 + fy^2). The lost part is added again.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.warp import Map

Frame = NDArray[np.uint8]

_LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6.0  # of that filter on white noise
_SKIN = 2.2  # grey levels: pores and lashes of clean pictures measure up to this
_STEPS = 32  # of the noise kept as int8, a standard deviation


class Grain:
    """The noise of one driving frame over its region."""

    def __init__(self, region: Frame) -> None:
        """Measure the noise of `region` (h, w, 3) and generate noise like it."""
        self.sigma = grain_of(region)
        self._noise: NDArray[np.int8] | None = None
        if self.sigma > 0:
            # Seeded by the frame: reproducible, and different in the next frame.
            seed = int(region[::4, ::4].sum(dtype=np.int64))
            noise = np.random.default_rng(seed).standard_normal(region.shape[:2], np.float32)
            self._noise = np.clip(noise * _STEPS, -127, 127).astype(np.int8)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return 0 if self._noise is None else self._noise.nbytes

    def restore(self, picture: Frame, where: Map, drawn: NDArray[np.uint8]) -> None:
        """
        Add the lost grain to `picture` (h, w, 3), in place.

        `where` (h, w, 2): the positions it was sampled at. `drawn` (h, w): 255 where it was drawn
        and has no grain, 0 where it was sampled from the picture.
        """
        if self._noise is None:
            return
        between = where - np.floor(where)
        kept = 1 - 2 * between + 2 * between * between
        lost = 1 - kept[..., 0] * kept[..., 1] * (1 - drawn / np.float32(255))
        added = self._noise * (np.sqrt(lost) * np.float32(self.sigma / _STEPS))
        noisy = picture + added[..., None]
        np.clip(noisy + 0.5, 0, 255, out=noisy)
        picture[:] = noisy.astype(np.uint8)


def grain_of(picture: Frame) -> float:
    """
    Return the standard deviation of fine noise in `picture` (h, w, 3), in grey levels.

    After Immerkaer (1996), with the median so that edges do not count; 0 in a clean picture.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    found = cv2.filter2D(grey, -1, _LAPLACIANS)[1:-1:2, 1:-1:2]
    sigma = 1.4826 * float(np.median(np.abs(found))) / _GAIN
    return float(np.sqrt(max(0.0, sigma ** 2 - _SKIN ** 2)))
