"""Hands speech out at the pace at which it is heard, until it is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import dataclasses
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.speaking.speech_sink import Articulate, SpeechSink
from txt2vid_ros.speaking.synthesis import pause_after, SpokenChunk
from txt2vid_ros.speaking.utterance_progress import UtteranceProgress
from txt2vid_ros.speaking.word_times import ClauseWords, TimedWord

CLOCK_POLL_INTERVAL = 0.02
"""Seconds between looks at the clock, which may be a simulated one."""
INITIAL_BURST = 6
"""Chunks that are handed out at once, so that pictures can be made of the first ones."""
CHUNK_SPACING = 0.01
"""Seconds between the chunks that follow, until they are `ahead`: a recorder with a history of ten
messages, as rosbag2 has it, would lose some of a whole second that comes at once."""
CONTINUING_LEAD = int(0.15 * SECOND)
"""Nanoseconds from having more sound of a clause to its being heard that viewers need at least."""
CLOCK_JUMP = 2 * SECOND
"""Nanoseconds beyond what the pacing can explain from which on the clock was set back."""


@dataclasses.dataclass(frozen=True)
class Pacing:
    """How speech is handed out; all but `rate` in seconds."""

    rate: int
    """Hz."""
    chunk: float
    """Sound in one piece."""
    ahead: float
    """How long before it is heard a piece is handed out at the earliest."""
    spacing: float
    """Between the pieces after the first ones, until they are `ahead`."""


class PacedOutput:
    """
    Samples one after the other, each with the time at which it is heard.

    `changed` guards all of it. Whoever speaks keeps the `generation` with which it began: once
    that is another, nothing of it goes out any more.
    """

    def __init__(self, sink: SpeechSink, articulate: Articulate, clock: Clock,
                 lead: Callable[[], float], pacing: Pacing) -> None:
        """`lead` is how many seconds viewers need from having a sample to its being heard."""
        self.changed = threading.Condition()
        self.generation = 0
        self.cursor = 0
        """When what was handed out so far has been heard, nanoseconds."""
        self._sink = sink
        self._articulate = articulate
        self._clock = clock
        self._lead = lead
        self._pacing = pacing
        self._ahead = int(pacing.ahead * SECOND)
        self._before = '', 0
        """The utterance of the chunk before, and when it has been heard unless it is ended."""
        self._pause = 0.0
        """Seconds of silence behind its clause."""

    def play(self, spoken: SpokenChunk, text: UtteranceProgress, words: ClauseWords,
             generation: int) -> bool:
        """Hand out one chunk of a voice in steps; False if it was interrupted."""
        pacing, chunk, name = self._pacing, spoken.chunk, text.request.id
        lead = int(self._lead() * SECOND)
        too_far = lead + self._ahead + CLOCK_JUMP
        soonest = self._clock.now() + lead
        # Texts that follow each other pause as clauses do; behind silence that is no delay.
        pause = (spoken.pause if name == self._before[0] else
                 self._pause if self.cursor == self._before[1] else 0.0)
        if spoken.clause:
            self._pause = pause_after(spoken.clause)
        start = self.cursor + int(pause * SECOND)
        # Within a clause a gap is worse than lips that come late.
        least = soonest if spoken.clause else min(soonest, self._clock.now() + CONTINUING_LEAD)
        if not least <= start <= soonest + too_far:
            start = soonest
        if chunk.phonemes and not self._move(generation, name, spoken, words.asked, start):
            return False
        if not self.tell(generation, text, words, words.chunk(chunk), start):
            return False
        urgent = lead + int(INITIAL_BURST * pacing.chunk * SECOND)
        for offset, samples in _steps(chunk.samples, max(1, round(pacing.chunk * pacing.rate))):
            spaced = not pacing.spacing
            with self.changed:
                while generation == self.generation:
                    at = start + offset * SECOND // pacing.rate
                    left = at - self._clock.now()
                    early = left - self._ahead
                    if early <= 0:
                        if spaced or left <= urgent:
                            break
                        spaced = True
                        self.changed.wait(pacing.spacing)
                        continue
                    if early > too_far:
                        start -= early
                        continue
                    self.changed.wait(CLOCK_POLL_INTERVAL)
                else:
                    return False
                self._sink.audio(name, at, samples, pacing.rate)
                self.cursor = start + (offset + len(samples)) * SECOND // pacing.rate
                self._before = name, self.cursor
        return True

    def tell(self, generation: int, text: UtteranceProgress, clause: ClauseWords,
             words: Sequence[TimedWord], start: int) -> bool:
        """Hand out words whose times count from `start`; False if it was interrupted."""
        timed = [(start + round(word.start * SECOND), word.text) for word in words]
        with self.changed:
            if generation != self.generation:
                return False
            text.told(timed, clause.left)
            if timed:
                self._sink.words(text.request.id, timed, clause.locale)
            for (at, _), word in zip(timed, words, strict=True):
                for expression in word.expressions:
                    self._sink.expression(text.request.id, at, expression)
            return True

    def over(self, generation: int, text: UtteranceProgress, clause: ClauseWords) -> None:
        """Hand out the words of a clause that nothing told of; its sound is complete."""
        if self.tell(generation, text, clause, clause.rest(), self.cursor):
            text.clause_over(self.cursor)

    def _move(self, generation: int, name: str, spoken: SpokenChunk, asked: bool, start: int
              ) -> bool:
        """Hand out the mouth shapes of a chunk; False if it was interrupted."""
        track = self._articulate(spoken.chunk.phonemes or (), spoken.chunk.samples,
                                 self._pacing.rate)
        with self.changed:
            if generation != self.generation:
                return False
            if len(track.times):
                self._sink.mouth(name, dataclasses.replace(
                    track.shifted(start / SECOND), asked=asked))
            return True


def _steps(samples: NDArray[np.float32], step: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for offset in range(0, len(samples), step):
        yield offset, samples[offset:offset + step]
