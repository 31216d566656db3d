"""The face mesh in every frame of a driving picture or video, found once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face import cache
from txt2vid_ros.lipsync.face.mesh import Detection, FaceMesh, Image, MESH_POINTS, Points
from txt2vid_ros.lipsync.face.mesh_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from txt2vid_ros.lipsync.face.visibility import mouth_visible, outside
from txt2vid_ros.media.driving.driving_media import DrivingMedia

MIN_FACE = 80
"""Pixels of a face's width, from which on it can be animated well."""

_MIN_SCORE = 0.5
_MUCH_SMALLER = 0.5     # share of its size at which a picture's faces may be lost
_MAX_STEP = 0.5  # of the face's width from one frame to the next; more is another face
_MAX_JUMP = 1.0  # the same after a loss; a cut in a video moves a face about as far
_JUMP_PER_LOST_FRAME = 0.1  # added to that for each frame in which it was not seen
_SEEN_TURN, _LOST_TURN = 38.0, 52.0  # degrees to the side; beyond, half of the mouth is hidden
_FADE = 0.2  # seconds
_BLOCK = 1000  # frames
_SMOOTHING = np.array([0.25, 0.5, 0.25], np.float32)


@dataclasses.dataclass(frozen=True)
class FaceTrack:
    """
    The face mesh of every driving frame.

    `points`: (n, 468, 3) float32 pixels, interpolated where the face was lost. `seen`: (n,),
    whether it was found. `visible`: (n,) float32, 1 where its mouth can be seen, 0 where it is
    covered or turned away, with ramps in between; interpolated where the face was lost.
    `presence`: (n,), the same but 0 where the face was lost, so that an animation can fade to the
    original. `remarks`: notices for the user that do not depend on how lost frames are shown.
    """

    points: NDArray[np.float32]
    seen: NDArray[np.bool_]
    visible: NDArray[np.float32]
    presence: NDArray[np.float32]
    name: str
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject arrays that do not belong together."""
        if self.points.shape != (len(self.presence), MESH_POINTS, 3):
            raise ValueError(f'points {self.points.shape} for {len(self.presence)} frames')

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices for the user if lost frames are shown unchanged, as `presence` implies."""
        lost = int((~self.seen).sum())
        return self.remarks if lost == 0 else (*self.remarks, (
            f'{self.name}: no face in {lost} of {len(self.seen)} frames, shown as they are'))


def find_face(
    media: DrivingMedia, mesh: Callable[[], FaceMesh], *, use_cache: bool = True
) -> FaceTrack:
    """
    Return the track of one face in `media`, from the cache if possible.

    Of several faces it is the largest at first, then the one nearest to where it was last seen.
    `mesh` returns the loaded networks and is called only on a cache miss. A terminal gets a
    progress bar. Raises UserError if no frame shows a face.
    """
    count = len(media.frames)
    entry = cache.load(media.digest, count) if use_cache else None
    if entry is None:
        networks = mesh()
        with tqdm(total=count, desc='finding the face', unit='frame', leave=False,
                  disable=None if count > 1 else True) as bar:
            entry = _tracked(media, networks, bar.update)
        track = _assessed(entry, media)
        if use_cache:
            cache.save(media.digest, entry)
            if count > 1 and (kept := cache.load(media.digest, count)) is not None:
                # Of a long clip, one copy on disk is enough.
                track = dataclasses.replace(track, points=kept.points)
        return track
    return _assessed(entry, media)


def _name(media: DrivingMedia) -> str:
    return str(media.source or 'the driving media')


def _tracked(media: DrivingMedia, mesh: FaceMesh, progress: Callable[[int], object]
             ) -> cache.CachedTrack:
    """Search every frame for the face. Raises UserError if there is none."""
    frames = media.frames
    count = len(frames)
    points = cache.blank_points(count)
    seen, covered = np.zeros(count, bool), np.zeros(count, bool)
    most_faces, lost = 0, 0
    last: Points | None = None
    for index in range(count):
        frame = frames[index]
        found: Points | None = None
        if last is not None and lost == 0:
            candidate, score = mesh.track(frame, last)
            if score >= _MIN_SCORE and _step(candidate, last) < _MAX_STEP:
                found = candidate
        if found is None:
            faces = mesh.detect(frame)
            most_faces = max(most_faces, len(faces))
            found = _choose(frame, faces, mesh, last, _MAX_JUMP + _JUMP_PER_LOST_FRAME * lost)
        if found is not None:
            points[index], seen[index], last = found, True, found
            covered[index] = not mouth_visible(frame, found)
        lost = 0 if found is not None else lost + 1
        progress(1)
    if not seen.any():
        raise _no_face(media)
    _fill(points, seen)
    turned = _turn(points).astype(np.float32)
    _smooth(points)
    return cache.CachedTrack(points, seen, covered, turned, most_faces)


def _no_face(media: DrivingMedia) -> UserError:
    scale = 1.0 if media.placement is None else min(media.placement.scale)
    if scale < _MUCH_SMALLER:
        return UserError(
            f'no face found in {_name(media)}, which is shown at {scale:.0%} of its size',
            'Show the part around the face by face.crop (top, bottom, left, right in pixels), or '
            'use a closer picture.')
    return UserError(
        f'no face found in {_name(media)}',
        'Use a picture or video in which one face is seen from the front, at least '
        f'{MIN_FACE} pixels wide.')


