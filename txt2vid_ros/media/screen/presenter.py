"""Shows frames on a screen, each at its stamp."""

from __future__ import annotations

from collections.abc import Callable
import concurrent.futures
import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.media.output.frame_buffer import FrameBuffer

WAIT_SECONDS = 0.02
"""Seconds after which the user's keys, and a simulated clock, are looked at again."""


class PictureWindow(Protocol):
    """What shows a picture: an SdlWindow."""

    closed: bool

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Show a BGR picture."""
        ...

    def follow(self) -> None:
        """Take what the user does."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Presenter:
    """Waits for each frame's time and shows it; where one is missing the one before stays."""

    def __init__(self, clock: Clock, open_window: Callable[[], PictureWindow],
                 latency: float = 0.0) -> None:
        """Show frames `latency` seconds before their stamps: what the screen takes itself."""
        self._clock = clock
        self._open_window = open_window
        self._latency = round(latency * SECOND)
        self._frames = FrameBuffer()
        self._opened = concurrent.futures.Future[None]()
        self.shown = 0
        self.closed = False
        """Whether the user has closed the window."""
        self.lateness = RollingPercentiles()
        """Seconds after its time at which each of the last frames was on the screen."""

    def push(self, stamp: int, frame: NDArray[np.uint8]) -> None:
        """Take a BGR picture that is to be seen at `stamp` (nanoseconds); from any thread."""
        self._frames.push(stamp, frame)

    def wait_opened(self, seconds: float) -> None:
        """Wait until run() has opened the window. Raises UserError where it could not."""
        self._opened.result(seconds)

    def run(self, stop: threading.Event) -> None:
        """Show frames until `stop` is set or the user closes the window, on this thread."""
        try:
            window = self._open_window()
        except UserError as error:
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        try:
            last: NDArray[np.uint8] | None = None
            while not stop.is_set() and not window.closed:
                due = self._frames.next_place
                frame, _ = self._frames.take(self._clock.now() + self._latency)
                if frame is not None and frame is not last:
                    window.show(frame)
                    self._note(due)
                    last = frame
                window.follow()
                self._wait(stop)
            self.closed = window.closed
        finally:
            window.close()

    def _note(self, due: int | None) -> None:
        self.shown += 1
        if due is not None:
            self.lateness.observe((self._clock.now() + self._latency - due) / SECOND)

    def _wait(self, stop: threading.Event) -> None:
        due = self._frames.next_place
        seconds = WAIT_SECONDS if due is None else (
            due - self._latency - self._clock.now()) / SECOND
        stop.wait(min(max(seconds, 0.0), WAIT_SECONDS))
