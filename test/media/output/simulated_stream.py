"""A stream writer on a simulated clock, with encoders that only keep what they are given."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import heapq
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.media.output.continuity.hand_over import AAC_FRAME
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.stream_format import Opening, Sent, StreamFormat
from txt2vid_ros.media.output.stream_writer import StreamWriter
from txt2vid_ros.media.speech_timeline import SpeechTimeline

RATE = 48000
FPS = 25
BEGIN = 1_763_800_000 * SECOND
SIZE = 16
HELD_BACK = 2
"""AAC frames that an encoder holds back."""


class KeepingEncoder:
    """
    Keeps pictures and sound; once it is dead, the last `lost` pictures count as never sent.

    As the real one, it sends whole AAC frames, of which one comes before its first sample.
    """

    def __init__(self, opening: Opening, zero: int) -> None:
        self.opening, self.zero = opening, zero
        self.pictures: list[int] = []
        self.sound: list[NDArray[np.int16]] = []
        self.alive = True
        self.lost = 0

    waiting, starting = 0, False

    def write(self, picture: bytes | None, sound: bytes, timeout: float = 0.0) -> bool:
        if self.alive:
            # One that is left out: the one before it stays.
            self.pictures.append(picture[0] if picture else (self.pictures or [16])[-1])
            self.sound.append(np.frombuffer(sound, np.int16))
        return self.alive

    @property
    def samples(self) -> NDArray[np.int16]:
        return np.concatenate([np.zeros(0, np.int16), *self.sound])

    @property
    def sent(self) -> Sent:
        lost = self.lost if not self.alive else 0
        made = len(self.samples) // AAC_FRAME + 1 - HELD_BACK - 2 * lost
        return Sent(max(0, len(self.pictures) - lost), max(0, made - self.opening.left_out))

    @property
    def sent_sound(self) -> tuple[float, NDArray[np.int16]]:
        """Return when the sound begins that was sent, in the stream's time, and its samples."""
        first = (self.opening.left_out - 1) * AAC_FRAME
        begin = self.opening.begun + self.opening.sound_after + first / RATE
        whole = np.concatenate([np.zeros(AAC_FRAME, np.int16), self.samples])
        return begin, whole[first + AAC_FRAME:][:self.sent.units * AAC_FRAME]

    def end_sound_after(self, units: int) -> None: ...

    def failure(self) -> str:
        return 'it was killed'

    def close(self) -> None: ...

    def abort(self) -> None: ...

    def wait(self, timeout: float) -> None: ...


class SimulatedStream:
    """Runs a StreamWriter over events at given times, seconds from the beginning."""

    def __init__(self) -> None:
        self.offset = 0
        self.passed = 0
        self.speech, self.frames = SpeechTimeline(memory=12.0), FrameBuffer()
        self.encoders: list[KeepingEncoder] = []
        self._events: list[tuple[int, int, Callable[[], object]]] = []
        form = StreamFormat(width=SIZE, height=SIZE)
        self.writer = StreamWriter(form, FrameGrid.at(FPS), self.frames, self.speech, self,
                                   self._open)

    def now(self) -> int:
        return BEGIN + self.passed + self.offset

    def monotonic(self) -> float:
        return self.passed / SECOND

    def at(self, seconds: float, event: Callable[[], object]) -> None:
        heapq.heappush(self._events, (round(seconds * SECOND), len(self._events), event))

    def step_clock(self, seconds: float) -> None:
        self.offset += round(seconds * SECOND)

    def stand_still(self, seconds: float) -> None:
        """Let time pass in which nobody gets the processor."""
        self.passed += round(seconds * SECOND)

    def kill_encoder(self, lost: int) -> None:
        self.encoders[-1].alive, self.encoders[-1].lost = False, lost

    def frame(self, place: int, value: int) -> None:
        self.frames.push(place, np.full((SIZE, SIZE, 3), value, np.uint8))

    def run(self, seconds: float) -> list[KeepingEncoder]:
        self.writer.run(_Stop(self, round(seconds * SECOND)))
        return self.encoders

    def _open(self, opening: Opening) -> KeepingEncoder:
        self.encoders.append(KeepingEncoder(dataclasses.replace(opening, follows=None),
                                            self.writer.zero))
        return self.encoders[-1]

    def wait(self, seconds: float, end: int) -> bool:
        until = self.passed + max(1, round(seconds * SECOND))
        while self._events and self._events[0][0] <= until:
            self.passed = max(self.passed, self._events[0][0])
            heapq.heappop(self._events)[2]()
        self.passed = max(self.passed, until)
        return self.passed >= end


class _Stop(threading.Event):
    """Lets simulated time pass where the writer waits."""

    def __init__(self, stream: SimulatedStream, end: int) -> None:
        super().__init__()
        self._stream, self._end = stream, end

    def is_set(self) -> bool:
        return self._stream.passed >= self._end

    def wait(self, timeout: float | None = None) -> bool:
        return self._stream.wait(timeout or 0.0, self._end)
