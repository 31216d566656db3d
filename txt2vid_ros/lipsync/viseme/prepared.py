"""The driving frames of one session, made ready to be rendered."""

from __future__ import annotations

import numpy as np

from txt2vid_ros.lipsync.face.track import FaceTrack
from txt2vid_ros.lipsync.viseme.face_renderer import Animator
from txt2vid_ros.lipsync.viseme.geometry import closed_lips, Lips, read_face
from txt2vid_ros.lipsync.viseme.mouth.cavity import make_kit, MouthKit
from txt2vid_ros.lipsync.viseme.region import region_of
from txt2vid_ros.media.driving.driving_media import DrivingMedia

MOST_BYTES = 80_000_000
"""Of frames kept ready: some 300 of 640x480."""
_LOOKED_AT = 24  # frames of a video, for the lips at rest


class PreparedFrames:
    """Prepares a driving frame when it is first wanted, and keeps it while there is room.

    A video goes to and fro, so that what was wanted longest ago is as likely to be wanted next as
    anything else: frames that find no room are made anew each time, and none is put out for them.
    """

    def __init__(self, driving: DrivingMedia, track: FaceTrack, room: int = MOST_BYTES) -> None:
        """Prepare frames of `driving`, whose faces are in `track`; `room` in bytes."""
        self._driving = driving
        self._track = track
        self._room = room
        self._kept: dict[int, Animator] = {}
        self._latest: tuple[int, Animator] | None = None
        self._kit, self._closed = _person(driving, track)

    def get(self, index: int) -> Animator:
        """Return driving frame `index` ready to be rendered."""
        if index in self._kept:
            return self._kept[index]
        if self._latest is not None and self._latest[0] == index:
            return self._latest[1]
        animator = Animator(
            self._driving.frames[index], self._track.points[index], self._kit, self._closed)
        if animator.nbytes <= self._room:
            self._room -= animator.nbytes
            self._kept[index] = animator
        else:
            self._latest = (index, animator)
        return animator

    def clear(self) -> None:
        """Drop all frames."""
        self._kept.clear()
        self._latest = None


def _person(
    driving: DrivingMedia, track: FaceTrack
) -> tuple[MouthKit | None, Lips | None]:
    """Return what the frames of a video have in common: the mouth's parts, the lips at rest."""
    if len(driving.frames) == 1:
        return None, None
    seen = np.flatnonzero(track.presence == track.presence.max())
    some = seen[np.linspace(0, len(seen) - 1, min(len(seen), _LOOKED_AT)).astype(int)]
    faces = [read_face(track.points[i], driving.frames[i]) for i in some]
    frame, face = driving.frames[some[0]], faces[0]
    kit = make_kit(frame, face, region_of(face, frame.shape), still=False)
    return kit, closed_lips(faces)
