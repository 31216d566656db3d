"""Reading still pictures as 8-bit BGR frames."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.backdrop import Colour, multiplied, over_backdrop
from txt2vid_ros.media.driving.files.animated_webp import is_animated_webp
from txt2vid_ros.media.driving.files.bounds import huge_picture, too_many_pixels
from txt2vid_ros.media.driving.files.exif import chunks, exif_orientation
from txt2vid_ros.media.driving.files.heif import is_heif, read_heif

Frame = NDArray[np.uint8]

_MAX_FILE = 300_000_000  # bytes of a picture file; anything larger is read as a video
_MAY_HAVE_ALPHA = (b'\x89PNG', b'RIFF', b'II*\0', b'MM\0*')


def check_readable(file: pathlib.Path) -> None:
    """Raise UserError where `file` is not a readable file with something in it."""
    try:
        if not file.exists():
            raise UserError(f'face file {file} does not exist', 'Name a picture or video.')
        if not file.is_file():
            raise UserError(f'face {file} is not a file', 'Name a picture or video.')
        with file.open('rb') as stream:
            if not stream.read(1):
                raise UserError(f'face file {file} is empty', 'Name a picture or video.')
    except OSError as error:
        raise UserError(
            f'face file {file} cannot be read: {error.strerror}', 'Check its permissions.'
        ) from error


def read_picture(file: pathlib.Path, backdrop: Colour) -> Frame | None:
    """
    Return a still picture upright as (height, width, 3) uint8 BGR; None where it is none.

    Grey and 16-bit pictures are converted, transparent ones laid over `backdrop`, and the
    orientation that EXIF or HEIF asks for is followed. Pictures that move are none. Raises
    UserError.
    """
    with file.open('rb') as stream:
        head = stream.read(64)
    if head[:3] == b'GIF' or file.stat().st_size > _MAX_FILE:
        return None
    if is_heif(head):
        return read_heif(file)
    if head[4:8] == b'ftyp':
        return None
    data = file.read_bytes()
    if is_animated_webp(data) or _is_animated_png(data):
        return None
    try:
        return _decoded(data, backdrop)
    except cv2.error as error:
        if too_many_pixels(error):
            raise huge_picture(file) from error
        raise UserError(
            f'face file {file} cannot be decoded: {error.err}', 'Save it again as JPEG or PNG.'
        ) from error


def _is_animated_png(data: bytes) -> bool:
    """Return whether a PNG file has an animation control chunk before its pixels."""
    if not data.startswith(b'\x89PNG'):
        return False
    for name, _ in chunks(data):
        if name in (b'acTL', b'IDAT'):
            return name == b'acTL'
    return False


def _decoded(data: bytes, backdrop: Colour) -> Frame | None:
    """Return a picture file's content upright; None where OpenCV does not know it."""
    pixels = np.frombuffer(data, np.uint8)
    # OpenCV turns the colours and leaves the alpha as it is, and not for every format.
    picture = cv2.imdecode(
        pixels, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION)
    if picture is None:
        return None
    frame = _eight_bit(picture)
    if data.startswith(_MAY_HAVE_ALPHA):
        whole = cv2.imdecode(pixels, cv2.IMREAD_UNCHANGED)
        if whole is not None and whole.ndim == 3 and whole.shape[2] == 4:
            alpha = _eight_bit(whole[:, :, 3])
            if alpha.shape == frame.shape[:2] and alpha.min() < 255:
                frame = over_backdrop(multiplied(frame, alpha), backdrop)
    return exif_orientation(data).apply(frame)


def _eight_bit(picture: NDArray[np.generic]) -> Frame:
    """Return any picture as uint8; floats are taken as 0 to 1."""
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    if picture.dtype == np.uint16:
        return np.asarray(np.asarray(picture, np.uint16) // 257, np.uint8)
    scaled = np.nan_to_num(np.asarray(picture, np.float32)) * 255
    return np.clip(scaled, 0, 255).round().astype(np.uint8)
