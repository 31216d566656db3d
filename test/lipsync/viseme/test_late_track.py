"""The mouth begins to move in time although a voice's timings come just before its sound."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.core.mouth import ANTICIPATION, ONSET_MARGIN, Phoneme
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.render_loop import AnimatedFace, RenderLoop
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.speaking.visemes.track import mouth_track

GRID = FrameGrid.at(25)
START = GRID.first_after(1_763_800_000 * SECOND)
LEAD = 0.06
TICK = SECOND // 100


class Show:
    """The loop of the lipsync node with the default face and a clock that is moved by hand."""

    def __init__(self) -> None:
        driving = load_driving(width=160, height=120)
        engine = VisemeEngine(LifeSettings(life=False))
        self.time = GRID.stamp(START)
        self.speech = SpeechTimeline()
        self.frames: dict[int, Frame] = {}
        self._changed = threading.Condition()
        face = AnimatedFace(driving, engine.open(driving), self.speech, GRID)
        face.rate_control.observe = lambda seconds: None  # however slow the machine: every mouth
        self._render_loop = RenderLoop(GRID, {'': face}, lambda utterance: '', self.speech, self,
                                       self._publish, lambda: LEAD)
        # The clock may move on while a frame is on its way to here: that is not its cost.
        self._render_loop.render_time = LeadTimeEstimator(0.0, margin=0.0, largest=0.0)

    def now(self) -> int:
        return self.time

    def _publish(self, place: int, frame: Frame) -> None:
        with self._changed:
            self.frames[place] = frame
            self._changed.notify_all()

    def play(self, begin: int, arrival: int) -> dict[int, Frame]:
        """Return the frames around an 'ah' from `begin` on, whose track comes at `arrival`."""
        track = mouth_track([Phoneme('ɑ', ONSET_MARGIN, 0.2)]).shifted(begin / SECOND)
        stop = threading.Event()
        thread = threading.Thread(target=self._render_loop.run, args=(stop,))
        thread.start()
        try:
            while self.time < begin + SECOND // 2:
                if self.time == arrival:
                    self.speech.push_mouth('one', track)
                last = GRID.index(self.time + int((LEAD - 0.019) * SECOND))  # rounded down
                with self._changed:
                    assert self._changed.wait_for(lambda last=last: last in self.frames, 30)
                self.time += TICK
        finally:
            stop.set()
            thread.join(30)
        return self.frames


@pytest.mark.parametrize('ticks', range(4))
def test_no_frame_differs_from_one_that_knew_the_speech_all_along(
        ticks: int, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    look_ahead = VisemeEngine.timed_look_ahead
    assert look_ahead is not None
    arrival = GRID.stamp(START) + (20 + ticks) * TICK
    begin = arrival + round((LEAD + look_ahead) * SECOND)
    late = Show().play(begin, arrival)
    known = Show().play(begin, GRID.stamp(START))
    assert len(late) > 20
    assert all(np.array_equal(frame, known[place]) for place, frame in late.items())
    rest = late[START]
    first = min(place for place, frame in late.items() if not np.array_equal(frame, rest))
    sound = begin / SECOND + ONSET_MARGIN
    before = sound - GRID.seconds(first)
    # The lips set out a tenth of a second before the sound; the frame that shows it is the next.
    assert ANTICIPATION - 0.045 <= before <= 0.12
