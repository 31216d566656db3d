"""Renders the frames of the grid one after another, each shortly before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import threading

from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND
from txt2vid_ros.lipsync.engine import Frame, LipSyncSession
from txt2vid_ros.lipsync.frame_pacing import FrameInterpolator, KeyFrames, RenderRateControl
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.speech_timeline import SpeechTimeline

MAX_AHEAD = 1.0
"""Seconds that rendering may be ahead of the clock before it continues from the present."""


class AnimatedFace:
    """A face that can be shown: its driving media, the engine's session and its render rate."""

    def __init__(self, driving: DrivingMedia, session: LipSyncSession, speech: SpeechTimeline,
                 grid: FrameGrid) -> None:
        """Render `session` on `driving` with the mouth that `speech` calls for."""
        self.session = session
        self.rate_control = RenderRateControl(1 / float(grid.fps))

        def driving_index(place: int) -> int:
            return driving.index_at(grid.seconds(place))

        def render(place: int) -> Frame:
            return session.render(grid.seconds(place), driving_index(place), speech)

        def between(blended: Frame, place: int, keys: KeyFrames) -> Frame:
            return session.between(blended, grid.seconds(place),
                                   (grid.seconds(keys.before), grid.seconds(keys.after)), speech)

        self._interpolator = FrameInterpolator(
            self.rate_control, render, lambda place: driving.frames[driving_index(place)],
            lambda: session.mouth_moved, between=between)

    def frame(self, place: int) -> Frame:
        """Return the picture at a place of the grid."""
        return self._interpolator.frame(place)

    def forget(self) -> None:
        """Drop what was rendered ahead, because the speech has changed."""
        self._interpolator.forget()


@dataclasses.dataclass
class RenderStatistics:
    """Counts since the start, for diagnostics."""

    frames: int = 0
    skipped: int = 0
    """Frames that were not rendered because their time had passed."""


@dataclasses.dataclass(frozen=True)
class _Others:
    """Faces that are to be shown instead of the present ones; see RenderLoop.show()."""

    grid: FrameGrid
    faces: Mapping[str, AnimatedFace]
    face_of: Callable[[str | None], str]
    shown: Callable[[], object]


class RenderLoop:
    """
    The loop of the lip-sync node, without ROS.

    It shows the face of the last speaker. Frames are rendered one at a time, each `lead()` seconds
    before it is shown, so that they never come in bursts.
    """

    def __init__(self, grid: FrameGrid, faces: Mapping[str, AnimatedFace],
                 face_of: Callable[[str | None], str], speech: SpeechTimeline, clock: Clock,
                 publish: Callable[[int, Frame], None], lead: Callable[[], float]) -> None:
        """`face_of` maps an utterance id (None before the first) to a key of `faces`."""
        self.statistics = RenderStatistics()
        self.render_time = LeadTimeEstimator(0.0, margin=0.0)
        """How long rendering and publishing took lately, in seconds."""
        self.grid = grid
        """The grid of the frame that was rendered last."""
        self._faces = faces
        self._face_of = face_of
        self._others: _Others | None = None
        self._running = False
        self._speech = speech
        self._clock = clock
        self._publish = publish
        self._lead = lead
        self._rewind: int | None = None
        self._lock = threading.Lock()

    def rewind(self, stamp: int) -> None:
        """Render the frames from `stamp` (nanoseconds) on again."""
        with self._lock:
            self._rewind = stamp if self._rewind is None else min(stamp, self._rewind)

    def show(self, grid: FrameGrid, faces: Mapping[str, AnimatedFace],
             face_of: Callable[[str | None], str], shown: Callable[[], object]) -> None:
        """
        Go on with other faces from the next frame on; call `shown` once those before are free.

        Where others are to be shown before it comes to that, `shown` is not called.
        """
        with self._lock:
            self._others = _Others(grid, faces, face_of, shown)
            running = self._running
        if not running:
            self._with_others(0)

    def run(self, stop: threading.Event) -> None:
        """Render until `stop` is set."""
        with self._lock:
            self._running = True
        try:
            self._run(stop)
        finally:
            with self._lock:
                self._running = False

    def _run(self, stop: threading.Event) -> None:
        place = self.grid.first_after(self._clock.now())
        while not stop.is_set():
            place = self._next(self._with_others(place))
            due = self.grid.stamp(place) - int(
                (self._lead() + self.render_time.lead_time) * SECOND)
            left = (due - self._clock.now()) / SECOND
            if left > 0:
                # Short waits: the clock may be a simulated one, and a rewind cannot wait.
                stop.wait(min(left, 0.05))
                continue
            self._render(place)
            place += 1

    def _with_others(self, place: int) -> int:
        """Take over the faces that are to be shown now; return the place in their grid."""
        with self._lock:
            others, self._others = self._others, None
        if others is None:
            return place
        if others.grid != self.grid:
            # What was published stays, up to the frame before.
            place = others.grid.first_after(self.grid.stamp(place))
        self.grid, self._faces, self._face_of = others.grid, others.faces, others.face_of
        others.shown()
        return place

    def _next(self, place: int) -> int:
        """Return the place to render: the next one or, after a delay or a rewind, another."""
        with self._lock:
            rewind, self._rewind = self._rewind, None
        now = self.grid.first_after(self._clock.now())
        if rewind is not None:
            for face in self._faces.values():
                face.forget()
            return min(place, max(self.grid.first_after(rewind), now))
        behind = now - place
        if behind > 0 or -behind > MAX_AHEAD * float(self.grid.fps):
            self.statistics.skipped += max(0, behind)
            return now
        return place

    def _render(self, place: int) -> None:
        time = self.grid.seconds(place)
        before = self._clock.now()
        face = self._faces[self._face_of(self._speech.current(time))]
        self._publish(place, face.frame(place))
        self.render_time.observe((self._clock.now() - before) / SECOND)
        self.statistics.frames += 1
        self._speech.forget(time)
