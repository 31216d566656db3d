"""How large the pictures in a file may be: 100 KB of PNG unfold to a thousand million pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
from txt2vid_ros import MOST_PIXELS
from txt2vid_ros.core.errors import UserError

MOST_MOVING_PIXELS = 40_000_000
"""Of one picture of an animation: 8192x4352 is 36 million."""

__all__ = ['MOST_MOVING_PIXELS', 'MOST_PIXELS', 'huge_picture', 'too_many_pixels']


def too_many_pixels(error: cv2.error) -> bool:
    """Return whether OpenCV has refused a picture because of its size alone."""
    return 'CV_IO_MAX_IMAGE' in str(error)


def huge_picture(file: Path, most: int = MOST_PIXELS) -> UserError:
    """Return the error for a file whose pictures have more than `most` pixels."""
    return UserError(f'face file {file} has more than {most // 1_000_000} million pixels in a '
                     'picture, which are not decoded', 'Make it smaller')
