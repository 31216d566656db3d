"""Has sound wait until another voice on the same topics has said what it says."""

from __future__ import annotations

import collections
import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.media.jitter.jitter_buffer import JitterBufferOutput

POLL_SECONDS = 0.02
"""Seconds between looks at the clock, which may be a simulated one, while something waits."""
LONGEST_WAIT = 20 * SECOND
"""Nanoseconds that sound waits at most: then both are heard, which is better than neither."""
_GONE = 3 * SECOND
"""Nanoseconds without more of it after which an utterance that was not ended is over."""
_NEXT = int(0.3 * SECOND)
"""Nanoseconds after an utterance has come to its end in which the next one may begin to come."""
_MOST_OPEN = 16
"""Utterances of the other voice that are followed, and one's own that are told from them."""

Samples = NDArray[np.float32]


class _Chunk(NamedTuple):
    """What waits: sound, or the end of an utterance, which has none."""

    utterance: str
    start: int
    samples: Samples | None
    rate: int
    early: int
    """Nanoseconds before `start` at which it came."""


class SoundAfterVoice:
    """
    Shifts whole utterances so that they begin after the voice, and follow each other.

    What has waited catches up in the speaker's pauses. Times are nanoseconds. Thread-safe; `run`
    hands out what waits.
    """

    def __init__(self, output: JitterBufferOutput, clock: Clock) -> None:
        """Hand on to `output`."""
        self._output, self._clock = output, clock
        self._voice: dict[str, int] = {}
        """Until when each utterance of the voice is heard, as far as it came, unless it ended."""
        self._ended = 0
        """When one of them ended."""
        self._own: collections.deque[str] = collections.deque(maxlen=_MOST_OPEN)
        self._free = 0
        """When everything that is heard by now is over."""
        self._open = ''
        self._shift = 0
        self._waiting: collections.deque[_Chunk] = collections.deque()
        self._lock = threading.Lock()

    def voice(self, utterance: str, start: int, length: int) -> None:
        """
        Note a chunk of the topic, so long; one without any length ends its utterance.

        What was handed out here is left out.
        """
        with self._lock:
            if utterance in self._own:
                return
            if length:
                self._voice[utterance] = start + length
                self._free = max(self._free, start + length)
                while len(self._voice) > _MOST_OPEN:
                    self._voice.pop(next(iter(self._voice)))
            else:
                self._ended = self._clock.now()
                if self._voice.pop(utterance, 0) == self._free:
                    # It may be interrupted before all that came of it was heard.
                    self._free = start
            self._step()

    def audio(self, utterance: str, start: int, samples: Samples, rate: int) -> None:
        """Take a chunk whose first sample is to be heard at `start` at the earliest."""
        self._take(_Chunk(utterance, start, samples, rate, start - self._clock.now()))

    def ended(self, utterance: str, end: int) -> None:
        """Take the end of an utterance."""
        self._take(_Chunk(utterance, end, None, 0, end - self._clock.now()))

    def run(self, stop: threading.Event) -> None:
        """Hand out what waits, at its time, until `stop` is set; then all that is left."""
        while not stop.wait(POLL_SECONDS):
            self.step()
        with self._lock:
            while self._waiting:
                self._hand_out(self._waiting.popleft())

    def step(self) -> None:
        """Hand out what is due."""
        with self._lock:
            self._step()

    def _take(self, chunk: _Chunk) -> None:
        with self._lock:
            self._waiting.append(chunk)
            self._step()

    def _step(self) -> None:
        now = self._clock.now()
        while self._waiting:
            first = self._waiting[0]
            if first.utterance != self._open:
                waited = now - (first.start - first.early)
                if self._speaks(now) and 0 <= waited < LONGEST_WAIT:
                    return
                self._open = first.utterance
                self._own.append(first.utterance)
                self._shift = max(0, min(self._free - first.start, LONGEST_WAIT))
            if self._shift and now < first.start + self._shift - first.early:
                return
            self._hand_out(self._waiting.popleft())

    def _hand_out(self, chunk: _Chunk) -> None:
        start = chunk.start + self._shift
        if chunk.samples is None:
            self._output.ended(chunk.utterance, start)
        else:
            self._free = max(self._free, start + len(chunk.samples) * SECOND // chunk.rate)
            self._output.audio(chunk.utterance, start, chunk.samples, chunk.rate)

    def _speaks(self, now: int) -> bool:
        """Return whether there is more to come of the voice."""
        for utterance in [each for each, until in self._voice.items() if until + _GONE < now]:
            del self._voice[utterance]
        return bool(self._voice) or 0 <= now - self._ended < _NEXT
