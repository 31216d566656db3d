"""Reading pictures and videos as 8-bit BGR frames."""

from __future__ import annotations

from collections.abc import Callable
import pathlib

import cv2
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import UserError

Frame = NDArray[np.uint8]

_BACKDROP = 128  # grey behind transparent pixels
_MAX_FILE = 300_000_000  # bytes of a picture file; anything larger is read as a video
_MAX_FPS = 60.0
_MAY_HAVE_ALPHA = (b'\x89PNG', b'RIFF', b'II*\0', b'MM\0*')


def check_readable(file: pathlib.Path) -> None:
    """Raise UserError where `file` is not a readable file with something in it."""
    try:
        if not file.exists():
            raise UserError(f'face file {file} does not exist', 'Name a picture or video')
        if not file.is_file():
            raise UserError(f'face {file} is not a file', 'Name a picture or video')
        with file.open('rb') as stream:
            if not stream.read(1):
                raise UserError(f'face file {file} is empty', 'Name a picture or video')
    except OSError as error:
        raise UserError(
            f'face file {file} cannot be read: {error.strerror}', 'Check its permissions'
        ) from error


def read_picture(file: pathlib.Path) -> Frame | None:
    """Return a picture upright as (height, width, 3) uint8 BGR; None where it is no picture.

    Grey and 16-bit pictures are converted, transparent ones laid over grey, and the EXIF
    orientation is followed. Animated GIFs are left to read_video.
    """
    with file.open('rb') as stream:
        head = stream.read(12)
    if head[:3] == b'GIF' or head[4:8] == b'ftyp' or file.stat().st_size > _MAX_FILE:
        return None
    data = np.fromfile(file, np.uint8)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        if picture is None:
            return None
        frame = _eight_bit(picture)
        if head.startswith(_MAY_HAVE_ALPHA):
            whole = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
            if whole is not None and whole.ndim == 3 and whole.shape[2] == 4:
                frame = _over_backdrop(frame, _eight_bit(whole[:, :, 3]))
    except cv2.error as error:
        raise UserError(
            f'face file {file} cannot be decoded: {error.err}', 'Save it again as JPEG or PNG'
        ) from error
    return frame


def read_video(
    file: pathlib.Path, fps: float, max_seconds: float, take: Callable[[Frame], None]
) -> tuple[float, tuple[str, ...]]:
    """Hand the frames of a video to `take`, one at a time; return the rate and the notices.

    Frames are picked by their time stamps onto a constant rate (`fps`, or the video's own), so
    a video of varying rate keeps its pace. Raises UserError where there is no frame.
    """
    capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise _undecodable(file)
        own = capture.get(cv2.CAP_PROP_FPS)
        own = min(own, _MAX_FPS) if np.isfinite(own) and own > 0.1 else 25.0
        rate = fps or own
        count, cut = _resample(capture, own, rate, int(max_seconds * rate), take)
    finally:
        capture.release()
    if count == 0:
        raise _undecodable(file)
    notices = []
    if cut:
        notices.append(f'face video {file.name}: only its first {max_seconds:g} s are used')
    if count == 1:
        notices.append(f'face video {file.name} has one frame: used as a picture')
    return rate, tuple(notices)


def _undecodable(file: pathlib.Path) -> UserError:
    return UserError(
        f'face file {file} is neither a picture nor a video that can be decoded',
        'Convert it to JPEG, PNG or MP4',
    )


def _resample(
    capture: cv2.VideoCapture, own: float, rate: float, limit: int, take: Callable[[Frame], None]
) -> tuple[int, bool]:
    """Return how many frames went to `take`, and whether there were more than `limit`."""
    taken, position, first, last = 0, 0, 0.0, -1.0
    held: Frame | None = None
    # A file may claim any stamps: reading stops after so many frames whatever they say.
    for position in range(int(limit / rate * max(own, _MAX_FPS) * 4) + 2):
        done, picture = capture.read()
        if not done:
            break
        stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if position == 0:
            first = stamp
        stamp -= first
        if stamp <= last:
            stamp = last + 1 / own
        last = stamp
        # The frame before stays on screen until this one's stamp.
        while held is not None and (taken + 0.5) / rate < stamp:
            if taken >= limit:
                return taken, True
            take(held)
            taken += 1
        held = _eight_bit(picture)
    else:
        return taken, True
    if held is not None:
        while taken < limit and (taken + 0.5) / rate < last + 1 / own:
            take(held)
            taken += 1
        if taken == 0:
            take(held)
            taken = 1
    return taken, False


def _eight_bit(picture: NDArray[np.generic]) -> Frame:
    """Return any picture as uint8; floats are taken as 0 to 1."""
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    if picture.dtype == np.uint16:
        return np.asarray(np.asarray(picture, np.uint16) // 257, np.uint8)
    scaled = np.nan_to_num(np.asarray(picture, np.float32)) * 255
    return np.clip(scaled, 0, 255).round().astype(np.uint8)


def _over_backdrop(frame: Frame, alpha: Frame) -> Frame:
    if alpha.shape != frame.shape[:2] or alpha.min() == 255:
        return frame
    weight = alpha[:, :, None].astype(np.float32) / 255
    return (frame * weight + _BACKDROP * (1 - weight)).round().astype(np.uint8)
