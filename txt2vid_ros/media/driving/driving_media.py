"""Driving media: the picture or video whose face is made to speak."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import hashlib
import os
import pathlib

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving import frame_files
from txt2vid_ros.media.driving.frame_placement import Fit, FramePlacement, place_in_frame
from txt2vid_ros.media.driving.frame_store import FrameStore
from txt2vid_ros.media.driving.options import CROSS_FADE, CrossFaded, DrivingOptions, Loop

MAX_SIDE = 8192
HUGE = 256_000_000
"""Bytes above which a file is not hashed as a whole."""
DEFAULT_LONG_SIDE = 1280
BUILT_IN_PORTRAIT = pathlib.Path(__file__).resolve().parents[2] / 'assets' / 'portrait.jpg'


@dataclasses.dataclass(frozen=True)
class DrivingMedia:
    """Decoded frames of a picture (one frame) or a video, ready to be animated.

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
    fps: float = 0,
    max_seconds: float = 30,
    fit: Fit = 'contain',
    options: DrivingOptions | None = None,
) -> DrivingMedia:
    """Read a picture or video; the built-in portrait where `path` is None or empty.

    `width` and `height` in pixels (made even): with both, the whole picture is fitted between
    bars (`contain`) or fills the frame and is cropped (`cover`); with one, the other follows;
    with none, the source's size up to a long side of 1280. `fps`: resample to this rate; 0 keeps
    the video's own. Of a longer video only the first `max_seconds` are used, which is said in
    the notices. `options` change each frame before it is fitted. Raises UserError.
    """
    _check('width', width, 0, MAX_SIDE)
    _check('height', height, 0, MAX_SIDE)
    _check('fps', fps, 0, 240)
    _check('max_seconds', max_seconds, 0.04, 3600)
    if fit not in ('contain', 'cover'):
        raise UserError(f'fit is {fit!r}', "Use 'contain' (bars) or 'cover' (crop)")
    options = options or DrivingOptions()
    fps = fps or options.fps
    file = pathlib.Path(path).expanduser() if path else BUILT_IN_PORTRAIT
    frame_files.check_readable(file)
    digest = hashlib.sha256(
        f'driving 2 {width} {height} {fps} {max_seconds} {fit} {options} '.encode() + _sha256(file)
    ).hexdigest()
    picture = frame_files.read_picture(file)
    place: FramePlacement | None = None

    def placed(source: NDArray[np.uint8]) -> NDArray[np.uint8]:
        nonlocal place
        changed = options.apply(source)
        if place is None:
            high, wide = changed.shape[:2]
            place = place_in_frame((wide, high), width, height, fit, DEFAULT_LONG_SIDE)
        return place.apply(changed)

    if picture is not None:
        frame = placed(picture)
        return DrivingMedia([frame], fps or 25.0, digest, file, placement=place)
    store = FrameStore()
    rate, notices = frame_files.read_video(
        file,
        fps,
        min(max_seconds, 1.0) if options.static else max_seconds,
        lambda frame: store.append(placed(frame)),
    )
    if options.static:
        return DrivingMedia(store[:1], rate, digest, file, placement=place)
    frames: Sequence[NDArray[np.uint8]] = store
    if options.loop == 'cross-fade':
        frames = CrossFaded(store, round(CROSS_FADE * rate))
    return DrivingMedia(frames, rate, digest, file, notices, options.loop, place)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UserError(f'{name} is {value:g}', f'Use a value from {low:g} to {high:g}')


def _sha256(file: pathlib.Path) -> bytes:
    """Return the digest of a file; of a huge one, of its two ends and of when it was written.

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
