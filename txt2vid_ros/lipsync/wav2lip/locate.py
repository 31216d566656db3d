"""The position of the face in every driving frame: found once, cached on disk."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import hashlib
import logging
import pathlib
import zipfile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import cache_dir, models_dir
from txt2vid_ros.core.models.verified import unverified_reason
from txt2vid_ros.core.registry import not_installed
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.lipsync.face import boxes as face_boxes
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.mesh_points import OVAL
from txt2vid_ros.lipsync.face.track import FaceTrack, find_face
from txt2vid_ros.lipsync.wav2lip import packages
from txt2vid_ros.lipsync.wav2lip.devices import resolved
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.driving.frame_placement import FramePlacement

S3FD_FILE = 's3fd.pth'
MIN_SIDE = 24           # pixels of a face box's side
MAX_GAP = 0.5           # seconds without a face that are interpolated; longer gaps stay unchanged
_VERSION = 2            # of the way S3FD's boxes are found
_DEFAULT_PADS = (0, 10, 0, 0)   # of the published inference

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class LocatedFace:
    """
    The face boxes of driving media, padded and smoothed, ready to cut and paste.

    `boxes`: (n, 4). `presence`: (n,), 1 in frames in which the face speaks, 0 where it was lost
    for long, is covered or is turned away. `outlines`: (n, k, 2), the contour of the face in
    pixels, if known.
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
        """Return the contour in frame `index` as fractions of its box; None if unknown."""
        if self.outlines is None:
            return None
        corner, end = self.boxes[index, :2], self.boxes[index, 2:]
        inside: NDArray[np.float32] = (self.outlines[index] - corner) / (end - corner)
        # The detector may have chosen a different person than the mesh did.
        centred = np.abs(inside.mean(axis=0) - 0.5).max() < 0.2
        fills = np.ptp(inside, axis=0).min() > 0.6
        return inside.astype(np.float32) if centred and fills else None


def locate(driving: DrivingMedia, options: Wav2LipOptions) -> LocatedFace:
    """Return the face of `driving`. Raises UserError if there is no usable one."""
    count = len(driving.frames)
    if options.box is not None:
        return LocatedFace(np.tile(np.array(_given(options.box, driving)), (count, 1)),
                           np.ones(count, np.float32))
    name = driving.source or 'the driving media'
    detector, notices = _detector(options)
    mesh = _mesh(driving, needed=detector == 'mesh')
    if detector == 'mesh' and mesh is not None:
        track, seen = _bounding_boxes(mesh), mesh.seen
        notices += mesh.remarks
    else:
        track, seen = _by_s3fd(driving, options)
    gap = round(MAX_GAP * driving.fps)
    filled = face_boxes.interpolated(track, seen)
    presence = face_boxes.presence(seen, gap)
    lost = ~seen
    if lost.any():
        shown = int((lost & (presence == 0)).sum())
        notices += (f'{name}: no face in {int(lost.sum())} of {len(seen)} frames; ' + (
            'its place there is interpolated' if shown == 0 else
            f'{shown} are shown as they are, its place in the others is interpolated'),)
    if mesh is not None:
        # The detector may have chosen a different person than the mesh did.
        same = np.ones(count, bool) if detector == 'mesh' else _inside(mesh, filled)
        presence = np.minimum(presence, np.where(same, mesh.visible, 1)).astype(np.float32)
    padded = face_boxes.padded(
        np.trunc(np.maximum(0, filled)).astype(np.int64), _pads(options, driving), driving.size)
    final = padded if options.nosmooth or not options.smooth else face_boxes.smoothed(padded)
    if int((final[:, 2:] - final[:, :2]).min()) < MIN_SIDE:
        raise UserError(f'the face in {name} is too small: under {MIN_SIDE} pixels',
                        'Use a closer picture or a larger width and height, or show less of '
                        'the source by face.crop.')
    outlines = None if mesh is None else mesh.points[:, list(OVAL), :2]
    return LocatedFace(final, presence, notices, outlines)


