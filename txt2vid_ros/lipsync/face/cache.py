"""Face tracks cached on disk, by the digest of their media."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
import zipfile

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.models.store import cache_dir
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.lipsync.face.mesh import MESH_POINTS

_log = logging.getLogger(__name__)
_VERSION = 4  # of the file format and of the way faces are found


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
    """Return the file for the track of media `digest` (hex)."""
    return cache_dir() / 'faces' / f'{digest}.v{_VERSION}.npz'


def load(digest: str, frames: int) -> CachedTrack | None:
    """Return the cached track of `frames` frames; None if there is none or it is damaged."""
    path = entry_path(digest)
    try:
        with np.load(path, allow_pickle=False) as data:
            points = np.asarray(data['points'], np.float32)
            seen, covered = np.asarray(data['seen'], bool), np.asarray(data['covered'], bool)
            turned = np.asarray(data['turned'], np.float32)
            faces = int(data['faces'])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.info('face cache %s is damaged and will be replaced: %s', path, error)
        return None
    if points.shape != (frames, MESH_POINTS, 3) or not seen.any():
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
        with replacing(path, mode=0o600) as temporary, temporary.open('wb') as stream:
            np.savez_compressed(
                stream,
                points=entry.points,
                seen=entry.seen,
                covered=entry.covered,
                turned=entry.turned,
                faces=np.array(entry.faces),
            )
    except OSError as error:
        _log.warning('face cache %s cannot be written: %s', path, error)
