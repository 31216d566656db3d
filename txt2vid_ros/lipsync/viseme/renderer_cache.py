"""The renderers of one session's driving frames."""

from __future__ import annotations

import numpy as np
from txt2vid_ros.lipsync.face.track import FaceTrack
from txt2vid_ros.lipsync.viseme.face_renderer import FaceRenderer
from txt2vid_ros.lipsync.viseme.geometry import closed_lips, Lips, read_face
from txt2vid_ros.lipsync.viseme.mouth.oral_cavity import make_mouth_parts, MouthParts
from txt2vid_ros.lipsync.viseme.region import region_of
from txt2vid_ros.media.driving.driving_media import DrivingMedia

CACHE_BYTES = 80_000_000
"""Bytes of cached renderers: about 300 of 640x480."""
_SAMPLED_FRAMES = 24  # frames of a video from which the lips at rest are measured
_QUIET = 0.03  # face units that lips open and close by in a clip without speech
_NEARLY_CLOSED = 0.05  # face units; lips parted by more are closed while nothing is said


class RendererCache:
    """
    Prepares a driving frame on first use and keeps it while there is room.

    A video plays back and forth, so the least recently used frame is as likely to be next as
    any other. Frames that do not fit are therefore prepared each time; nothing is evicted.
    """

    def __init__(
        self, driving: DrivingMedia, track: FaceTrack, capacity: int = CACHE_BYTES
    ) -> None:
        """Prepare frames of `driving`, whose faces are in `track`; `capacity` in bytes."""
        self._driving = driving
        self._track = track
        self._free = capacity
        self._kept: dict[int, FaceRenderer] = {}
        self._latest: tuple[int, FaceRenderer] | None = None
        self._parts, self._closed, self._quiet = _person(driving, track)

    def get(self, index: int) -> FaceRenderer:
        """Return the renderer of driving frame `index`."""
        if index in self._kept:
            return self._kept[index]
        if self._latest is not None and self._latest[0] == index:
            return self._latest[1]
        renderer = FaceRenderer(
            self._driving.frames[index], self._track.points[index], self._parts, self._closed,
            self._quiet)
        if renderer.nbytes <= self._free:
            self._free -= renderer.nbytes
            self._kept[index] = renderer
        else:
            self._latest = (index, renderer)
        return renderer

    def clear(self) -> None:
        """Drop all renderers."""
        self._kept.clear()
        self._latest = None


def _person(
    driving: DrivingMedia, track: FaceTrack
) -> tuple[MouthParts | None, Lips | None, bool]:
    """Return what frames of a video share: the mouth, its lips at rest, whether it is quiet."""
    if len(driving.frames) == 1:
        return None, None, False
    seen = np.flatnonzero(track.presence == track.presence.max())
    some = seen[np.linspace(0, len(seen) - 1, min(len(seen), _SAMPLED_FRAMES)).astype(int)]
    faces = [read_face(track.points[i], driving.frames[i]) for i in some]
    frame, face = driving.frames[some[0]], faces[0]
    parts = make_mouth_parts(frame, face, region_of(face, frame.shape), still=False)
    low, high = np.percentile([face.gap for face in faces], (5, 95))
    quiet = bool(high < _NEARLY_CLOSED and high - low < _QUIET)
    return parts, closed_lips(faces), quiet