def _given(box: Sequence[int], driving: DrivingMedia) -> face_boxes.Box:
    """Return the user's box, given in source pixels, in frame pixels. Raises UserError."""
    top, bottom, left, right = box
    place = _place(driving)
    width, height = place.source
    if bottom > height or right > width:
        raise UserError(f'box {tuple(box)} leaves the picture of {width}x{height} pixels',
                        'Give pixels as top, bottom, left, right.')
    (x0, y0), (x1, y1) = place.shown(left, top), place.shown(right, bottom)
    if min(x0, y0) < 0 or x1 > driving.size[0] or y1 > driving.size[1]:
        raise UserError(f'box {tuple(box)} lies in what the frame cuts off',
                        'Show the whole picture, or give a box inside of what is shown.')
    if min(x1 - x0, y1 - y0) < MIN_SIDE:
        raise UserError(f'box {tuple(box)} is too small as shown: under {MIN_SIDE} pixels',
                        'Use a larger width and height, or show less of the source by '
                        'face.crop.')
    return x0, y0, x1, y1


def _pads(options: Wav2LipOptions, driving: DrivingMedia) -> tuple[int, int, int, int]:
    """Return the pads in frame pixels."""
    if options.pads is None:
        return _DEFAULT_PADS
    across, down = _place(driving).scale
    top, bottom, left, right = options.pads
    return round(top * down), round(bottom * down), round(left * across), round(right * across)


def _place(driving: DrivingMedia) -> FramePlacement:
    """Return where the source's pixels are in a frame."""
    return driving.placement or FramePlacement(driving.size, driving.size, driving.size)


def _detector(options: Wav2LipOptions) -> tuple[str, tuple[str, ...]]:
    """Return which detector to use, and a notice if it is not the expected one."""
    path = models_dir() / S3FD_FILE
    if options.detector != 'auto':
        return options.detector, ()
    if not path.is_file():
        return 'mesh', ()
    missing = not_installed(*packages.GPU)
    why_not = (f'{S3FD_FILE} needs {packages.as_clause(missing)} not installed' if missing
               else unverified_reason(path))
    if why_not is None:
        return 's3fd', ()
    return 'mesh', (f'{why_not}: the bundled face mesh finds the face instead',)


def _mesh(driving: DrivingMedia, *, needed: bool) -> FaceTrack | None:
    """Return the track of the bundled mesh. Beside S3FD it only shows the jaw; None without it."""
    try:
        return find_face(driving, FaceMesh)
    except UserError as error:
        if needed:
            raise
        _log.info('the jaw is assumed to be seen from the front: %s', error)
        return None


def _bounding_boxes(mesh: FaceTrack) -> NDArray[np.float64]:
    """Return the bounding boxes of the mesh, which reaches from the hairline to the chin."""
    points = mesh.points[:, :, :2].astype(np.float64)
    return np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)


def _inside(mesh: FaceTrack, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return in which frames the centre of the mesh lies within the box (n, 4)."""
    middle = mesh.points[:, :, :2].mean(axis=1)
    within: NDArray[np.bool_] = ((boxes[:, :2] < middle) & (middle < boxes[:, 2:])).all(axis=1)
    return within


def _by_s3fd(
    driving: DrivingMedia, options: Wav2LipOptions,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return S3FD's boxes (n, 4) and whether the face was seen (n,), cached on disk."""
    weights = models_dir() / S3FD_FILE
    path = cache_dir() / 'boxes' / f'{_key(driving, weights)}.npz'
    kept = _load(path, len(driving.frames))
    if kept is None:
        # Imported here: with cached boxes torch is not needed.
        packages.require(*packages.GPU)
        from txt2vid_ros.lipsync.face.s3fd.detector import S3fdDetector
        from txt2vid_ros.lipsync.face.s3fd.model import load_checkpoint
        device = resolved(options.device)
        detector = S3fdDetector(load_checkpoint(weights), device, options.detector_batch)
        with tqdm(total=len(driving.frames), desc='finding the face (S3FD)', unit='frame',
                  disable=None, leave=False) as bar:
            kept = detector.follow(driving.frames, bar.update)
        _save(path, *kept)
    if not kept[1].any():
        raise UserError(f'no face found in {driving.source or "the driving media"}',
                        'Use a picture or video in which a face is seen from the front, or give '
                        'its place as box.')
    return kept


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
    """Cache the boxes; if they cannot be written, only the next start takes longer."""
    try:
        with replacing(path) as temporary, temporary.open('wb') as file:
            np.savez_compressed(file, boxes=track, seen=seen)
    except OSError as error:
        _log.warning('face boxes cannot be cached in %s: %s', path, error)
