"""Frames are rendered one after the other, a little before their time, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import threading

import numpy as np
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.lipsync.engine import Frame, LipSyncSession, SpeechView
from txt2vid_ros.lipsync.render_loop import AnimatedFace, RenderLoop
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.speech_timeline import SpeechTimeline

GRID = FrameGrid.at(25)
START = GRID.first_after(1_763_800_000 * SECOND)
LEAD = 0.2


class Painted(LipSyncSession):
    """A face of one colour."""

    def __init__(self, colour: int) -> None:
        self._colour = colour

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        return np.full((2, 2, 3), self._colour, np.uint8)


class Scene:
    """An render_loop with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = GRID.stamp(START)
        self.places: list[int] = []
        self.early: list[float] = []
        self.colours: list[int] = []
        self.speech = SpeechTimeline()
        self._changed = threading.Condition()
        driving = DrivingMedia([np.zeros((2, 2, 3), np.uint8)], 25.0, '')
        faces = {name: AnimatedFace(driving, Painted(colour), self.speech, GRID)
                 for name, colour in (('ann', 10), ('bob', 20))}
        self.render_loop = RenderLoop(
            GRID, faces, lambda utterance: (utterance or 'ann#0').partition('#')[0], self.speech,
            self, self._publish, lambda: LEAD)

    def now(self) -> int:
        return self.time

    def _publish(self, place: int, frame: Frame) -> None:
        with self._changed:
            self.places.append(place)
            self.early.append((GRID.stamp(place) - self.time) / SECOND)
            self.colours.append(int(frame[0, 0, 0]))
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 30), self.places

    def advance(self, frames: int) -> None:
        """Move the clock on frame by frame, and wait for what is rendered."""
        for _ in range(frames):
            self.time += SECOND // 25
            last = GRID.index(self.time) + round(LEAD * 25)
            self.wait(lambda last=last: self.places[-1] >= last)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.render_loop.run, args=(stop,))
        thread.start()
        self.wait(lambda: len(self.places) >= 6)
        try:
            yield
        finally:
            stop.set()
            thread.join(30)


def test_every_frame_is_rendered_once_and_never_earlier_than_asked_for() -> None:
    scene = Scene()
    with scene.running():
        scene.advance(50)
    assert scene.places == list(range(START, START + len(scene.places)))
    assert max(scene.early) <= LEAD + 1e-6
    assert scene.render_loop.statistics.frames == len(scene.places)
    assert scene.render_loop.statistics.skipped == 0


def test_after_an_interruption_what_was_rendered_ahead_is_rendered_again() -> None:
    scene = Scene()
    with scene.running():
        scene.advance(10)
        known = len(scene.places)
        cut = START + 12
        scene.render_loop.rewind(GRID.stamp(cut + 2))
        scene.render_loop.rewind(GRID.stamp(cut))
        scene.wait(lambda: len(scene.places) >= known + 4)
        scene.advance(5)
    assert scene.places[known] == cut
    assert scene.places[known:] == list(range(cut, cut + len(scene.places) - known))


def test_an_interruption_in_the_past_renders_again_from_now_on() -> None:
    scene = Scene()
    with scene.running():
        scene.advance(10)
        known = len(scene.places)
        scene.render_loop.rewind(GRID.stamp(START))
        scene.wait(lambda: len(scene.places) > known)
    assert scene.places[known] == START + 10


def test_when_it_was_kept_from_working_it_goes_on_from_now() -> None:
    scene = Scene()
    with scene.running():
        scene.time += 10 * SECOND
        scene.wait(lambda: scene.places[-1] >= START + 250)
    jump = next(at for at, place in enumerate(scene.places) if place >= START + 250)
    assert scene.places[jump] == START + 250
    assert scene.render_loop.statistics.skipped >= 240


def test_when_the_clock_goes_back_it_goes_on_from_there() -> None:
    scene = Scene()
    with scene.running():
        scene.time -= 3600 * SECOND
        scene.wait(lambda: scene.places[-1] < START - 80000)
        scene.advance(10)
    first = next(place for place in scene.places if place < START)
    assert first == START - 3600 * 25


def test_the_face_is_that_of_the_last_speaker() -> None:
    scene = Scene()
    with scene.running():
        scene.speech.push('bob#1', GRID.stamp(START + 20), np.zeros(24000, np.float32), 24000)
        scene.advance(40)
    for place, colour in zip(scene.places, scene.colours, strict=True):
        assert colour == (20 if place >= START + 20 else 10)


def test_other_faces_and_another_rate_are_shown_from_the_next_frame_on() -> None:
    scene = Scene()
    shown: list[str] = []
    slow, driving = FrameGrid.at(10), DrivingMedia([np.zeros((2, 2, 3), np.uint8)], 25.0, '')

    def other(colour: int, grid: FrameGrid) -> dict[str, AnimatedFace]:
        return {'': AnimatedFace(driving, Painted(colour), scene.speech, grid)}
    with scene.running():
        scene.advance(5)
        known = len(scene.places)
        scene.render_loop.show(GRID, other(30, GRID), lambda utterance: '',
                               lambda: shown.append('same rate'))
        scene.advance(5)
        assert scene.places[known:] == list(range(scene.places[known - 1] + 1,
                                                  scene.places[-1] + 1))
        assert {*scene.colours[known:]} == {30}
        last, known = GRID.stamp(scene.places[-1]), len(scene.places)
        scene.render_loop.show(slow, other(40, slow), lambda utterance: '',
                               lambda: shown.append('slow'))
        for number in range(8):
            scene.time += SECOND // 10
            scene.wait(lambda number=number: len(scene.places) > known + number)
    after = [slow.stamp(place) for place in scene.places[known:]]
    assert 0 < after[0] - last <= SECOND // 10
    assert np.diff(after).tolist() == [SECOND // 10] * (len(after) - 1)
    assert {*scene.colours[known:]} == {40}
    # Nothing runs: there is no frame to wait for.
    scene.render_loop.show(GRID, other(50, GRID), lambda utterance: '',
                           lambda: shown.append('at rest'))
    assert shown == ['same rate', 'slow', 'at rest']
