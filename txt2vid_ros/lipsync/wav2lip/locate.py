"""Where the face is in every driving frame: found once, kept on disk."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import hashlib
import importlib.util
import logging
import pathlib
import zipfile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from txt2vid_ros.errors import UserError
from txt2vid_ros.lipsync import boxes as face_boxes
from txt2vid_ros.lipsync.atomic import replacing
from txt2vid_ros.lipsync.facemesh import FaceMesh
from txt2vid_ros.lipsync.faces import find_face
from txt2vid_ros.lipsync.mesh_points import OVAL
from txt2vid_ros.lipsync.wav2lip.devices import resolved
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving import DrivingMedia
from txt2vid_ros.models_store import cache_dir, models_dir

S3FD_FILE = 's3fd.pth'
SMALLEST = 24           # pixels of a face box's side
LONGEST_GAP = 0.5       # seconds without a face that are bridged; longer ones show the frame as is
_VERSION = 1            # of how S3FD's boxes are found

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Located:
    """The face boxes of driving media, padded and smoothed, ready to cut and paste.

    `boxes`: (n, 4). `presence`: (n,), 1 where the face is to speak, 0 where it was lost for long.
    `outlines`: (n, k, 2), the contour of the face in pixels, where it is known.
    """

    boxes: face_boxes.Boxes
    presence: NDArray[np.float32]
    notices: tuple[str, ...] = ()
    outlines: NDArray[np.float32] | None = None

    def box(self, index: int) -> face_boxes.Box:
        """Return the box of driving frame `index`."""
        left, top, right, bottom = self.boxes[index].tolist()
        return left, top, right, bottom

    def outline(self, index: int) -> NDArray[np.float32] | None:
        """Return the contour in frame `index` as fractions of its box; None if it is not there."""
        if self.outlines is None:
            return None
        corner, end = self.boxes[index, :2], self.boxes[index, 2:]
        inside: NDArray[np.float32] = (self.outlines[index] - corner) / (end - corner)
        # A detector may have taken another person than the mesh did.
        centred = np.abs(inside.mean(axis=0) - 0.5).max() < 0.2
        fills = np.ptp(inside, axis=0).min() > 0.6
        return inside.astype(np.float32) if centred and fills else None


_Found = tuple[NDArray[np.float64], NDArray[np.bool_], tuple[str, ...]]


def locate(driving: DrivingMedia, options: Wav2LipOptions) -> Located:
    """Return the boxes of the face of `driving`. Raises UserError where there is none to use."""
    count = len(driving.frames)
    width, height = driving.size
    if options.box is not None:
        top, bottom, left, right = options.box
        if bottom > height or right > width:
            raise UserError(f'box {options.box} leaves the picture of {width}x{height} pixels',
                            'Give pixels as top, bottom, left, right.')
        return Located(np.tile(np.array([left, top, right, bottom]), (count, 1)),
                       np.ones(count, np.float32))
    track, seen, notices = _DETECTORS[_detector(options)](driving, options)
    whole = np.trunc(np.maximum(0, face_boxes.filled(track, seen))).astype(np.int64)
    padded = face_boxes.padded(whole, options.pads, driving.size)
    final = face_boxes.smoothed(padded) if options.smooth else padded
    if int((final[:, 2:] - final[:, :2]).min()) < SMALLEST:
        raise UserError(f'the face in {driving.source or "the driving media"} is too small: under '
                        f'{SMALLEST} pixels', 'Use a closer picture or a larger width and height.')
    gap = round(LONGEST_GAP * driving.fps)
    return Located(final, face_boxes.presence(seen, gap), notices, _outlines(driving))


def _outlines(driving: DrivingMedia) -> NDArray[np.float32] | None:
    """Return the contours that the bundled mesh gives; None where it cannot."""
    try:
        return find_face(driving, FaceMesh).points[:, list(OVAL), :2]
    except UserError as error:
        _log.info('the jaw is taken as seen from the front: %s', error)
        return None


def _detector(options: Wav2LipOptions) -> str:
    if options.detector != 'auto':
        return options.detector
    usable = (models_dir() / S3FD_FILE).is_file() and importlib.util.find_spec('torch')
    return 's3fd' if usable else 'mesh'


def _by_mesh(driving: DrivingMedia, options: Wav2LipOptions) -> _Found:
    """Take the outline of the bundled face mesh, which reaches from the hairline to the chin."""
    track = find_face(driving, FaceMesh)
    points = track.points[:, :, :2].astype(np.float64)
    return (np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1),
            track.presence > 0, track.notices)


def _by_s3fd(driving: DrivingMedia, options: Wav2LipOptions) -> _Found:
    weights = models_dir() / S3FD_FILE
    path = cache_dir() / 'boxes' / f'{_key(driving, weights)}.npz'
    kept = _load(path, len(driving.frames))
    if kept is None:
        # Imported here: with kept boxes torch is not needed.
        from txt2vid_ros.lipsync.s3fd.detector import S3fdDetector
        from txt2vid_ros.lipsync.s3fd.model import load_checkpoint
        device = resolved(options.device)
        detector = S3fdDetector(load_checkpoint(weights), device, options.detector_batch)
        with tqdm(total=len(driving.frames), desc='finding the face', unit='frame',
                  disable=None, leave=False) as bar:
            kept = detector.follow(driving.frames, bar.update)
        _save(path, *kept)
    track, seen = kept
    name = driving.source or 'the driving media'
    if not seen.any():
        raise UserError(f'no face found in {name}', 'Use a picture or video in which a face is '
                        'seen from the front, or give its place as box.')
    lost = int((~seen).sum())
    notices = () if lost == 0 else (
        f'{name}: no face in {lost} of {len(seen)} frames; its place there is interpolated',)
    return track, seen, notices


_DETECTORS: dict[str, Callable[[DrivingMedia, Wav2LipOptions], _Found]] = {
    's3fd': _by_s3fd, 'mesh': _by_mesh}


def _key(driving: DrivingMedia, weights: pathlib.Path) -> str:
    try:
        status = weights.stat()
    except OSError as error:
        raise UserError(f'the face detector s3fd needs {weights}', 'Put the file there (`txt2vid '
                        'models list` names its source), or use detector mesh.') from error
    text = f'{driving.digest} {status.st_size} {status.st_mtime_ns} {_VERSION}'
    return hashlib.sha256(text.encode()).hexdigest()


def _load(
    path: pathlib.Path, count: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    try:
        with np.load(path, allow_pickle=False) as data:
            track, seen = data['boxes'].astype(np.float64), data['seen'].astype(bool)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    sound = track.shape == (count, 4) and seen.shape == (count,) and np.isfinite(track).all()
    return (track, seen) if sound else None


def _save(path: pathlib.Path, track: NDArray[np.float64], seen: NDArray[np.bool_]) -> None:
    """Keep the boxes; a cache that cannot be written costs time at the next start only."""
    try:
        with replacing(path) as temporary, temporary.open('wb') as file:
            np.savez_compressed(file, boxes=track, seen=seen)
    except OSError as error:
        _log.warning('face boxes cannot be kept in %s: %s', path, error)
