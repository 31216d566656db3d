"""The engine `viseme`: the default face, which needs no downloaded weights to speak."""

from __future__ import annotations

from typing import Any, ClassVar

import cv2
import numpy as np

from txt2vid_ros.core.mouth import ANTICIPATION, MouthPose, ONSET_MARGIN, rest_pose
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import FaceTrack, find_face
from txt2vid_ros.lipsync.viseme.face_renderer import Animator
from txt2vid_ros.lipsync.viseme.head import Head
from txt2vid_ros.lipsync.viseme.life import Life, LifeSettings
from txt2vid_ros.lipsync.viseme.prepared import PreparedFrames
from txt2vid_ros.lipsync.viseme.sound import audio_pose
from txt2vid_ros.media.driving.driving_media import DrivingMedia

_FRAME = 0.04  # seconds up to which the next frame to be made may lie beyond a track's arrival


class VisemeEngine(LipSyncEngine):
    """Moves jaw, lips and mouth corners of any face by warping and compositing."""

    name: ClassVar[str] = 'viseme'
    Options: ClassVar[type[Any] | None] = LifeSettings
    look_ahead: ClassVar[float] = audio_pose.LOOK_AHEAD
    timed_look_ahead: ClassVar[float | None] = ANTICIPATION + _FRAME - ONSET_MARGIN

    def __init__(self, options: LifeSettings | None = None) -> None:
        """Hold no models yet; see load(). `options`: how still pictures move besides speaking."""
        self._mesh: FaceMesh | None = None
        self._life = options or LifeSettings()

    def load(self) -> None:
        """Load the face networks. Raises UserError where their files are missing."""
        self._mesh = FaceMesh()
        audio_pose.load()

    def open(self, driving: DrivingMedia) -> VisemeSession:  # noqa: A003
        """Find the face in `driving`, or read it from the cache. Raises UserError without one."""
        return VisemeSession(driving, find_face(driving, self._loaded_mesh), self._life)

    def close(self) -> None:
        """Release the networks."""
        self._mesh = None

    def _loaded_mesh(self) -> FaceMesh:
        if self._mesh is None:
            self._mesh = FaceMesh()
        return self._mesh


class VisemeSession(LipSyncSession):
    """One face. Frames prepared for rendering are kept, so that a picture is prepared once."""

    def __init__(self, driving: DrivingMedia, track: FaceTrack, life: LifeSettings) -> None:
        """Animate `driving`, whose faces are in `track`. Videos have a life of their own."""
        self._driving = driving
        self._track = track
        self._prepared = PreparedFrames(driving, track)
        self._life = Life(life) if life.life and len(driving.frames) == 1 else None
        self._head: Head | None = None
        self.notices = driving.notices + track.notices

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """Return the picture at `time` on driving frame `driving_index`."""
        presence = float(self._track.presence[driving_index])
        if presence <= 0:
            return np.array(self._driving.frames[driving_index])
        frame = self._driving.frames[driving_index]
        animator = self.animator(driving_index)
        picture = animator.render(frame, pose_at(time, speech))
        if len(self._driving.frames) > 1:
            animator.release()
        if presence < 1:
            mixed = cv2.addWeighted(frame, 1 - presence, picture, presence, 0)
            picture = np.asarray(mixed, np.uint8)
        if self._life is None:
            return picture
        if self._head is None:
            self._head = Head(animator.face, picture.shape)
        return self._head.animate(picture, self._life.at(time, speech))

    def close(self) -> None:
        """Release the prepared frames."""
        self._prepared.clear()
        self._head = None

    def animator(self, index: int) -> Animator:
        """Return driving frame `index` ready to be rendered."""
        return self._prepared.get(index)


def pose_at(time: float, speech: SpeechView) -> MouthPose:
    """Return the mouth at `time`: as timed by the voice, else as heard, else at rest."""
    timed = speech.mouth(time)
    if timed is not None:
        return timed
    start, stop = time - audio_pose.LOOK_BACK, time + audio_pose.LOOK_AHEAD
    if not speech.speaking(time - audio_pose.LOOK_AHEAD, stop):
        return rest_pose()
    return audio_pose.pose_from_audio(speech.samples(start, stop, audio_pose.RATE))
