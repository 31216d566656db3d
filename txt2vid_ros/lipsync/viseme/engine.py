"""The engine `viseme`: the default face, which speaks without downloaded weights."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar

import cv2
import numpy as np
from txt2vid_ros.core.mouth import ANTICIPATION, MouthPose, ONSET_MARGIN, rest_pose
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import FaceTrack, find_face
from txt2vid_ros.lipsync.face.upright import quarter_turns
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.sound.speech_presence import HOLD
from txt2vid_ros.lipsync.viseme.face_renderer import FaceRenderer
from txt2vid_ros.lipsync.viseme.head.head_animation import HeadAnimation
from txt2vid_ros.lipsync.viseme.head.head_between import HeadBetween
from txt2vid_ros.lipsync.viseme.head.head_warp import HeadWarp, SHUT
from txt2vid_ros.lipsync.viseme.idle_motion import IdleMotion, IdleState, LifeSettings
from txt2vid_ros.lipsync.viseme.renderer_cache import RendererCache
from txt2vid_ros.lipsync.viseme.sound import audio_pose
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import Demeanour, ExpressionTimeline

_BROWS = 2.2  # times as far as stress raises them
_HEAD_FOLLOWS = (0.045, 0.03)  # radians by which the head turns with the eyes: aside, up
_INTENT = 3.0  # eyes that are turned by a third or more have no motion of their own
_FRAME = 0.04  # seconds: the next frame to be rendered may be so far beyond a track's arrival


class VisemeEngine(LipSyncEngine):
    """Moves jaw, lips and mouth corners of any face by warping and compositing."""

    name: ClassVar[str] = 'viseme'
    Options: ClassVar[type[Any] | None] = LifeSettings
    look_ahead: ClassVar[float] = audio_pose.LOOK_AHEAD
    timed_look_ahead: ClassVar[float | None] = ANTICIPATION + _FRAME - ONSET_MARGIN

    def __init__(self, options: LifeSettings | None = None) -> None:
        """Load nothing yet; see load(). `options`: the idle motion of still pictures."""
        self._mesh: FaceMesh | None = None
        self._options = options or LifeSettings()

    def load(self) -> None:
        """Load the face networks. Raises UserError if their files are missing."""
        self._mesh = FaceMesh()
        audio_pose.load()

    def quarter_turns(self, frame: Frame) -> int:
        """Return how many quarter turns clockwise bring the face in a driving frame upright."""
        return quarter_turns(self._loaded_mesh(), frame)

    def open(self, driving: DrivingMedia) -> VisemeSession:  # noqa: A003
        """Find the face in `driving` or read it from the cache. Raises UserError without one."""
        return VisemeSession(driving, find_face(driving, self._loaded_mesh), self._options)

    def close(self) -> None:
        """Release the networks."""
        self._mesh = None

    def _loaded_mesh(self) -> FaceMesh:
        if self._mesh is None:
            self._mesh = FaceMesh()
        return self._mesh


class VisemeSession(LipSyncSession):
    """One face. Renderers are cached, so a still picture is prepared only once."""

    def __init__(self, driving: DrivingMedia, track: FaceTrack, options: LifeSettings) -> None:
        """Animate `driving`, whose faces are in `track`. A video already moves by itself."""
        self._driving = driving
        self._track = track
        self._renderers = RendererCache(driving, track)
        self._activity = SpeechActivity()
        self._still = self.in_any_order = len(driving.frames) == 1
        self._idle_motion = IdleMotion(options) if options.life and self._still else None
        self._expressions: ExpressionTimeline | None = None
        self._head: HeadAnimation | None = None
        self._between: HeadBetween | None = None
        self._spoken: tuple[bytes, Frame] | None = None
        """The last pose of a still picture's mouth, and the picture with it."""
        self.notices = driving.notices + track.notices

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """Return the picture at `time` on driving frame `driving_index`."""
        presence = float(self._track.presence[driving_index])
        if presence <= 0:
            self.mouth_moved = False
            return np.array(self._driving.frames[driving_index])
        renderer = self.renderer(driving_index)
        shown = self._shown(time)
        corners = 0.0 if shown is None else shown.pose.corners
        picture = self._speaking(renderer, driving_index, presence,
                                 pose_at(time, speech, self._activity), corners)
        if self._idle_motion is None and shown is None:
            return picture.copy() if self._still else picture
        if self._head is None:
            head = HeadWarp(renderer.face, picture)
            self._head = HeadAnimation(head, renderer.moving)
            self._between = HeadBetween(head, renderer.face.unit)
        state = self._state(time, speech)
        if self._between is not None:
            self._between.keep(time, picture, state)
        return self._head.animate(picture, state)

    def between(self, blended: Frame, time: float, around: tuple[float, float],
                speech: SpeechView) -> Frame:
        """Return a picture between two of a still face, with its own lids, eyes and head."""
        if self._between is None:
            return blended
        return self._between.between(
            blended, time, around, lambda then: self._state(then, speech))

    def _shown(self, time: float) -> Demeanour | None:
        """Return the expression and the gaze at `time`; None where there are none."""
        shown = None if self._expressions is None else self._expressions.at(time)
        return None if shown is None or shown.at_rest else shown

    def _state(self, time: float, speech: SpeechView) -> IdleState:
        """Return where lids, brows, eyes and head of a still picture are at `time`."""
        state = (IdleState() if self._idle_motion is None
                 else self._idle_motion.at(time, speech))
        shown = self._shown(time)
        return state if shown is None else expressed(state, shown)

    def _speaking(self, renderer: FaceRenderer, driving_index: int, presence: float,
                  pose: MouthPose, corners: float) -> Frame:
        """Return the driving frame with its mouth in a pose; that of a still picture is kept."""
        asked = np.append(pose, np.float32(corners)).tobytes()
        kept = self._spoken is not None and self._spoken[0] == asked
        self.mouth_moved = not kept
        if self._spoken is not None and kept:
            return self._spoken[1]
        frame = self._driving.frames[driving_index]
        picture = renderer.render(frame, pose, corners)
        if not self._still:
            renderer.release()
        if presence < 1:
            mixed = cv2.addWeighted(frame, 1 - presence, picture, presence, 0)
            picture = np.asarray(mixed, np.uint8)
        self._spoken = (asked, picture) if self._still else None
        return picture

    def express(self, expressions: ExpressionTimeline) -> bool:
        """Show what `expressions` says, on a still picture."""
        self._expressions = expressions if self._still else None
        return self._still

    def close(self) -> None:
        """Release the cached renderers and the network for speech."""
        self._activity.close()
        self._renderers.clear()
        self._head = self._between = self._spoken = None

    def renderer(self, index: int) -> FaceRenderer:
        """Return the renderer of driving frame `index`."""
        return self._renderers.get(index)


