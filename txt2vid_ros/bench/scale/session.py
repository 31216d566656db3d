"""One talking head among several: its processes, a viewer who reads it, who has it speak."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import dataclasses
import os
from pathlib import Path
import threading

from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.bench.rig.running_graph import descendants, RunningGraph
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.bench.scale.footprint import Footprint, footprint
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.output.mpegts import VIDEO_PID
from txt2vid_ros.ros.side.speech_client import SpeechClient

LONGEST_SENTENCE = 60.0
JOIN_SECONDS = 60.0
"""Seconds within which a session listens, on a machine that is busy with others."""


@dataclasses.dataclass(frozen=True)
class Counts:
    """What a session had done at a moment."""

    used: Footprint
    due: float
    """Frames that were due since the epoch."""
    on_time: int
    """Frames that were written at most one frame late with their own picture."""
    seen: int
    """Pictures that the viewer had."""


class BenchSession:
    """A graph with one viewer; close() ends it."""

    def __init__(self, number: int, options: Sequence[str]) -> None:
        """Start it in a namespace of its own, with further options. Raises UserError."""
        self._number = number
        self._talk: threading.Thread | None = None
        self._silence = threading.Event()
        with contextlib.ExitStack() as unless_ready:
            self._graph = unless_ready.enter_context(RunningGraph(
                *options, namespace=f'/bench_{os.getpid()}_{number}'))
            self._viewer = Viewer(self._graph.port, Path(os.devnull))
            unless_ready.callback(self._viewer.close)
            self._client = unless_ready.enter_context(SpeechClient(self._graph.namespace))
            self._client.wait_connected(JOIN_SECONDS)
            self._stack = unless_ready.pop_all()

    @property
    def start_seconds(self) -> float:
        """Return how long it took until its first picture."""
        return self._graph.first_picture

    def close(self) -> None:
        """Silence and end it. Raises UserError where it does not answer, and ends it even so."""
        with self._stack:
            self.end_speech()

    def begin_speech(self) -> None:
        """Have it speak without a pause from now on."""
        self._silence.clear()
        self._talk = threading.Thread(target=self._speak, name=f'talk {self._number}',
                                      daemon=True)
        self._talk.start()

    def end_speech(self) -> None:
        """Silence it in mid-sentence, and wait until it is. Raises UserError without an answer."""
        self._silence.set()
        if self._talk is not None:
            self._client.interrupt()
            self._talk.join(LONGEST_SENTENCE)
            self._talk = None

    def counts(self) -> Counts:
        """Return what it has done until now."""
        status = self._graph.status()
        return Counts(footprint(descendants(self._graph.pid)),
                      status['now_ns'] / SECOND * status['fps'], int(status['on_time']),
                      len(self._viewer.arrivals))

    def lateness(self, since: Counts) -> list[float]:
        """Return how many seconds after its time the viewer had each picture since then."""
        zero = self._graph.status()['pts_zero_ns']
        return [(at - zero) / SECOND - pts for pid, pts, at in self._viewer.arrivals[since.seen:]
                if pid == VIDEO_PID]

    def _speak(self) -> None:
        # Each begins with another sentence, so that they do not all make one at the same time.
        said = self._number
        while not self._silence.is_set():
            self._client.wait_ended(
                self._client.say(SENTENCES[said % len(SENTENCES)]), LONGEST_SENTENCE)
            said += 1
