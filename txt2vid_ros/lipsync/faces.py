"""The face of a driving picture or video: where its mesh is in every frame, found once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.errors import UserError
from txt2vid_ros.lipsync import face_cache
from txt2vid_ros.lipsync.facemesh import Detection, FaceMesh, Image, MESH_POINTS, Points
from txt2vid_ros.lipsync.mesh_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from txt2vid_ros.lipsync.visibility import mouth_visible
from txt2vid_ros.media.driving import DrivingMedia

_MIN_SCORE = 0.5
_MAX_STEP = 0.5  # of the face's width from one frame to the next; more is another face
_SEEN_TURN, _LOST_TURN = 38.0, 52.0  # degrees to the side; beyond, half of the mouth is hidden
_FADE = 0.2  # seconds
_SMOOTHING = np.array([0.25, 0.5, 0.25], np.float32)


@dataclasses.dataclass(frozen=True)
class FaceTrack:
    """The face mesh of every driving frame.

    `points`: (n, 468, 3) float32 pixels, filled in between where the face was lost. `presence`:
    (n,) float32, 1 where the face was well seen, 0 where it was lost or turned away, and ramps
    between, so that an animation can fade to the original. `notices`: what to tell the user.
    """

    points: NDArray[np.float32]
    presence: NDArray[np.float32]
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject arrays that do not belong together."""
        if self.points.shape != (len(self.presence), MESH_POINTS, 3):
            raise ValueError(f'points {self.points.shape} for {len(self.presence)} frames')


def find_face(
    media: DrivingMedia, mesh: Callable[[], FaceMesh], *, use_cache: bool = True
) -> FaceTrack:
    """Return the track of the largest face in `media`, from the cache where it is known.

    `mesh` gives the loaded networks; it is called only where the cache has no answer. Raises
    UserError where no frame shows a face.
    """
    if use_cache:
        kept = face_cache.load(media.digest, len(media.frames))
        if kept is not None:
            return FaceTrack(kept.points, kept.presence, kept.notices)
    name = str(media.source or 'the driving media')
    track = _track(media.frames, mesh(), name, media.fps)
    if use_cache:
        face_cache.save(
            media.digest, face_cache.Entry(track.points, track.presence, track.notices)
        )
    return track


def _track(frames: Sequence[Image], mesh: FaceMesh, name: str, fps: float) -> FaceTrack:
    count = len(frames)
    points = np.zeros((count, MESH_POINTS, 3), np.float32)
    seen, covered = np.zeros(count, bool), np.zeros(count, bool)
    most_faces, last = 0, None
    for index in range(count):
        frame = frames[index]
        found: Points | None = None
        if last is not None:
            candidate, score = mesh.track(frame, last)
            if score >= _MIN_SCORE and _step(candidate, last) < _MAX_STEP:
                found = candidate
        if found is None:
            faces = mesh.detect(frame)
            most_faces = max(most_faces, len(faces))
            found = _choose(frame, faces, mesh)
        if found is not None:
            points[index], seen[index] = found, True
            covered[index] = not mouth_visible(frame, found)
        last = found
    if not seen.any():
        raise UserError(
            f'no face found in {name}',
            'Use a picture or video in which one face is seen from the front, at least 80 '
            'pixels wide',
        )
    if not (seen & ~covered).any():
        raise UserError(
            f'the mouth of the face in {name} is covered',
            'Use a face without a mask or a hand before it',
        )
    notices = []
    if covered.any():
        notices.append(f'{name}: the mouth is covered in {int(covered.sum())} of {count} frames')
    if most_faces > 1:
        notices.append(f'{name} shows {most_faces} faces: the largest one speaks')
    if not seen.all():
        lost = int((~seen).sum())
        notices.append(f'{name}: no face in {lost} of {count} frames, shown as they are')
    _fill(points, seen)
    turned = _turn(points)
    facing = np.clip((_LOST_TURN - turned) / (_LOST_TURN - _SEEN_TURN), 0, 1)
    if not (facing[seen] > 0).any():
        raise UserError(
            f'the face in {name} is turned {turned[seen].min():.0f} degrees to the side',
            f'Use one that is turned by less than {_SEEN_TURN:.0f} degrees',
        )
    if (turned[seen] > _SEEN_TURN).any():
        notices.append(f'{name}: the mouth fades to the original where the face turns away')
    presence = _faded(np.where(seen & ~covered, facing, 0), max(1, round(_FADE * fps)))
    return FaceTrack(_smooth(points), presence.astype(np.float32), tuple(notices))


def _choose(frame: Image, faces: Sequence[Detection], mesh: FaceMesh) -> Points | None:
    """Return the mesh of the first (largest) detection that the mesh network takes for a face."""
    for face in faces:
        found, score = mesh.landmarks(frame, face)
        if score >= _MIN_SCORE:
            return found
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
    """Return `presence` with every drop approached and left in steps of 1 / `frames`."""
    faded = presence.copy()
    for order in (range(1, len(faded)), range(len(faded) - 2, -1, -1)):
        for index in order:
            neighbour = index - 1 if order.step > 0 else index + 1
            faded[index] = min(faded[index], faded[neighbour] + 1 / frames)
    return faded


def _fill(points: NDArray[np.float32], seen: NDArray[np.bool_]) -> None:
    """Fill lost frames in place: linear between the seen ones around them."""
    known = np.flatnonzero(seen)
    for index in np.flatnonzero(~seen):
        right = int(np.searchsorted(known, index))
        before, after = known[max(right - 1, 0)], known[min(right, len(known) - 1)]
        weight = 0.0 if after == before else (index - before) / (after - before)
        points[index] = points[before] * (1 - weight) + points[after] * weight


def _smooth(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the network's frame-to-frame tremble off, without delay."""
    if len(points) < 3:
        return points
    padded = np.concatenate([points[:1], points, points[-1:]])
    count = len(points)
    smoothed: NDArray[np.float32] = sum(
        padded[i:i + count] * weight for i, weight in enumerate(_SMOOTHING)
    )
    return smoothed
