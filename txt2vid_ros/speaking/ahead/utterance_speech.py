"""The speech of one utterance: made on one thread, heard on another."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import threading

from txt2vid_ros.speaking.ahead.head_start import HeadStart
from txt2vid_ros.speaking.resampled_voice import ResampledVoice
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.synthesis import SpokenChunk, synthesize_text
from txt2vid_ros.speaking.voice import TextToSpeech


class UtteranceSpeech:
    """
    Takes the speech of an utterance as it is made, and gives it as it is wanted.

    `changed` guards what it holds, and is notified.
    """

    def __init__(self, request: SpeechRequest, voice: TextToSpeech, rate: int,
                 changed: threading.Condition, *, named_emoji: bool = False) -> None:
        """Take what is said, with which voice, and the rate of its samples, Hz."""
        self.request = request
        self.voice = voice
        resampled = ResampledVoice(voice, rate)
        self.able = resampled.capabilities
        self.most = round(self.able.prepared * self.able.sample_rate)
        """Samples that are made before they are taken; 0 where each is made when it is due."""
        self.unsaid: list[str] = []
        """Words that are left out, as far as it is made."""
        self.interrupted: Callable[[], bool] = lambda: False
        """Whether the speech is wanted no more; what is only made ahead is told by drop()."""
        self.complete = not self.most
        """Whether nobody makes more of it on a thread of its own."""
        self._dropped = False
        self._made: collections.deque[SpokenChunk] = collections.deque()
        self._head_start: HeadStart | None = None
        """None before anything is made."""
        self._error: BaseException | None = None
        self._changed = changed
        self._resampled = resampled
        self._named_emoji = named_emoji

    def unwanted(self) -> bool:
        """Return whether no more of it needs to be made."""
        return self._dropped or self.interrupted()

    def drop(self) -> None:
        """Make no more of it, and keep nothing."""
        with self._changed:
            self._dropped = True
            self._made.clear()
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Return how many samples are made and not taken."""
        return sum(len(chunk.chunk.samples) for chunk in self._made)

    def chunks(self) -> Iterator[SpokenChunk]:
        """Yield the speech as it is there; what goes wrong with a chunk is raised in its place."""
        if not self.most:
            yield from self._synthesized()
            return
        self._wait_for_head_start()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._made or self.complete)
                if not self._made:
                    break
                chunk = self._made.popleft()
                self._changed.notify_all()
            yield chunk
        if self._error is not None:
            raise self._error

    def _wait_for_head_start(self) -> None:
        """Wait until the voice can begin and need not stop, as far as that can be told."""
        with self._changed:
            self._changed.wait_for(lambda: self._made or self.complete)
            while (self._head_start is not None and not self.complete and not self.unwanted()
                   and (left := self._head_start.seconds()) > 0):
                self._changed.wait(left)

    def make(self, room: Callable[[], bool]) -> None:
        """Make all of it; `room` tells, under the lock, whether more may wait to be taken."""
        head_start = HeadStart(self.able.sample_rate)
        try:
            for chunk in self._synthesized():
                head_start.made(chunk)
                with self._changed:
                    self._head_start = head_start
                    self._changed.wait_for(lambda: room() or self.unwanted())
                    if self.unwanted():
                        return
                    self._made.append(chunk)
                    self._changed.notify_all()
        except BaseException as error:
            # Raised again where the speech is taken.
            self._error = error
        finally:
            with self._changed:
                self.complete = True
                self._changed.notify_all()

    def _synthesized(self) -> Iterator[SpokenChunk]:
        return synthesize_text(
            self.request.text, self._resampled, self.unwanted, self.unsaid.append,
            named_emoji=self._named_emoji, locale=self.request.locale)
