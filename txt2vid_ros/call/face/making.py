"""One's own face for a card: cropped to head and shoulders, and coded to a budget of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import dataclasses
from functools import partial
import math
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from txt2vid_ros.call.card import Face, FaceFormat, FaceOutline, MOST_FACE_BYTES
from txt2vid_ros.call.face import coding
from txt2vid_ros.call.face.coding import COARSEST, FINEST, Frame
from txt2vid_ros.call.face.crop import head_and_shoulders
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.face.upright import quarter_turns
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving, MAX_SIDE
from txt2vid_ros.media.driving.options import DrivingOptions

CLIP_RATE = 25.0
"""Frames a second at which a clip is read; a rung of the ladder keeps some of them."""
MOST_SECONDS = 10.0
_STILL_WIDTHS = (512, 448, 384, 320, 256, 224, 192, 176)
_GOOD = 40      # crf up to which more pixels are worth more than a finer quantizer
_WORST_JPEG, _BEST_JPEG = 25, 95
_HALVES = 12.0  # steps of the quantizer by which the bytes double
_NEAR = 0.92    # of the budget: no more is looked for


class Rung(NamedTuple):
    """How much of a clip is kept: pixels across, each how manieth frame, seconds."""

    width: int
    every: int
    seconds: float


# Better a small face that moves smoothly than a large one of smears. A short clip goes back and
# forth, which is hardly seen.
LADDER = tuple(Rung(*step) for step in (
    (320, 1, 10.0), (256, 1, 10.0), (224, 2, 10.0), (192, 2, 10.0), (176, 2, 10.0),
    (192, 2, 5.0), (176, 2, 5.0), (176, 2, 3.0), (176, 3, 2.0)))


@dataclasses.dataclass(frozen=True)
class FaceBudget:
    """What a face may cost."""

    face_budget: int = parameter(30_000, 'bytes of the face on a card', minimum=2000,
                                 maximum=MOST_FACE_BYTES)
    face_seconds: float = parameter(MOST_SECONDS, 'seconds of a clip on a card; 0 takes its first '
                                    'picture alone', minimum=0.0, maximum=MOST_SECONDS)

    def __post_init__(self) -> None:
        """Raise UserError that names a value out of range."""
        check_fields(self)


def make_face(file: Path | str, budget: FaceBudget | None = None,
              mesh: FaceMesh | None = None) -> Face:
    """
    Return the face of a picture or clip, coded to a budget, without anything else of the file.

    Only pixels go into it: place, camera and time that the file tells are left behind. `mesh`: the
    face networks, loaded where None. Takes seconds. Raises UserError where the file shows no face,
    or it cannot be coded in so few bytes.
    """
    limits, networks = budget or FaceBudget(), mesh or FaceMesh()
    frames = _cropped(file, limits, networks)
    return (_still(frames[0], limits, file) if len(frames) == 1
            else _clip(frames, limits, file))


def _cropped(file: Path | str, limits: FaceBudget, mesh: FaceMesh) -> list[Frame]:
    """Return head and shoulders, in each frame the same part of the picture."""
    options = DrivingOptions(static=limits.face_seconds == 0,
                             max_seconds=max(limits.face_seconds, 1 / CLIP_RATE))

    def read(width: int = 0, height: int = 0) -> DrivingMedia:
        return load_driving(file, width=width, height=height, fps=CLIP_RATE, options=options,
                            upright=lambda frame: quarter_turns(mesh, frame))

    media = read()
    place = media.placement
    if len(media.frames) == 1 and place is not None and place.scaled[0] < place.source[0]:
        # All pixels that a picture has: a face may be a small part of it.
        share = min(1.0, MAX_SIDE / max(place.source))
        media = read(round(place.source[0] * share), round(place.source[1] * share))
    track = find_face(media, lambda: mesh, use_cache=False)
    left, top, right, bottom = head_and_shoulders(track.points[track.seen], media.size)
    return [media.frames[index][top:bottom, left:right] for index in range(len(media.frames))]


def _scaled(frames: Sequence[Frame], width: int) -> list[Frame]:
    """Return frames of an even size, `width` across, none larger than it was."""
    height = frames[0].shape[0] * width / frames[0].shape[1]
    size = width // 2 * 2, max(2, round(height / 2) * 2)
    return [np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
            for frame in frames]


def _widths(own: int, widths: Sequence[int]) -> Iterator[int]:
    """Yield the widths that a picture of width `own` can be scaled down to, the widest first."""
    yield from dict.fromkeys(min(width, own) for width in widths)


def _still(frame: Frame, limits: FaceBudget, file: Path | str) -> Face:
    most = limits.face_budget
    has_av1 = bool(coding.av1_encoder())
    widths = list(_widths(frame.shape[1], _STILL_WIDTHS))
    for width in widths:
        (small,) = _scaled([frame], width)
        worst = COARSEST if width == widths[-1] else _GOOD
        if has_av1:
            data = _fitted(partial(coding.av1, [small], 1), FINEST, worst, most)
        else:
            data = _fitted(partial(_jpeg, small), 100 - _BEST_JPEG, 100 - _WORST_JPEG, most)
        if data:
            return _face(FaceFormat.AV1 if has_av1 else FaceFormat.JPEG, small, 1, 1, data)
    raise _too_small(limits, file, 'a picture')


def _jpeg(frame: Frame, loss: int) -> bytes:
    return coding.jpeg(frame, 100 - loss)


def _clip(frames: list[Frame], limits: FaceBudget, file: Path | str) -> Face:
    if not coding.av1_encoder():
        raise UserError(f'face file {file} is a clip, and this ffmpeg has no encoder for AV1',
                        'Use a picture, or an ffmpeg with libaom or SVT-AV1.')
    for rung in LADDER:
        if rung.width > frames[0].shape[1] and rung is not LADDER[-1]:
            continue
        kept = frames[:round(min(rung.seconds, limits.face_seconds) * CLIP_RATE):rung.every]
        small = _scaled(kept, min(rung.width, frames[0].shape[1]))
        rate = round(CLIP_RATE / rung.every)
        worst = COARSEST if rung is LADDER[-1] else _GOOD
        data = _fitted(partial(coding.av1, small, rate), FINEST, worst, limits.face_budget)
        if data:
            return _face(FaceFormat.AV1, small[0], len(small), rate, data)
    raise _too_small(limits, file, 'a clip')


def _fitted(code: Callable[[int], bytes], finest: int, coarsest: int, most: int) -> bytes:
    """Return a fine code of at most `most` bytes; b'' where the coarsest has more."""
    best = code(coarsest)
    if len(best) > most:
        return b''
    at, step = coarsest, _HALVES
    while finest < coarsest:
        # Bytes grow about exponentially: three tries come as near as all of them would.
        at = min(max(finest, round(at - step * math.log2(most / len(best)))), coarsest - 1)
        data = code(at)
        if len(data) > most:
            finest, at, step = at + 1, coarsest, step / 2
            continue
        best, coarsest = data, at
        if len(best) > _NEAR * most:
            break
    return best


def _face(coded: FaceFormat, frame: Frame, frames: int, rate: int, data: bytes) -> Face:
    height, width = frame.shape[:2]
    return Face(FaceOutline(coded, width, height, frames, rate, len(data)), data)


def _too_small(limits: FaceBudget, file: Path | str, what: str) -> UserError:
    return UserError(
        f'face file {file} cannot be coded as {what} of {limits.face_budget} bytes',
        'Raise face_budget, or use a plainer background.')