def _assessed(entry: cache.CachedTrack, media: DrivingMedia) -> FaceTrack:
    """Return where a face can be animated. Raises UserError if its mouth is never seen."""
    name = _name(media)
    seen, turned = entry.seen, entry.turned
    count = len(seen)
    mouth_cut, chin_cut = outside(entry.points, media.picture_area)
    cut = mouth_cut | chin_cut
    if not (seen & ~cut).any():
        raise UserError(
            f'the {"mouth" if mouth_cut[seen].any() else "chin"} of the face in {name} lies '
            'outside the picture',
            'Use a picture or video that shows the face down to the chin.')
    covered = entry.covered & ~cut
    hidden = covered | cut
    if not (seen & ~hidden).any():
        raise UserError(
            f'the mouth of the face in {name} is covered',
            'Use a face without a mask or a hand before it.',
        )
    facing = np.clip((_LOST_TURN - turned) / (_LOST_TURN - _SEEN_TURN), 0, 1)
    if not (facing[seen] > 0).any():
        raise UserError(
            f'the face in {name} is turned {turned[seen].min():.0f} degrees to the side',
            f'Use one that is turned by less than {_SEEN_TURN:.0f} degrees.',
        )
    remarks = []
    if covered.any():
        remarks.append(f'{name}: the mouth is covered in {int(covered.sum())} of {count} frames')
    if (seen & cut).any():
        remarks.append(f'{name}: the mouth or the chin lies outside the picture in '
                       f'{int((seen & cut).sum())} of {count} frames')
    width = float(np.median(np.ptp(entry.points[:, :, 0], axis=1)[seen]))
    if width < MIN_FACE:
        remarks.append(f'{name}: the face is small, {width:.0f} pixels wide as shown, and moves '
                       f'better from {MIN_FACE} on: show the part around it by face.crop, or use '
                       'a closer one')
    if entry.faces > 1:
        remarks.append(f'{name} shows {entry.faces} faces: the largest one speaks, and is '
                       'followed by its place')
    if (turned[seen] > _SEEN_TURN).any():
        remarks.append(f'{name}: the mouth fades to the original where the face turns away')
    known = np.flatnonzero(seen)
    visible = np.interp(np.arange(count), known, np.where(hidden, 0, facing)[known])
    fade = max(1, round(_FADE * media.fps))
    return FaceTrack(
        entry.points, seen, _faded(visible, fade).astype(np.float32),
        _faded(np.where(seen, visible, 0), fade).astype(np.float32), name, tuple(remarks))


def _choose(frame: Image, faces: Sequence[Detection], mesh: FaceMesh, last: Points | None,
            reach: float) -> Points | None:
    """
    Return the mesh of the detection that continues `last`, or None.

    It is the nearest that the mesh network accepts as a face, within `reach` face widths; the
    largest if there was no face before.
    """
    if last is not None:
        middle = (last[:, :2].min(0) + last[:, :2].max(0)) / 2
        faces = sorted(faces, key=lambda face: float(np.hypot(
            (face.box[0] + face.box[2]) / 2 - middle[0],
            (face.box[1] + face.box[3]) / 2 - middle[1])))
    for face in faces:
        found, score = mesh.landmarks(frame, face)
        if score >= _MIN_SCORE:
            return found if last is None or _step(found, last) < reach else None
    return None


def _step(now: Points, before: Points) -> float:
    """Return how far the face moved, in widths of itself."""
    width = float(np.ptp(before[:, 0])) or 1.0
    moved = now[:, :2].mean(0) - before[:, :2].mean(0)
    return float(np.hypot(moved[0], moved[1])) / width


def _turn(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far each mesh (n, 468, 3) is turned to the side, degrees."""
    across = (points[:, LEFT_EYE_OUTER] - points[:, RIGHT_EYE_OUTER]).astype(np.float64)
    sideways = np.arctan2(np.abs(across[:, 2]), np.hypot(across[:, 0], across[:, 1]))
    return np.asarray(np.degrees(sideways))


def _faded(presence: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Return `presence` with each drop approached and left in steps of 1 / `frames`."""
    faded = presence.copy()
    for order in (range(1, len(faded)), range(len(faded) - 2, -1, -1)):
        for index in order:
            neighbour = index - 1 if order.step > 0 else index + 1
            faded[index] = min(faded[index], faded[neighbour] + 1 / frames)
    return faded


def _fill(points: NDArray[np.float32], seen: NDArray[np.bool_]) -> None:
    """Interpolate lost frames linearly, in place."""
    known = np.flatnonzero(seen)
    for index in np.flatnonzero(~seen):
        right = int(np.searchsorted(known, index))
        before, after = known[max(right - 1, 0)], known[min(right, len(known) - 1)]
        weight = 0.0 if after == before else (index - before) / (after - before)
        points[index] = points[before] * (1 - weight) + points[after] * weight


def _smooth(points: NDArray[np.float32]) -> None:
    """Smooth the network's frame-to-frame jitter in place, without delay."""
    if len(points) < 3:
        return
    before, last = points[0].copy(), len(points) - 1
    for start in range(0, len(points), _BLOCK):
        stop = min(start + _BLOCK, len(points))
        padded = np.concatenate([before[None], points[start:stop],
                                 points[min(stop, last)][None]])
        before = points[stop - 1].copy()
        points[start:stop] = sum(
            padded[i:i + stop - start] * weight for i, weight in enumerate(_SMOOTHING))
