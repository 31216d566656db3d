"""Speaks utterances in order on the timeline: chooses when each begins and paces its chunks."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Sequence
import logging
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.speaking.resampled_voice import ResampledVoice
from txt2vid_ros.speaking.speech_sink import (
    Articulate,
    SchedulerStatistics,
    SpeechRequest,
    SpeechSink,
)
from txt2vid_ros.speaking.synthesis import SpokenChunk, synthesize_text
from txt2vid_ros.speaking.unsaid import report_unsaid
from txt2vid_ros.speaking.voice import TextToSpeech
from txt2vid_ros.speaking.word_times import ClauseWords, TimedWord

log = logging.getLogger(__name__)

CLOCK_POLL_INTERVAL = 0.02
"""Seconds between looks at the clock, which may be a simulated one."""
INITIAL_BURST = 6
"""Chunks that are handed out at once, so that pictures can be made of the first ones."""
CHUNK_SPACING = 0.01
"""Seconds between the chunks that follow, until they are `ahead`: a recorder with a history of ten
messages, as rosbag2 has it, would lose some of a whole second that comes at once."""
CONTINUING_LEAD = int(0.15 * SECOND)
"""Nanoseconds from having more sound of a clause to its being heard that viewers need at least."""
UNENDED = 2**63 - 1
"""The end of an utterance that is still being made."""
IDS_KEPT = 100
"""Utterances that are unwanted before they are known."""
CLOCK_JUMP = 2 * SECOND
"""Nanoseconds beyond what the pacing can explain from which on the clock was set back."""


class SpeechScheduler:
    """
    A bounded queue of utterances and the one thread that speaks them.

    The first sample of an utterance is heard `lead()` seconds from when it is there, or at the
    end of the utterance before, whichever is later; from then on the samples are counted. Chunks
    are handed out at most `ahead` seconds before they are heard.
    """

    def __init__(self, voice_for: Callable[[str], TextToSpeech], articulate: Articulate,
                 sink: SpeechSink, clock: Clock, lead: Callable[[], float], *,
                 rate: int, chunk: float = 0.04, ahead: float = 1.0,
                 spacing: float = CHUNK_SPACING, queue: int = 64,
                 named_emoji: bool = False,
                 done_with: Callable[[TextToSpeech], object] = lambda voice: None) -> None:
        """
        Take the voice of each speaker, where the speech goes (at `rate` Hz), and the pacing.

        `queue` is how many utterances may wait; all other numbers are seconds. Emoji are left
        out, or said by their names. `done_with` gets each voice that `voice_for` gave, once its
        utterance is made.
        """
        self.statistics = SchedulerStatistics()
        self._voice_for = voice_for
        self._done_with = done_with
        self._articulate = articulate
        self._sink = sink
        self._clock = clock
        self._lead = lead
        self._rate = rate
        self._chunk = chunk
        self._ahead = int(ahead * SECOND)
        self._spacing = spacing
        self._limit = queue
        self._named_emoji = named_emoji
        self._queue: collections.deque[SpeechRequest] = collections.deque()
        self._audible: collections.deque[tuple[str, int]] = collections.deque()
        self._unwanted: collections.deque[str] = collections.deque(maxlen=IDS_KEPT)
        self._cursor = 0
        """When what was handed out so far has been heard."""
        self._generation = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='speech-scheduler', daemon=True)

    def start(self) -> None:
        """Begin to speak what is queued."""
        self._thread.start()

    def say(self, utterance: SpeechRequest) -> bool:
        """Queue an utterance; return False, and drop it, where the queue is full."""
        with self._changed:
            if len(self._queue) >= self._limit or self._closed:
                self.statistics.refused += 1
                return False
            if utterance.id in self._unwanted:
                self._unwanted.remove(utterance.id)
                self._end([utterance.id])
                return True
            self._queue.append(utterance)
            self._changed.notify_all()
            return True

    def interrupt(self) -> int:
        """Be silent at once: end and drop all utterances; return how many there were."""
        with self._changed:
            self._generation += 1
            now = self._clock.now()
            names = [name for name, end in self._audible if end > now]
            names += [utterance.id for utterance in self._queue]
            self._queue.clear()
            self._audible.clear()
            self._cursor = now
            self._end(names)
            return len(names)

    def interrupt_one(self, utterance: str) -> bool:
        """
        End one utterance at once and go on with the others; return whether it was there.

        One that is not known yet is not spoken when it comes: its text may arrive later.
        """
        with self._changed:
            now = self._clock.now()
            waiting = [each for each in self._queue if each.id == utterance]
            ends = dict(self._audible)
            end = ends.pop(utterance, now)
            if waiting:
                self._queue.remove(waiting[0])
            elif end > now:
                self._generation += end == UNENDED
                if end in (UNENDED, self._cursor):
                    # Nothing is heard after it: the next may begin at once.
                    self._cursor = max([now, *(each for each in ends.values()
                                               if each != UNENDED)])
                self._audible = collections.deque(ends.items())
            else:
                self._unwanted.append(utterance)
                return False
            self._end([utterance])
            return True

    def _end(self, names: Sequence[str]) -> None:
        """Tell that utterances are heard no more; under the lock, so that no chunk comes after."""
        self.statistics.interrupted += len(names)
        for name in names:
            self._sink.ended(name, self._clock.now(), interrupted=True)
        self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Return whether anything is queued, being made or still to be heard."""
        with self._changed:
            return bool(self._queue) or any(
                end > self._clock.now() for _, end in self._audible)

    def close(self) -> None:
        """Stop the thread; what was not handed out is not spoken."""
        with self._changed:
            self._closed = True
            self._generation += 1
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                utterance = self._queue.popleft()
                generation = self._generation
                while self._audible and self._audible[0][1] <= self._clock.now():
                    self._audible.popleft()
                # Audible without an end until it is known, so that an interruption finds it.
                self._audible.append((utterance.id, UNENDED))
                before = self._cursor
            self._speak(utterance, generation, before)

    def _speak(self, utterance: SpeechRequest, generation: int, before: int) -> None:
        self.statistics.utterances += 1
        failed = self.statistics.failed
        try:
            self._clauses(utterance, generation)
        except (UserError, ProviderError) as error:
            self.statistics.failed += 1
            log.error('%s', error)
        except Exception:
            # A voice is code of its own: its bug costs one utterance, not the node.
            self.statistics.failed += 1
            log.exception('the voice failed on %s; it is skipped', utterance.id)
        self.statistics.last_failed = self.statistics.failed > failed
        with self._changed:
            if generation != self._generation:
                return
            end = max(self._cursor, self._clock.now())
            self._audible.pop()
            if self._cursor != before:
                self._audible.append((utterance.id, end))
            self._sink.ended(utterance.id, end)

    def _clauses(self, utterance: SpeechRequest, generation: int) -> None:
        voice = self._voice_for(utterance.speaker)
        try:
            self._say_clauses(utterance, voice, generation)
        finally:
            self._done_with(voice)

    def _say_clauses(self, utterance: SpeechRequest, voice: TextToSpeech, generation: int) -> None:
        resampled = ResampledVoice(voice, self._rate)
        first = True
        unsaid: list[str] = []
        words = ClauseWords('', resampled.capabilities)
        for spoken in synthesize_text(
                utterance.text, resampled,
                lambda: self._generation != generation, unsaid.append,
                named_emoji=self._named_emoji):
            if first:
                now = self._clock.now()
                self.statistics.text_to_voice.append((now - utterance.accepted) / SECOND)
                first = False
            if spoken.clause:
                self._tell(generation, utterance.id, words, words.rest(), self._cursor)
                words = ClauseWords(spoken.clause, resampled.capabilities)
            if not self._play(utterance.id, spoken, words, generation):
                return
        self._tell(generation, utterance.id, words, words.rest(), self._cursor)
        if self._generation == generation:
            report_unsaid(utterance, unsaid, voice, self.statistics, self._sink, nothing=first)

    def _play(self, name: str, spoken: SpokenChunk, words: ClauseWords, generation: int) -> bool:
        """Hand out one chunk of a voice in steps; False if it was interrupted."""
        rate, chunk = self._rate, spoken.chunk
        lead = int(self._lead() * SECOND)
        too_far = lead + self._ahead + CLOCK_JUMP
        soonest = self._clock.now() + lead
        start = self._cursor + int(spoken.pause * SECOND)
        # Within a clause a gap is worse than lips that come late.
        least = soonest if spoken.clause else min(soonest, self._clock.now() + CONTINUING_LEAD)
        if not least <= start <= soonest + too_far:
            start = soonest
        if chunk.phonemes:
            track = self._articulate(chunk.phonemes, chunk.samples, rate)
            if len(track.times) and not self._emit(
                    generation, self._sink.mouth, name,
                    track.shifted(start / SECOND)):
                return False
        if not self._tell(generation, name, words, words.chunk(chunk), start):
            return False
        urgent = lead + int(INITIAL_BURST * self._chunk * SECOND)
        for offset, samples in _steps(chunk.samples, max(1, round(self._chunk * rate))):
            spaced = not self._spacing
            with self._changed:
                while generation == self._generation:
                    at = start + offset * SECOND // rate
                    left = at - self._clock.now()
                    early = left - self._ahead
                    if early <= 0:
                        if spaced or left <= urgent:
                            break
                        spaced = True
                        self._changed.wait(self._spacing)
                        continue
                    if early > too_far:
                        start -= early
                        continue
                    self._changed.wait(CLOCK_POLL_INTERVAL)
                else:
                    return False
                self._sink.audio(name, at, samples, rate)
                self._cursor = start + (offset + len(samples)) * SECOND // rate
        return True

    def _tell(self, generation: int, name: str, clause: ClauseWords, words: Sequence[TimedWord],
              start: int) -> bool:
        """Hand out words whose times count from `start`; False if it was interrupted."""
        return not words or self._emit(
            generation, self._sink.words, name,
            [(start + round(word.start * SECOND), word.text) for word in words], clause.locale)

    def _emit(self, generation: int, send: Callable[..., None], *what: object) -> bool:
        with self._changed:
            if generation != self._generation:
                return False
            send(*what)
            return True


def _steps(samples: NDArray[np.float32], step: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for offset in range(0, len(samples), step):
        yield offset, samples[offset:offset + step]
