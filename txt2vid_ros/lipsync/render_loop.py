"""Renders the frames of the grid one after the other, each a little before its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import threading

from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.lipsync.engine import Frame, LipSyncSession
from txt2vid_ros.lipsync.frame_pacing import MouthPacer, PacedFace
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.speech_timeline import SpeechTimeline

LONGEST_JUMP = 1.0
"""Seconds that it may be away from the grid before it goes on from now."""


class Face:
    """A face that can be shown: its driving media, the engine's session, and its mouth's rate."""

    def __init__(self, driving: DrivingMedia, session: LipSyncSession, speech: SpeechTimeline,
                 grid: FrameGrid) -> None:
        """Render `session` on `driving` from what is heard in `speech`."""
        self.session = session
        self.pacer = MouthPacer(1 / float(grid.fps))

        def driving_index(place: int) -> int:
            return driving.index_at(grid.seconds(place))

        def render(place: int) -> Frame:
            return session.render(grid.seconds(place), driving_index(place), speech)

        self._paced = PacedFace(self.pacer, render,
                                lambda place: driving.frames[driving_index(place)],
                                lambda: session.worked)

    def frame(self, place: int) -> Frame:
        """Return the picture at a place of the grid."""
        return self._paced.frame(place)

    def forget(self) -> None:
        """Drop what was rendered ahead, as the speech has changed."""
        self._paced.forget()


@dataclasses.dataclass
class AnimatorStatistics:
    """Counts since the start, for diagnostics."""

    frames: int = 0
    skipped: int = 0
    """Grid places for which it was too late to render anything."""


class Animator:
    """The loop of the lip-sync node, without ROS.

    The face is that of the last speaker. Frames are rendered one at a time, each `lead()` seconds
    before it is to be seen, so that they never come in bursts.
    """

    def __init__(self, grid: FrameGrid, faces: Mapping[str, Face],
                 face_of: Callable[[str | None], str], speech: SpeechTimeline, clock: Clock,
                 publish: Callable[[int, Frame], None], lead: Callable[[], float]) -> None:
        """`face_of` maps an utterance id (None before the first) to a key of `faces`."""
        self.statistics = AnimatorStatistics()
        self.render_time = LeadTimeEstimator(0.0, margin=0.0)
        """How long rendering and publishing took lately, in seconds."""
        self._grid = grid
        self._faces = faces
        self._face_of = face_of
        self._speech = speech
        self._clock = clock
        self._publish = publish
        self._lead = lead
        self._rewind: int | None = None
        self._lock = threading.Lock()

    def rewind(self, stamp: int) -> None:
        """Render again what was rendered for `stamp` (nanoseconds) and later."""
        place = self._grid.first_after(stamp)
        with self._lock:
            self._rewind = place if self._rewind is None else min(place, self._rewind)

    def run(self, stop: threading.Event) -> None:
        """Render until `stop` is set."""
        place = self._grid.first_after(self._clock.now())
        while not stop.is_set():
            place = self._next(place)
            due = self._grid.stamp(place) - int(
                (self._lead() + self.render_time.lead_time) * SECOND)
            left = (due - self._clock.now()) / SECOND
            if left > 0:
                # Short waits: the clock may be a simulated one, and a rewind cannot wait.
                stop.wait(min(left, 0.05))
                continue
            self._render(place)
            place += 1

    def _next(self, place: int) -> int:
        """Return the place to render: the one in turn or, after a delay or a cut, another."""
        with self._lock:
            rewind, self._rewind = self._rewind, None
        now = self._grid.first_after(self._clock.now())
        if rewind is not None:
            for face in self._faces.values():
                face.forget()
            return min(place, max(rewind, now))
        behind = now - place
        if behind > 0 or -behind > LONGEST_JUMP * float(self._grid.fps):
            self.statistics.skipped += max(0, behind)
            return now
        return place

    def _render(self, place: int) -> None:
        time = self._grid.seconds(place)
        before = self._clock.now()
        face = self._faces[self._face_of(self._speech.current(time))]
        self._publish(place, face.frame(place))
        self.render_time.observe((self._clock.now() - before) / SECOND)
        self.statistics.frames += 1
        self._speech.forget(time)
