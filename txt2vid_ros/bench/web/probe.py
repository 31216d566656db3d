"""A page in a real browser, and when what it plays is heard and seen."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.rig.chromium import microphone, Page
from txt2vid_ros.core.errors import UserError

START_SECONDS = 30.0
"""Seconds within which a page has to play."""
READING_SECONDS = 0.2
"""Seconds between two readings of what is played."""

Series = NDArray[np.float64]
"""Rows of a time (seconds of the epoch) and a value."""


class ProbedPage(Page):
    """A page of a graph that is measured from inside; use as a context manager."""

    def __init__(self, url: str, profile: Path, hears: Path | None = None) -> None:
        """Open `url`; `hears` is the WAV file that its fake microphone plays once."""
        flags: tuple[str, ...] = ('--autoplay-policy=no-user-gesture-required',)
        if hears is not None:
            flags += microphone(Path(f'{hears}%noloop'))
        script = resources.files('txt2vid_ros.bench.web').joinpath('data/probe.js').read_text()
        super().__init__(url, profile, flags, script)

    def __enter__(self) -> ProbedPage:
        """Return itself."""
        return self

    def wait(self, condition: str, what: str, seconds: float = START_SECONDS) -> None:
        """Wait until a JavaScript expression holds. Raises UserError after `seconds`."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise UserError(f'the browser waited in vain for {what}',
                                'See whether the page works by hand.')
            time.sleep(0.05)

    def wait_playing(self) -> None:
        """Wait until picture and sound come by WebRTC. Raises UserError."""
        self.wait('probe.ready() && document.querySelector("video").videoWidth > 0', 'the face')

    def start(self, reader: str) -> None:
        """Begin to note what is heard (`listen`) or spoken (`overhear`)."""
        self.evaluate(f'probe.{reader}()')

    def series(self, name: str) -> Series:
        """Return what was noted of the `voice` or the `microphone`."""
        rows = np.array(self.evaluate(f'probe.read({name!r})'), np.float64).reshape(-1, 2)
        rows[:, 0] /= 1000
        return rows

    def playout(self, rounds: int) -> Series:
        """
        Return rows of how much the sound is older than its stamp, and the picture than the sound.

        In seconds, by the browser's own statistics, which have been compared with what it gives to
        the screen and to the sound device (docs/webrtc.md). Raises UserError.
        """
        rows: list[Any] = []
        for _ in range(rounds * 5):
            row = self.evaluate('probe.playout()')
            if row and row[1] and row[2]:
                rows.append(row)
            if len(rows) == rounds:
                break
            time.sleep(READING_SECONDS)
        else:
            raise UserError('the browser does not say what it plays', 'It gets no sender reports.')
        at, heard, seen = np.array(rows, np.float64).T / 1000
        return np.stack([at - heard, heard - seen], axis=1)


def spans(level: Series, loud: float, pause: float) -> list[tuple[float, float]]:
    """Return where a level is above `loud`: begin and end, with pauses of less than `pause`."""
    times = level[level[:, 1] > loud, 0]
    if not len(times):
        return []
    cuts = np.flatnonzero(np.diff(times) > pause)
    return [(float(times[first]), float(times[last])) for first, last in zip(
        [0, *(cuts + 1)], [*cuts, len(times) - 1], strict=True)]
