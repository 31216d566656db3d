"""Which pictures are said to stay in place of being coded again."""

from __future__ import annotations

import math


class RepeatChoice:
    """
    Told of each picture of one encoder, from its first one on.

    Key frames are coded when they are due, as the expression of `StreamEncoder` has ffmpeg force
    them.
    """

    def __init__(self, key_frame_every: int, missed: int) -> None:
        """Take the places from key frame to key frame, and the first place for viewers."""
        self._every = key_frame_every
        self._missed = missed
        self._keys_before = math.ceil(missed / key_frame_every)
        self._keys = 0
        """Key frames so far."""
        self._coded: tuple[bytes, int] | None = None
        """The picture that was coded last, and the place of it or of its last repetition."""

    def after(self, place: int, picture: bytes, allowed: bool) -> int | None:
        """
        Return the place whose picture is to be shown again at this one; None: it is coded.

        It is the very same picture then, and that was `allowed`.
        """
        key = place >= self._next_key(place)
        if (allowed and not key and place >= self._missed and self._coded is not None
                and self._coded[0] is picture):
            after = self._coded[1]
            self._coded = picture, place
            return after
        self._keys += key
        self._coded = picture, place
        return None

    def _next_key(self, place: int) -> int:
        if place >= self._missed:
            return self._missed + (self._keys - self._keys_before) * self._every
        return self._keys * self._every
