"""Face tracks kept on disk, by the digest of the media they belong to."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import pathlib
import tempfile
import zipfile

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.lipsync.facemesh import MESH_POINTS
from txt2vid_ros.models_store import cache_dir

_log = logging.getLogger(__name__)
_VERSION = 3  # of what the file holds and of how the faces were found
_MAX_NOTICE = 500


@dataclasses.dataclass(frozen=True)
class Entry:
    """What is kept: see faces.FaceTrack."""

    points: NDArray[np.float32]
    presence: NDArray[np.float32]
    notices: tuple[str, ...]


def entry_path(digest: str) -> pathlib.Path:
    """Return where the track of media `digest` (hex) is kept."""
    return cache_dir() / 'faces' / f'{digest}.v{_VERSION}.npz'


def load(digest: str, frames: int) -> Entry | None:
    """Return the kept track of `frames` frames; None where there is none or it is damaged."""
    path = entry_path(digest)
    try:
        with np.load(path, allow_pickle=False) as data:
            points = np.asarray(data['points'], np.float32)
            presence = np.asarray(data['presence'], np.float32)
            notices = tuple(str(line)[:_MAX_NOTICE] for line in data['notices'])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.info('face cache %s is damaged and made anew: %s', path, error)
        return None
    if points.shape != (frames, MESH_POINTS, 3) or presence.shape != (frames,):
        return None
    if not (np.isfinite(points).all() and np.isfinite(presence).all()):
        return None
    return Entry(points, presence, notices)


def save(digest: str, entry: Entry) -> None:
    """Keep a track; a cache that cannot be written costs time at the next start, nothing else."""
    path = entry_path(digest)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix='.part')
        with os.fdopen(handle, 'wb') as stream:
            np.savez_compressed(
                stream,
                points=entry.points,
                presence=entry.presence,
                notices=np.array(entry.notices, dtype=np.str_),
            )
        pathlib.Path(temporary).replace(path)
    except OSError as error:
        _log.warning('face cache %s cannot be written: %s', path, error)
        if temporary is not None:
            with contextlib.suppress(OSError):
                pathlib.Path(temporary).unlink()
