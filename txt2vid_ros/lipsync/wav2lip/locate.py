"""Where the face is in every driving frame: found once, kept on disk."""

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
from txt2vid_ros.core.files import replacing
from txt2vid_ros.core.models.store import cache_dir, models_dir
from txt2vid_ros.core.models.verified import unverified_reason
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
SMALLEST = 24           # pixels of a face box's side
LONGEST_GAP = 0.5       # seconds without a face that are bridged; longer ones show the frame as is
_VERSION = 2            # of how S3FD's boxes are found
_USUAL_PADS = (0, 10, 0, 0)     # of the published inference

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Located:
    """The face boxes of driving media, padded and smoothed, ready to cut and paste.

    `boxes`: (n, 4). `presence`: (n,), 1 where the face is to speak, 0 where it was lost for long,
    is covered or turned away.
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


def locate(driving: DrivingMedia, options: Wav2LipOptions) -> Located:
    """Return the boxes of the face of `driving`. Raises UserError where there is none to use."""
    count = len(driving.frames)
    if options.box is not None:
        return Located(np.tile(np.array(_given(options.box, driving)), (count, 1)),
                       np.ones(count, np.float32))
    name = driving.source or 'the driving media'
    detector, notices = _detector(options)
    mesh = _mesh(driving, needed=detector == 'mesh')
    if detector == 'mesh' and mesh is not None:
        track, seen = _outer(mesh), mesh.seen
        notices += mesh.remarks
    else:
        track, seen = _by_s3fd(driving, options)
    gap = round(LONGEST_GAP * driving.fps)
    filled = face_boxes.filled(track, seen)
    presence = face_boxes.presence(seen, gap)
    lost = ~seen
    if lost.any():
        shown = int((lost & (presence == 0)).sum())
        notices += (f'{name}: no face in {int(lost.sum())} of {len(seen)} frames; ' + (
            'its place there is interpolated' if shown == 0 else
            f'{shown} are shown as they are, its place in the others is interpolated'),)
    if mesh is not None:
        # A detector may have taken another person than the mesh did.
        same = np.ones(count, bool) if detector == 'mesh' else _inside(mesh, filled)
        presence = np.minimum(presence, np.where(same, mesh.visible, 1)).astype(np.float32)
    padded = face_boxes.padded(
        np.trunc(np.maximum(0, filled)).astype(np.int64), _pads(options, driving), driving.size)
    final = padded if options.nosmooth or not options.smooth else face_boxes.smoothed(padded)
    if int((final[:, 2:] - final[:, :2]).min()) < SMALLEST:
        raise UserError(f'the face in {name} is too small: under {SMALLEST} pixels',
                        'Use a closer picture or a larger width and height.')
    outlines = None if mesh is None else mesh.points[:, list(OVAL), :2]
    return Located(final, presence, notices, outlines)


def _given(box: Sequence[int], driving: DrivingMedia) -> face_boxes.Box:
    """Return the box that a user gave in pixels of the source. Raises UserError outside of it."""
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
    if min(x1 - x0, y1 - y0) < SMALLEST:
        raise UserError(f'box {tuple(box)} is too small as shown: under {SMALLEST} pixels',
                        'Use a larger width and height, or crop.')
    return x0, y0, x1, y1


def _pads(options: Wav2LipOptions, driving: DrivingMedia) -> tuple[int, int, int, int]:
    """Return the pads in pixels of the picture as shown."""
    if options.pads is None:
        return _USUAL_PADS
    across, down = _place(driving).scale
    top, bottom, left, right = options.pads
    return round(top * down), round(bottom * down), round(left * across), round(right * across)


def _place(driving: DrivingMedia) -> FramePlacement:
    """Return where the source's pixels are in a frame."""
    return driving.placement or FramePlacement(driving.size, driving.size, driving.size)


def _detector(options: Wav2LipOptions) -> tuple[str, tuple[str, ...]]:
    """Return which detector to take, and what to say where it is not the one expected."""
    path = models_dir() / S3FD_FILE
    if options.detector != 'auto':
        return options.detector, ()
    if not path.is_file():
        return 'mesh', ()
    missing = packages.absent(*packages.GPU)
    why_not = (f'{S3FD_FILE} needs {packages.said(missing)} not installed' if missing
               else unverified_reason(path))
    if why_not is None:
        return 's3fd', ()
    return 'mesh', (f'{why_not}: the bundled face mesh finds the face instead',)


def _mesh(driving: DrivingMedia, *, needed: bool) -> FaceTrack | None:
    """Return the bundled mesh's track: the boxes, and beside S3FD's boxes the jaw, if it can."""
    try:
        return find_face(driving, FaceMesh)
    except UserError as error:
        if needed:
            raise
        _log.info('the jaw is taken as seen from the front: %s', error)
        return None


def _outer(mesh: FaceTrack) -> NDArray[np.float64]:
    """Return the boxes of the mesh's outline, which reaches from the hairline to the chin."""
    points = mesh.points[:, :, :2].astype(np.float64)
    return np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)


def _inside(mesh: FaceTrack, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return in which frames the middle of the mesh lies in the box (n, 4)."""
    middle = mesh.points[:, :, :2].mean(axis=1)
    within: NDArray[np.bool_] = ((boxes[:, :2] < middle) & (middle < boxes[:, 2:])).all(axis=1)
    return within


def _by_s3fd(
    driving: DrivingMedia, options: Wav2LipOptions,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return S3FD's boxes (n, 4) and whether the face was seen (n,), kept where they are known."""
    weights = models_dir() / S3FD_FILE
    path = cache_dir() / 'boxes' / f'{_key(driving, weights)}.npz'
    kept = _load(path, len(driving.frames))
    if kept is None:
        # Imported here: with kept boxes torch is not needed.
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
    """Keep the boxes; a cache that cannot be written costs time at the next start only."""
    try:
        with replacing(path) as temporary, temporary.open('wb') as file:
            np.savez_compressed(file, boxes=track, seen=seen)
    except OSError as error:
        _log.warning('face boxes cannot be kept in %s: %s', path, error)
