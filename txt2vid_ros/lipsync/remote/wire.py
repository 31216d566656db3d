"""
Mouths asked for and given, as bytes.

A request has its own copy of all that a mouth depends on, the mel window and the face, so any
replica answers it and none remembers anything. 33 kB there and 28 kB back: 12 Mbit/s while
somebody speaks at 25 pictures a second.
"""

from __future__ import annotations

from collections.abc import Sequence
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip.architecture import FACE
from txt2vid_ros.lipsync.wav2lip.audio.mel import BANDS, WINDOW
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth, MOUTH_SHAPE

MEDIA_TYPE = 'application/x-txt2vid-mouths'
MOST_MOUTHS = 128
"""Of one request."""
_HEAD = struct.Struct('<4sHH')      # what it is, windows or mouths, crops
_ASKED, _GIVEN = b'TVq1', b'TVa1'
_WINDOW_SHAPE = BANDS, WINDOW
_CROP_SHAPE = FACE, FACE, 3


class MouthRequest(NamedTuple):
    """What mouths are asked for."""

    windows: NDArray[np.float32]
    """(B, 80, 16)."""
    crops: list[Crop]
    """The face of each."""


def pack_request(windows: NDArray[np.float32], crops: Sequence[Crop]) -> bytes:
    """Return the request for the mouths of B windows (B, 80, 16) and crops."""
    kept: dict[int, Crop] = {id(crop): crop for crop in crops}     # a still picture's goes once
    order = {key: place for place, key in enumerate(kept)}
    return b''.join((
        _HEAD.pack(_ASKED, len(windows), len(kept)),
        np.array([order[id(crop)] for crop in crops], '<u2').tobytes(),
        np.asarray(windows, '<f4').tobytes(), *(crop.tobytes() for crop in kept.values())))


def unpack_request(data: bytes) -> MouthRequest:
    """Return what pack_request() packed. Raises ValueError."""
    count, faces = _head(data, _ASKED)
    parts = _parts(data, (('<u2', (count,)), ('<f4', (count, *_WINDOW_SHAPE)),
                          ('u1', (faces, *_CROP_SHAPE))))
    places, windows, crops = parts
    if not faces or places.max() >= faces:
        raise ValueError('a mouth without a face')
    return MouthRequest(windows.astype(np.float32), [crops[place] for place in places])


def pack_mouths(mouths: Sequence[Mouth]) -> bytes:
    """Return the answer: half precision is an eighth of a step of the picture."""
    return _HEAD.pack(_GIVEN, len(mouths), 0) + np.asarray(mouths, '<f2').tobytes()


def unpack_mouths(data: bytes, count: int) -> list[Mouth]:
    """Return the mouths of an answer to a request for `count`. Raises ValueError."""
    given, _ = _head(data, _GIVEN)
    if given != count:
        raise ValueError(f'{given} mouths instead of {count}')
    mouths = _parts(data, (('<f2', (count, *MOUTH_SHAPE)),))[0].astype(np.float32)
    if not np.isfinite(mouths).all():
        raise ValueError('a mouth that is no picture')
    return list(mouths)


def _head(data: bytes, kind: bytes) -> tuple[int, int]:
    if len(data) < _HEAD.size:
        raise ValueError('too short')
    found, count, faces = _HEAD.unpack_from(data)
    if found != kind or not 0 < count <= MOST_MOUTHS or faces > count:
        raise ValueError('these are no mouths of this version')
    return count, faces


def _parts(data: bytes, shapes: Sequence[tuple[str, tuple[int, ...]]]) -> list[NDArray[Any]]:
    sizes = [int(np.prod(shape)) * np.dtype(kind).itemsize for kind, shape in shapes]
    if len(data) != _HEAD.size + sum(sizes):
        raise ValueError(f'{len(data)} bytes instead of {_HEAD.size + sum(sizes)}')
    parts, at = [], _HEAD.size
    for (kind, shape), size in zip(shapes, sizes, strict=True):
        parts.append(np.frombuffer(data, kind, int(np.prod(shape)), at).reshape(shape))
        at += size
    return parts