def expressed(state: IdleState, shown: Demeanour) -> IdleState:
    """Return the state of a face that shows an expression and looks somewhere."""
    pose = shown.pose
    lids = pose.lids * (SHUT if pose.lids > 0 else 1.0)
    free = max(0.0, 1 - _INTENT * math.hypot(shown.right, shown.up))
    return dataclasses.replace(
        state, blink=max(state.blink, lids) if state.blink else lids,
        brows=state.brows + _BROWS * pose.brows, inner_brows=pose.inner_brows,
        # Who looks somewhere does not glance aside.
        look_right=shown.right + state.look_right * free, look_up=shown.up + state.look_up * free,
        yaw=state.yaw + _HEAD_FOLLOWS[0] * shown.right,
        pitch=state.pitch - _HEAD_FOLLOWS[1] * shown.up)


def pose_at(
    time: float, speech: SpeechView, activity: SpeechActivity | None = None,
) -> MouthPose:
    """
    Return the pose at `time`: from the voice's timings, else from the sound, else at rest.

    `activity`: the session's network for speech; without it rules tell speech from noise.
    """
    timed = speech.mouth(time)
    if timed is not None:
        return timed
    start, stop = time - audio_pose.LOOK_BACK, time + audio_pose.LOOK_AHEAD
    if not speech.speaking(time - audio_pose.LOOK_AHEAD, stop):
        return rest_pose()
    likelihood = None if activity is None else activity.follow(
        speech, start, time - HOLD, stop)
    return audio_pose.pose_from_audio(speech.samples(start, stop, SPEECH_RATE), likelihood)
