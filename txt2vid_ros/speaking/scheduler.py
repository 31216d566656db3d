"""Speaks utterances in order on the timeline: chooses when each begins and paces its chunks."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
import dataclasses
import logging
import math
import threading
import time

from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.people import continuation_id, origin_of
from txt2vid_ros.speaking.ahead.speech_ahead import SpeechAhead
from txt2vid_ros.speaking.ahead.utterance_speech import UtteranceSpeech
from txt2vid_ros.speaking.paced_output import CHUNK_SPACING, PacedOutput, Pacing
from txt2vid_ros.speaking.speech_sink import (
    Articulate,
    SchedulerStatistics,
    SpeechRequest,
    SpeechSink,
)
from txt2vid_ros.speaking.unsaid import report_unsaid
from txt2vid_ros.speaking.utterance_progress import UtteranceProgress
from txt2vid_ros.speaking.voice import TextToSpeech
from txt2vid_ros.speaking.word_times import ClauseWords

log = logging.getLogger(__name__)

UNENDED = 2**63 - 1
"""The end of an utterance that is still being made."""
IDS_KEPT = 100
"""Utterances that are unwanted before they are known."""
LONGEST_HOLD = 30.0
"""Seconds after which held speech goes on though nobody said so."""
RACE = SECOND // 10
"""Nanoseconds by which the answer to an interruption may come before it, on another topic."""


class SpeechScheduler:
    """
    A bounded queue of utterances and the one thread that speaks them, from what another makes.

    The first sample of an utterance is heard `lead()` seconds from when it is there, or at the
    end of the utterance before, whichever is later; from then on the samples are counted. Chunks
    are handed out at most `ahead` seconds before they are heard.
    """

    def __init__(self, voice_for: Callable[[SpeechRequest], TextToSpeech], articulate: Articulate,
                 sink: SpeechSink, clock: Clock, lead: Callable[[], float], *,
                 rate: int, chunk: float = 0.04, ahead: float = 1.0,
                 spacing: float = CHUNK_SPACING, queue: int = 64,
                 named_emoji: bool = False,
                 done_with: Callable[[TextToSpeech], object] = lambda voice: None) -> None:
        """
        Take the voice of each utterance, where the speech goes (at `rate` Hz), and the pacing.

        `queue` is how many utterances may wait; all other numbers are seconds. Emoji are left
        out, or said by their names. `done_with` gets each voice that `voice_for` gave, once its
        utterance is made.
        """
        self.statistics = SchedulerStatistics()
        self._output = PacedOutput(
            sink, articulate, clock, lead, Pacing(rate, chunk, ahead, spacing))
        self._sink, self._clock, self._limit = sink, clock, queue
        self._queue: collections.deque[SpeechRequest] = collections.deque()
        self._audible: collections.deque[tuple[UtteranceProgress, int]] = collections.deque()
        """What is heard or will be, and when it has been heard."""
        self._unwanted: collections.deque[str] = collections.deque(maxlen=IDS_KEPT)
        self._held_at: float | None = None
        """time.monotonic() since which nothing is spoken; None where speech is not held."""
        self._closed, self._changed = False, self._output.changed
        self._ahead = SpeechAhead(voice_for, done_with, lambda: self._queue, self._changed, rate,
                                  named_emoji=named_emoji)
        self._thread = threading.Thread(target=self._run, name='speech-scheduler', daemon=True)

    def start(self) -> None:
        """Begin to speak what is queued."""
        self._ahead.start()
        self._thread.start()

    def say(self, utterance: SpeechRequest) -> bool:
        """Queue an utterance; return False, and drop it, where the queue is full."""
        with self._changed:
            if len(self._queue) >= self._limit or self._closed:
                self.statistics.refused += 1
                return False
            if utterance.id in self._unwanted:
                self._unwanted.remove(utterance.id)
                self._end([(utterance.id, utterance.text)], self._clock.now())
                return True
            self._queue.append(utterance)
            self._changed.notify_all()
            return True

    def interrupt(self) -> int:
        """Be silent at once: end and drop all utterances; return how many there were."""
        with self._changed:
            now = self._clock.now()
            left = [(text.request.id, text.rest(now).unsaid) for text in self._heard_after(now)]
            left += [(each.id, each.left) for each in self._queue]
            self._silence(now)
            self._queue.clear()
            # What waited was to be heard after the words in which the first stopped.
            whole = ' '.join(filter(None, (unsaid for _, unsaid in left)))
            self._end([(name, whole) for name, _ in left], now)
            self._hold(False)
            return len(left)

    def hold(self) -> bool:
        """Be silent at once until resume() or drop(); return whether there was anything to say."""
        with self._changed:
            now = self._clock.now()
            heard = self._heard_after(now)
            if self._held_at is not None or not (heard or self._queue):
                return self._held_at is not None
            self.statistics.held += 1
            # Told first: the end of an utterance that is held is not yet that of what it says.
            self._hold(True)
            self._silence(now)
            for text in reversed(heard):
                request, rest = text.request, text.rest(now)
                if not rest.text:
                    self._sink.ended(request.id, now)
                    continue
                going_on = dataclasses.replace(
                    request, id=continuation_id(request.id), text=rest.text,
                    repeated=rest.repeated, unsaid=rest.unsaid)
                self._sink.held(request.id, now, going_on.id, rest.repeated)
                self._queue.appendleft(going_on)
            return True

    def resume(self) -> None:
        """Go on with what is held, from the clause in which it stopped."""
        with self._changed:
            if self._held_at is not None:
                self.statistics.resumed += 1
                self._hold(False)

    def drop(self) -> int:
        """Drop what is held or heard, but not the answer; return how many utterances that were."""
        with self._changed:
            recent = self._clock.now() - RACE
            if any(text.request.accepted > recent for text, _ in self._audible):
                return 0
            answers = [each for each in self._queue if each.accepted > recent]
            for each in answers:
                self._queue.remove(each)
            ended = self.interrupt()
            self._queue.extend(answers)
            self._changed.notify_all()
            return ended

    def interrupt_one(self, utterance: str) -> bool:
        """
        End one utterance at once and go on with the others; return whether it was there.

        One that is not known yet is not spoken when it comes: its text may be late.
        """
        with self._changed:
            now = self._clock.now()
            found = [each for each in self._audible if origin_of(each[0].request.id) == utterance]
            waiting = next((each for each in self._queue if origin_of(each.id) == utterance), None)
            if waiting is not None:
                self._queue.remove(waiting)
                self._ahead.drop()
                self._end([(waiting.id, waiting.left)], now)
                return True
            if not found or found[0][1] <= now:
                self._unwanted.append(utterance)
                return False
            text, end = found[0]
            self._audible.remove((text, end))
            self._output.generation += end == UNENDED
            if end in (UNENDED, self._output.cursor):
                # Nothing is heard after it: the next may begin at once.
                self._output.cursor = max([now, *(each for _, each in self._audible
                                                  if each != UNENDED)])
            self._end([(text.request.id, text.rest(now).unsaid)], now)
            return True

    def _heard_after(self, now: int) -> list[UtteranceProgress]:
        return [text for text, end in self._audible if end > now]

    def _silence(self, now: int) -> None:
        self._output.generation += 1
        self._output.cursor = now
        self._audible.clear()
        self._ahead.drop()

    def _hold(self, holds: bool) -> None:
        if holds != (self._held_at is not None):
            self._held_at = time.monotonic() if holds else None
            self._sink.holding(holds)
            self._changed.notify_all()

    def _end(self, left: Iterable[tuple[str, str]], now: int) -> None:
        """Tell what is heard no more; under the lock, so that no chunk comes after."""
        for name, unsaid in left:
            self.statistics.interrupted += 1
            self._sink.ended(name, now, interrupted=True, unsaid=unsaid)
        self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Return how many utterances are queued."""
        return len(self._queue)

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
            self._output.generation += 1
            self._hold(False)
            self._changed.notify_all()
        self._ahead.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while (turn := self._next()) is not None:
            self._speak(*turn)

    def _next(self) -> tuple[UtteranceProgress, int, int] | None:
        """Wait for a text; return it, the generation and the cursor; None once closed."""
        with self._changed:
            while not self._closed:
                if self._held_at is not None:
                    self._changed.wait(LONGEST_HOLD)
                    if time.monotonic() - (self._held_at or math.inf) >= LONGEST_HOLD:
                        log.warning('speech was held for %.0f s; it goes on', LONGEST_HOLD)
                        self.resume()
                elif not self._queue:
                    self._changed.wait()
                else:
                    while self._audible and self._audible[0][1] <= self._clock.now():
                        self._audible.popleft()
                    # Audible without an end until it is known, so that an interruption finds it.
                    text = UtteranceProgress(self._queue.popleft())
                    self._audible.append((text, UNENDED))
                    return text, self._output.generation, self._output.cursor
            return None

    def _speak(self, text: UtteranceProgress, generation: int, before: int) -> None:
        utterance = text.request
        self.statistics.utterances += utterance.unsaid is None
        failed = self.statistics.failed
        try:
            speech = self._ahead.take(
                utterance, lambda: self._output.generation != generation)
            try:
                self._say_clauses(text, speech, generation)
            finally:
                self._ahead.finish(speech)
        except (UserError, ProviderError) as error:
            self.statistics.failed += 1
            log.error('%s', error)
        except Exception:
            # A voice is code of its own: its bug costs one utterance, not the node.
            self.statistics.failed += 1
            log.exception('the voice failed on %s; it is skipped', utterance.id)
        self.statistics.last_failed = self.statistics.failed > failed
        with self._changed:
            if generation != self._output.generation:
                return
            end = max(self._output.cursor, self._clock.now())
            self._audible.pop()
            if self._output.cursor != before:
                self._audible.append((text, end))
            self._sink.ended(utterance.id, end)

    def _say_clauses(self, text: UtteranceProgress, speech: UtteranceSpeech, generation: int
                     ) -> None:
        utterance, output = text.request, self._output
        first = True
        words = ClauseWords('', speech.able, utterance.locale)
        for spoken in speech.chunks():
            if first and utterance.unsaid is None:
                self.statistics.text_to_voice.observe(
                    (self._clock.now() - utterance.accepted) / SECOND)
            first = False
            if spoken.clause:
                output.over(generation, text, words)
                words = ClauseWords(spoken.clause, speech.able, utterance.locale, spoken.cues)
                text.clause(words.left, spoken.later)
            if not output.play(spoken, text, words, generation):
                return
        output.over(generation, text, words)
        if output.generation == generation:
            report_unsaid(utterance, speech.unsaid, speech.voice, self.statistics, self._sink,
                          nothing=first)
