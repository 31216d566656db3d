"""Driving media: the picture or video whose face is made to speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import hashlib
import itertools
import os
import pathlib
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.backdrop import colour_of
from txt2vid_ros.media.driving.files.clip_file import ClipFile, open_clip
from txt2vid_ros.media.driving.files.picture_file import check_readable, read_picture
from txt2vid_ros.media.driving.frame_placement import Fit, FramePlacement
from txt2vid_ros.media.driving.frame_store import Frames, FrameStore
from txt2vid_ros.media.driving.framing import Framing, HD_PIXELS
from txt2vid_ros.media.driving.options import CROSS_FADE, CrossFaded, DrivingOptions, Loop
from txt2vid_ros.media.driving.progress import shown_progress

MAX_SIDE = 8192
MIN_PIXELS = 64 * 64
MOST_READINGS = 3
"""Times that a file is read which changes meanwhile."""
SETTLE_SECONDS = 0.5
"""Seconds before it is read again: who writes it may soon be done."""
HUGE = 256_000_000
"""Bytes above which a file is not hashed as a whole."""
FindTurns = Callable[[NDArray[np.uint8]], int]
"""Takes a frame (height, width, 3) uint8 BGR; returns quarter turns clockwise, 0 to 3."""

_LIES = ('', 'lies on its side', 'is upside down', 'lies on its side')

BUILT_IN_PORTRAIT = pathlib.Path(__file__).resolve().parents[2] / 'assets' / 'portrait.jpg'


@dataclasses.dataclass(frozen=True)
class DrivingMedia:
    """
    Decoded frames of a picture (one frame) or a video, ready to be animated.

    `frames`: each (height, width, 3) uint8 BGR, all of one even size. `digest`: sha256 (hex) of
    the source file and of every option that changes the frames; caches are keyed by it. `notices`:
    what the user should be told about the source, one line each. `loop`: what follows the last
    frame: the way back, or the first one. `placement`: where in a frame the source's pixels are,
    after `resize_factor`, `rotate` and `crop`; None where they are the frame's own.
    """

    frames: Sequence[NDArray[np.uint8]]
    fps: float
    digest: str
    source: pathlib.Path | None = None
    notices: tuple[str, ...] = ()
    loop: Loop = 'ping-pong'
    placement: FramePlacement | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.frames[0].shape[:2]
        return width, height

    def close(self) -> None:
        """Give back the disk that a long video takes; may be called twice."""
        if isinstance(self.frames, Frames):
            self.frames.close()

    @property
    def picture_area(self) -> tuple[int, int, int, int]:
        """Where in a frame the source is seen, not the bars: left, top, right, bottom, pixels."""
        width, height = self.size
        place = self.placement
        if place is None:
            return 0, 0, width, height
        return (max(0, place.left), max(0, place.top), min(width, place.left + place.scaled[0]),
                min(height, place.top + place.scaled[1]))

    def index_at(self, time: float) -> int:
        """Return the frame to show at `time` seconds; the clip goes on for ever without a jump."""
        count = len(self.frames)
        if count == 1:
            return 0
        if self.loop == 'cross-fade':
            return int(time * self.fps) % count
        step = int(time * self.fps) % (2 * count - 2)
        return step if step < count else 2 * count - 2 - step


def load_driving(
    path: pathlib.Path | str | None = None,
    *,
    width: int = 0,
    height: int = 0,
    max_pixels: int = HD_PIXELS,
    fps: float = 0,
    fit: Fit = 'contain',
    options: DrivingOptions | None = None,
    upright: FindTurns = lambda frame: 0,
) -> DrivingMedia:
    """
    Read a picture or video; the built-in portrait where `path` is None or empty.

    `width` and `height` in pixels (made even): with both, the whole picture is fitted between
    bars (`contain`) or fills the frame and is cropped (`cover`); with one, the other follows;
    with none, the frame has the source's size, or its shape where that has more than
    `max_pixels`. `fps`: resample to this rate; 0 keeps the video's own. `options` change each
    frame before it is fitted, and say how much of a video is used. `upright` finds the quarter
    turns clockwise after which a face in a frame is upright; the media are turned by what it
    returns for their first frame. Raises UserError.
    """
    file = face_file(path)
    for reading in range(1, MOST_READINGS + 1):
        version = _version(file)
        try:
            media = _read_once(
                file, Framing(width, height, fit, options or DrivingOptions(),
                              max_pixels=max_pixels), fps, upright)
        except UserError:
            if _version(file) == version:
                raise
        else:
            now = _version(file)
            # A recording that goes on grows: what was read of it is as it was.
            if now == version or (reading == MOST_READINGS and len(media.frames) > 1
                                  and now.same_file(version) and now.size >= version.size):
                return media
            media.close()
        time.sleep(SETTLE_SECONDS)
    raise UserError(f'face file {file} is changed while it is read', 'Name it once it is complete')


def face_file(path: pathlib.Path | str | None = None) -> pathlib.Path:
    """Return the file of a face; raises UserError where it cannot be read or is empty."""
    file = pathlib.Path(path).expanduser() if path else BUILT_IN_PORTRAIT
    check_readable(file)
    return file


class _Version(NamedTuple):
    """What differs once a file was written to or replaced."""

    device: int
    number: int
    size: int
    written: int
    changed: int

    def same_file(self, other: _Version) -> bool:
        return self[:2] == other[:2]


def _version(file: pathlib.Path) -> _Version:
    """Return the version of a file. Raises UserError."""
    check_readable(file)
    status = file.stat()
    return _Version(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
                    status.st_ctime_ns)


def _read_once(file: pathlib.Path, framing: Framing, fps: float, upright: FindTurns
               ) -> DrivingMedia:
    options = framing.options
    _check('width', framing.width, 0, MAX_SIDE)
    _check('height', framing.height, 0, MAX_SIDE)
    _check('max_pixels', framing.max_pixels, MIN_PIXELS, MAX_SIDE ** 2)
    _check('fps', fps, 0, 240)
    if framing.fit not in ('contain', 'cover'):
        raise UserError(f'fit is {framing.fit!r}', "Use 'contain' (bars) or 'cover' (crop)")
    fps = fps or options.fps
    digest = hashlib.sha256(
        f'driving 4 {framing} {fps} '.encode() + _sha256(file)
    )
    notices: tuple[str, ...] = ()
    picture = read_picture(file, colour_of(options.backdrop))
    if picture is not None:
        frame = framing.apply(picture)
        turns = upright(frame)
        if turns:
            framing = dataclasses.replace(framing, turns=turns)
            frame = framing.apply(picture)
        rate = fps or 25.0
        frames: Sequence[NDArray[np.uint8]] = [frame]
        size = picture.shape[1], picture.shape[0]
    else:
        clip = open_clip(file, fps)
        limit = 1 if options.static else max(1, int(options.max_seconds * clip.rate))
        frames, turns = _read(clip, framing, limit, upright, f'preparing {file.name}')
        rate, notices, size = float(clip.rate), clip.notices, clip.size
        framing = dataclasses.replace(framing, turns=turns)
        if options.loop == 'cross-fade':
            frames = CrossFaded(frames, round(CROSS_FADE * rate))
    if turns:
        notices = (*notices, f'{file.name}: the face {_LIES[turns]} and was turned upright')
        digest.update(f' {turns}'.encode())
    return DrivingMedia(frames, rate, digest.hexdigest(), file, notices, options.loop,
                        framing.placement(size))


def _read(clip: ClipFile, framing: Framing, limit: int, upright: FindTurns, title: str
          ) -> tuple[FrameStore, int]:
    """Return up to `limit` frames, and by how many quarter turns they were brought upright."""
    pictures = clip.frames(framing, limit)
    first = next(pictures)
    turns = upright(first)
    if turns:
        pictures = clip.frames(dataclasses.replace(framing, turns=turns), limit)
    else:
        pictures = itertools.chain([first], pictures)
    store = FrameStore()
    expected = None if clip.seconds is None else min(limit, round(clip.seconds * clip.rate))
    try:
        for frame in shown_progress(pictures, title, expected if limit > 1 else 1):
            store.append(frame)
    except BaseException:
        store.close()
        raise
    return store, turns


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UserError(f'{name} is {value:g}', f'Use a value from {low:g} to {high:g}')


def _sha256(file: pathlib.Path) -> bytes:
    """
    Return the digest of a file; of a huge one, of its two ends and of when it was written.

    Only the first seconds of a long recording are used: hashing it all would take longer.
    """
    status = file.stat()
    digest = hashlib.sha256()
    with file.open('rb') as stream:
        if status.st_size > HUGE:
            digest.update(f'{status.st_size} {status.st_mtime_ns}'.encode())
            digest.update(stream.read(HUGE // 16))
            stream.seek(-HUGE // 16, os.SEEK_END)
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.digest()
