"""
Takes the face's own voice out of what the microphone hears.

Two stages, both fed with what is played at the time of each captured sample. The first is linear
(echo_filter.py): it leaves a person who speaks at the same time as they are. The second is
WebRTC's audio processing (AEC3, from livekit's package): it takes away the rest, which no linear
filter can, and some of the person. Where that leaves no more than an echo, all is silenced
(residual_gate.py). What is passed on is for two listeners: a detector of voices, which takes the
least rest of an echo for one, gets what both stages leave; a recognizer, to which "hm" has to stay
"hm", what the first one does, once that knows the room.
"""

from __future__ import annotations

from collections.abc import Callable
import importlib
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import from_s16, SPEECH_RATE, to_s16
from txt2vid_ros.listening.echo_filter import EchoFilter
from txt2vid_ros.listening.residual_gate import ResidualGate

FRAME = SPEECH_RATE // 100
"""Samples in the 10 ms that both stages take at a time; of any other number WebRTC aborts."""
TAIL_BLOCKS = 16
"""Frames of echo that the linear stage models: 160 ms, with the delay before it."""
ADVANCE = 0.02
"""Seconds by which what is played is taken early: stamps are off by some milliseconds, and an echo
that comes before its cause cannot be cancelled."""
LONGEST_GAP = 0.05
"""Seconds by which a stamp may be off before the sound counts as interrupted."""
ALIGNMENT = 0.02
"""Share of a block's distance from the counted samples that the alignment follows."""
SHORTEST_DELAY = 0.06
"""Seconds of measured delay from which on the reference is taken later: less, the stages find."""
DELAY_MARGIN = 0.03
"""Seconds that are left to them to find then."""
KNOWN = 0.1
"""Power that the first stage leaves of an echo, as a share of it, from which on it will do for a
recognizer."""
LEARNING = 0.02
"""Of that share, from frame to frame in which nothing but the echo is heard."""
LEAST = 1e-4
"""Power of an echo that tells anything of a room."""
PROCESSING_DELAY = 128
"""Samples by which sound leaves WebRTC's audio processing later than it goes in, at 16 kHz."""

Played = Callable[[float, float, int], NDArray[np.float32]]
"""Returns what is played from one time (seconds) to another at a rate in Hz, silence included."""


def load() -> ModuleType:
    """Return livekit's package with the audio processing. Raises UserError where it is missing."""
    try:
        importlib.import_module('livekit.rtc.apm')
        return importlib.import_module('livekit.rtc')
    except (ImportError, OSError) as error:
        raise UserError(f'echo cancellation needs the Python package livekit: {error}',
                        'Run: pip install "txt2vid_ros[echo]", or set stt.echo_cancellation to '
                        'off') from error


class Cleaned(NamedTuple):
    """Sound without the echo, twice."""

    stamp: int
    """When the first sample was captured, nanoseconds."""
    recognize: NDArray[np.float32]
    """For a recognizer: as much of the person as can be."""
    detect: NDArray[np.float32]
    """For a detector of voices: as little of the echo as can be; of the same length."""


class EchoCanceller:
    """Cleans captured sound; to be used from one thread. Stamps are nanoseconds."""

    def __init__(self, played: Played) -> None:
        """Take what is played at a time, by its stamps. Raises UserError without livekit."""
        self._played = played
        self._package: Any = load()
        self._processing = self._package.AudioProcessingModule(echo_cancellation=True)
        self._filter = EchoFilter(FRAME, TAIL_BLOCKS)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._next = 0.0
        """When the first sample of `_rest` was captured, seconds after `_origin`."""
        self._origin: int | None = None
        self.delay = 0.0
        """Seconds from a stamp to its being heard that the reference is shifted by."""
        self._gate = ResidualGate()
        self._heard = self._rests = LEAST
        """Power of the echo, and of what the first stage leaves of it."""
        self._known = False
        """Whether it has left little enough of it."""
        self._late: NDArray[np.float32] = np.zeros(PROCESSING_DELAY, np.float32)
        """What has left the first stage, and the second not yet."""

    @property
    def attenuation(self) -> float:
        """Return by how many dB the echo was lowered lately."""
        return self._gate.attenuation

    def echo_found(self, delay: float | None) -> None:
        """Learn how many seconds after its stamp the voice is heard, as far as it was measured."""
        if delay is None or SHORTEST_DELAY > delay - self.delay > -DELAY_MARGIN / 2:
            return
        moved = max(0.0, delay - DELAY_MARGIN)
        if moved != self.delay:
            self.delay = moved
            self._filter.reset()
            self._known, self._heard, self._rests = False, LEAST, LEAST

    def clean(self, stamp: int, samples: NDArray[np.float32]) -> Cleaned:
        """
        Take mono sound at SPEECH_RATE that was captured at a stamp; return what is ready.

        Up to 10 ms are held back until more comes, and 8 ms for WebRTC.
        """
        self._align(stamp)
        assert self._origin is not None
        sound = np.concatenate([self._rest, samples])
        count = len(sound) // FRAME * FRAME
        first = self._origin + round(self._next * SECOND)
        stamp = first - PROCESSING_DELAY * SECOND // SPEECH_RATE
        begin = first / SECOND - self.delay + ADVANCE
        played = self._played(begin, begin + count / SPEECH_RATE, SPEECH_RATE) if count else sound
        frames = [self._frame(played[at:at + FRAME], sound[at:at + FRAME])
                  for at in range(0, count, FRAME)]
        self._rest = sound[count:]
        self._next += count / SPEECH_RATE
        recognize, detect = np.concatenate(frames, axis=1) if frames else np.zeros(
            (2, 0), np.float32)
        return Cleaned(stamp, recognize, detect)

    def _align(self, stamp: int) -> None:
        """Follow the stamps, which tremble, by a counted time that is steady."""
        if self._origin is not None:
            expected = self._next + len(self._rest) / SPEECH_RATE
            off = (stamp - self._origin) / SECOND - expected
            if abs(off) <= LONGEST_GAP:
                self._next += ALIGNMENT * off
                return
        self._origin, self._next = stamp, 0.0
        self._rest = self._rest[:0]

    def _frame(self, played: NDArray[np.float32], heard: NDArray[np.float32]
               ) -> NDArray[np.float32]:
        """Return what a recognizer gets of a frame, and a detector: shape (2, FRAME)."""
        linear = self._filter.process(played, heard)
        if np.square(linear).sum() > np.square(heard).sum():
            # It does not know the room yet, or the loudspeaker ran dry: it would add an echo.
            linear = heard
        self._processing.process_reverse_stream(self._audio(played))
        self._processing.set_stream_delay_ms(0)
        frame = self._audio(linear)
        self._processing.process_stream(frame)
        left = from_s16(bytes(frame.data))
        late = np.concatenate([self._late, linear])
        self._late = late[FRAME:]
        if self._gate.passes(played, heard, left):
            return np.stack([late[:FRAME] if self._known else left, left])
        self._heard += LEARNING * (float(np.square(heard).mean()) - self._heard)
        self._rests += LEARNING * (float(np.square(linear).mean()) - self._rests)
        # It stays known: who speaks over the voice soon makes it look as if it were not.
        self._known |= self._rests < KNOWN * self._heard
        return np.zeros((2, FRAME), np.float32)

    def _audio(self, samples: NDArray[np.float32]) -> Any:
        return self._package.AudioFrame(
            bytearray(to_s16(samples).tobytes()), SPEECH_RATE, 1, FRAME)
