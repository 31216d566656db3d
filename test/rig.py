"""A stream without ROS: real clock, real encoder, claps to hear and flashes to see."""

from __future__ import annotations

from collections.abc import Callable
import pathlib
import subprocess
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.lipsync.flash import FlashEngine
from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core.clock import Clock, FrameGrid, SECOND, SystemClock
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.lipsync.render_loop import AnimatedFace, RenderLoop
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.output.encoder import PTS_OFFSET
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.stream_format import StreamFormat
from txt2vid_ros.media.output.stream_outputs import StreamOutputs
from txt2vid_ros.media.output.stream_writer import StreamWriter
from txt2vid_ros.media.speech_timeline import SpeechTimeline

TIMEOUT_SECONDS = 60.0


def until(condition: Callable[[], bool], what: str = '') -> None:
    """Wait until `condition` holds; the things waited for happen in other processes."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < end, f'waited in vain {what or condition}'
        time.sleep(0.02)


class MovableClock:
    """The machine's clock, which can be set."""

    def __init__(self) -> None:
        self.offset = 0

    def now(self) -> int:
        return time.time_ns() + self.offset


class Rig:
    """Render loop, stream writer and outputs; use as a context manager."""

    def __init__(self, *, record: str = '', push: str = '', http: str = '127.0.0.1:0',
                 clock: Clock | None = None, noise: bool = False, width: int = 160,
                 height: int = 120, fps: float = 25.0,
                 speech: SpeechTimeline | None = None) -> None:
        self.clock = clock or SystemClock()
        self.reports: list[str] = []
        self.faults: list[BaseException] = []
        self.grid = grid = FrameGrid.at(fps)
        self.form = form = StreamFormat(
            width=width, height=height, preset='ultrafast', fps=grid.fps)
        self.frames, self.speech = FrameBuffer(), speech or SpeechTimeline()
        self.output = StreamOutputs(http=http, record=record, push=push,
                                    report=self.reports.append, status=self._status)
        self.writer = StreamWriter(form, grid, self.frames, self.speech, self.clock,
                                   self.output.encoder)
        driving = DrivingMedia([np.zeros((height, width, 3), np.uint8)], fps, '')
        face = AnimatedFace(driving, FlashEngine().open(driving), self.speech, grid)
        self.render_loop = RenderLoop(
            grid, {'': face}, lambda utterance: '', self.speech, self.clock,
            self._noise if noise else self._show, lambda: 0.2)
        self._random = np.random.default_rng(0)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._guard, args=(work,))
                         for work in (self.writer.run, self.render_loop.run)]

    def _show(self, place: int, frame: NDArray[np.uint8]) -> None:
        self.frames.push(place, frame)

    def _noise(self, place: int, frame: NDArray[np.uint8]) -> None:
        self.frames.push(place, self._random.integers(0, 255, frame.shape, np.uint8))

    def _status(self) -> dict[str, object]:
        zero = self.writer.zero - int(PTS_OFFSET * SECOND)
        return {'synthetic': True, 'pts_zero_ns': zero}

    def _guard(self, work: Callable[[threading.Event], None]) -> None:
        try:
            work(self._stop)
        except BaseException as fault:
            self.faults.append(fault)

    def __enter__(self) -> Rig:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_SECONDS)
        self.output.close()

    @property
    def port(self) -> int:
        port = urlsplit(self.output.describe()[0].split()[-1]).port
        assert port
        return port

    def clap(self, times: int) -> None:
        """Put claps on the timeline, the first a second and a half from now."""
        start = self.clock.now() + SECOND
        for at, chunk in enumerate(ClapVoice().synthesize('x' * times, lambda: False)):
            self.speech.push('clap', start + at * SECOND, chunk.samples, VOICE_RATE)

    def wait_frames(self, count: int) -> None:
        """Wait until `count` more frames were written."""
        target = self.writer.statistics.frames + count
        until(lambda: self.writer.statistics.frames >= target or bool(self.faults), 'frames')
        assert not self.faults, self.faults


def playable(file: pathlib.Path) -> tuple[int, float]:
    """Return how many frames ffmpeg decodes of a file, and how many seconds of sound."""
    counted = subprocess.run(
        ['ffmpeg', '-v', 'quiet', '-i', str(file), '-map', '0:v', '-f', 'framecrc', '-'],
        capture_output=True, text=True, check=False)
    sound = subprocess.run(
        ['ffmpeg', '-v', 'quiet', '-i', str(file), '-map', '0:a', '-f', 's16le', '-ac', '1',
         '-ar', '8000', '-'], capture_output=True, check=False)
    frames = [line for line in counted.stdout.splitlines() if not line.startswith('#')]
    return len(frames), len(sound.stdout) / 16000
