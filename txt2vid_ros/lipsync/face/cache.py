"""
Face tracks cached on disk, by the digest of their media.

The points of a long clip, 5.6 kB a frame, stay there: they are mapped, not read.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import os
import pathlib
import tempfile
import zipfile

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import cache_dir
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.lipsync.face.mesh import MESH_POINTS

_MOST_IN_MEMORY = 2000  # frames whose points are found in memory: 11 MB
_log = logging.getLogger(__name__)
_VERSION = 5  # of the file format and of the way faces are found


@dataclasses.dataclass(frozen=True)
class CachedTrack:
    """
    What was found in each of n frames; see track.FaceTrack for `points` and `seen`.

    `covered`: (n,), whether something hides the mouth. `turned`: (n,), degrees to the side.
    `faces`: the largest number seen in one frame.
    """

    points: NDArray[np.float32]
    seen: NDArray[np.bool_]
    covered: NDArray[np.bool_]
    turned: NDArray[np.float32]
    faces: int


def entry_path(digest: str) -> pathlib.Path:
    """Return the file for the track of media `digest` (hex); points_path() is beside it."""
    return cache_dir() / 'faces' / f'{digest}.v{_VERSION}.npz'


def points_path(digest: str) -> pathlib.Path:
    """Return the file for the points of a track."""
    return entry_path(digest).with_suffix('.npy')


def blank_points(frames: int) -> NDArray[np.float32]:
    """Return an array for the points of so many frames, in a nameless file where they are many."""
    shape = frames, MESH_POINTS, 3
    if frames <= _MOST_IN_MEMORY:
        return np.zeros(shape, np.float32)
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            # Else a full disk would end the process at some later moment.
            os.posix_fallocate(file.fileno(), 0, 4 * math.prod(shape))
            return np.asarray(np.memmap(file, np.float32, 'r+', shape=shape))
    except OSError as error:
        raise UserError(f'the face of a long video cannot be kept in {folder}: {error.strerror}',
                        'Make room there, set XDG_CACHE_HOME to a folder on another disk, or use '
                        'less of the video by face.max_seconds') from error


def load(digest: str, frames: int) -> CachedTrack | None:
    """Return the cached track of `frames` frames; None if there is none or it is damaged."""
    path = entry_path(digest)
    try:
        with np.load(path, allow_pickle=False) as data:
            seen, covered = np.asarray(data['seen'], bool), np.asarray(data['covered'], bool)
            turned = np.asarray(data['turned'], np.float32)
            faces = int(data['faces'])
        points = np.asarray(np.load(points_path(digest), mmap_mode='r', allow_pickle=False))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.info('face cache %s is damaged and will be replaced: %s', path, error)
        return None
    if (points.shape != (frames, MESH_POINTS, 3) or points.dtype != np.float32
            or not seen.any()):
        return None
    if not seen.shape == covered.shape == turned.shape == (frames,):
        return None
    if not (np.isfinite(points).all() and np.isfinite(turned).all()):
        return None
    return CachedTrack(points, seen, covered, turned, faces)


def save(digest: str, entry: CachedTrack) -> None:
    """Cache a track; if it cannot be written, only the next start takes longer."""
    path = entry_path(digest)
    try:
        # Nobody else's business: it holds where the features of a face are.
        with replacing(points_path(digest), mode=0o600) as temporary, \
                temporary.open('wb') as stream:
            np.save(stream, entry.points)
        with replacing(path, mode=0o600) as temporary, temporary.open('wb') as stream:
            np.savez_compressed(
                stream,
                seen=entry.seen,
                covered=entry.covered,
                turned=entry.turned,
                faces=np.array(entry.faces),
            )
    except OSError as error:
        _log.warning('face cache %s cannot be written: %s', path, error)
