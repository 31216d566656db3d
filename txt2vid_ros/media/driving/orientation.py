"""How a stored picture lies: mirrored or not, and by how many quarter turns."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of a picture's width and height."""

_TURNS = (None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
_EXIF = (
    (False, 0), (True, 0), (False, 2), (True, 2), (True, 3), (False, 1), (True, 1), (False, 3))


@dataclasses.dataclass(frozen=True)
class Orientation:
    """
    What brings stored pixels upright: a mirroring left to right, then quarter turns clockwise.

    These are the eight orientations of EXIF, and of a video's display matrix.
    """

    mirrored: bool = False
    turns: int = 0

    @classmethod
    def from_exif(cls, value: int) -> Orientation:
        """Return that of the EXIF tag 0x0112; any value other than 1 to 8 counts as 1."""
        return cls(*_EXIF[value - 1]) if 1 <= value <= 8 else cls()

    @classmethod
    def from_matrix(cls, a: float, b: float, c: float, d: float) -> Orientation:
        """
        Return the nearest to the matrix of ISO/IEC 14496-12, whose first rows are a, b; c, d.

        Pixel (x, y) is shown at (a x + c y, b x + d y).
        """
        mirrored = a * d - b * c < 0
        if mirrored:
            a, b = -a, -b
        return cls(mirrored, round(math.degrees(math.atan2(b, a)) / 90) % 4)

    @property
    def swaps_sides(self) -> bool:
        """Whether width becomes height."""
        return self.turns % 2 == 1

    def turned(self, turns: int) -> Orientation:
        """Return this orientation followed by so many quarter turns clockwise."""
        return Orientation(self.mirrored, (self.turns + turns) % 4)

    def flipped(self) -> Orientation:
        """Return this orientation followed by a mirroring left to right."""
        return Orientation(not self.mirrored, -self.turns % 4)

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a width and height as they are after, or were before, the turns."""
        return (size[1], size[0]) if self.swaps_sides else size

    def apply(self, picture: Pixels) -> Pixels:
        """Return a picture (height, width, ...) upright."""
        if self.mirrored:
            picture = np.asarray(cv2.flip(picture, 1), np.uint8)
        turn = _TURNS[self.turns]
        return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)

    def filters(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """Return the names and parameters of the ffmpeg filters that do the same."""
        mirror: list[tuple[str, dict[str, Any]]] = [('hflip', {})] if self.mirrored else []
        turns: tuple[list[tuple[str, dict[str, Any]]], ...] = (
            [], [('transpose', {'dir': 'clock'})], [('hflip', {}), ('vflip', {})],
            [('transpose', {'dir': 'cclock'})])
        return mirror + turns[self.turns]

    def stored(self, box: Box) -> Box:
        """Return where `box` of the upright picture is in the stored one."""
        left, top, right, bottom = box
        for _ in range(self.turns):
            left, top, right, bottom = top, 1 - right, bottom, 1 - left
        return (1 - right, top, 1 - left, bottom) if self.mirrored else (left, top, right, bottom)
