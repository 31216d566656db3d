"""
Animated WebP, picture by picture: ffmpeg reads only the ones that stand still.

Format: RFC 9649. Each picture of the animation is a patch on a canvas.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import struct

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.media.driving.backdrop import Colour, multiplied, over_backdrop
from txt2vid_ros.media.driving.files.bounds import MOST_MOVING_PIXELS
from txt2vid_ros.media.driving.files.exif import chunks, exif_orientation

Pixels = NDArray[np.uint8]

_SHORTEST, _USUAL = 0.01, 0.1   # seconds: one that says less is shown as long as browsers do
_ANIMATED = 0x02
_HIDDEN_BY_NEXT, _REPLACES = 0x01, 0x02


def is_animated_webp(data: bytes) -> bool:
    """Return whether the content of a file, or its beginning, is a WebP animation."""
    return (data[:4] == b'RIFF' and data[8:16] == b'WEBPVP8X' and len(data) > 20
            and bool(data[20] & _ANIMATED))


def durations(file: Path) -> list[float]:
    """Return for how many seconds each picture is shown."""
    return [_seconds(body) for name, body in chunks(file.read_bytes()) if _is_picture(name, body)]


def canvas_pixels(file: Path) -> int:
    """Return how many pixels each picture has."""
    with file.open('rb') as stream:
        width, height = _canvas(stream.read(30))
    return width * height


def _canvas(data: bytes) -> tuple[int, int]:
    width, height = (1 + int.from_bytes(data[at:at + 3], 'little') for at in (24, 27))
    return width, height


def animated_webp(file: Path, backdrop: Colour) -> Iterator[tuple[Pixels, float]]:
    """
    Yield each picture, (height, width, 3) uint8 BGR upright, and the seconds it is shown.

    Transparent parts are laid over `backdrop`. It ends at the first picture that is damaged.
    """
    data = file.read_bytes()
    upright = exif_orientation(data)
    width, height = _canvas(data)
    if width * height > MOST_MOVING_PIXELS:
        return
    canvas = np.zeros((height, width, 4), np.uint8)     # alpha multiplied in
    for name, body in chunks(data):
        if not _is_picture(name, body):
            continue
        left, top = (2 * int.from_bytes(body[at:at + 3], 'little') for at in (0, 3))
        flags = body[15]
        patch = _patch(body[16:])
        if patch is None:
            return
        area = canvas[top:top + patch.shape[0], left:left + patch.shape[1]]
        if area.shape != patch.shape:
            return
        if flags & _REPLACES:
            area[:] = patch
        else:
            seen = (255 - patch[:, :, 3:].astype(np.float32)) / 255
            area[:] = patch + (area * seen).round().astype(np.uint8)
        yield upright.apply(over_backdrop(canvas, backdrop)), _seconds(body)
        if flags & _HIDDEN_BY_NEXT:
            area[:] = 0


def _is_picture(name: bytes, body: bytes) -> bool:
    return name == b'ANMF' and len(body) >= 24


def _seconds(picture: bytes) -> float:
    seconds = int.from_bytes(picture[12:15], 'little') / 1000
    return seconds if seconds > _SHORTEST else _USUAL


def _patch(chunk: bytes) -> Pixels | None:
    """
    Return the picture of one ANMF chunk, (height, width, 4) with its alpha multiplied in.

    Its chunks are those of a still picture; with the header of one they make a file.
    """
    content = chunk
    if chunk[:4] == b'ALPH':
        # A still with separate alpha needs the extended header, with the size of its bitstream.
        coded = next((body for name, body in chunks(b'RIFF\0\0\0\0WEBP' + chunk)
                      if name == b'VP8 '), b'')
        if len(coded) < 10:
            return None
        wide, high = (side & 0x3fff for side in struct.unpack_from('<HH', coded, 6))
        sides = (wide - 1).to_bytes(3, 'little') + (high - 1).to_bytes(3, 'little')
        content = b'VP8X' + struct.pack('<II', 10, 0x10) + sides + chunk
    file = b'RIFF' + struct.pack('<I', 4 + len(content)) + b'WEBP' + content
    try:
        decoded = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if decoded is None or decoded.ndim != 3:
        return None
    picture = np.asarray(decoded, np.uint8)
    if picture.shape[2] == 3:
        return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    return multiplied(picture[:, :, :3], picture[:, :, 3])
