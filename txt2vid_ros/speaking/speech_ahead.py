"""Makes speech before it is due, on a thread of its own, for voices that are hardly fast."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import threading

from txt2vid_ros.speaking.synthesis import SpokenChunk
from txt2vid_ros.speaking.voice import VoiceCapabilities


class SpeechAhead:
    """
    Takes the speech of one text as it is made, and gives it as it is wanted.

    While a clause is heard the next ones are made, as far ahead as the voice asks for: so a voice
    that needs 0.9 s for a second of speech pauses before the first clause only.
    """

    def __init__(self, voice: VoiceCapabilities, interrupted: Callable[[], bool]) -> None:
        """Take what the voice that speaks can do, and whether its speech is wanted no more."""
        self._most = voice.prepared * voice.sample_rate
        """Samples that are made before they are taken; 0 for none."""
        self._interrupted = interrupted
        self._made: collections.deque[SpokenChunk] = collections.deque()
        self._closed = self._complete = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def unwanted(self) -> bool:
        """Return whether no more of the text needs to be made."""
        return self._closed or self._interrupted()

    def of(self, chunks: Iterator[SpokenChunk]) -> Iterator[SpokenChunk]:
        """Yield the chunks; what goes wrong with one is raised in its place."""
        if not self._most:
            yield from chunks
            return
        thread = threading.Thread(target=self._make, args=(chunks,), name='speech-ahead',
                                  daemon=True)
        thread.start()
        try:
            while (chunk := self._next()) is not None:
                yield chunk
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            # The voice is used by one thread at a time.
            thread.join()

    def _next(self) -> SpokenChunk | None:
        with self._changed:
            self._changed.wait_for(lambda: self._made or self._complete)
            if self._made:
                self._changed.notify_all()
                return self._made.popleft()
            if self._error is not None:
                raise self._error
            return None

    def _make(self, chunks: Iterator[SpokenChunk]) -> None:
        try:
            for chunk in chunks:
                with self._changed:
                    self._changed.wait_for(self._room)
                    if self._closed:
                        return
                    self._made.append(chunk)
                    self._changed.notify_all()
        except BaseException as error:
            # Raised again where the speech is taken.
            self._error = error
        finally:
            with self._changed:
                self._complete = True
                self._changed.notify_all()

    def _room(self) -> bool:
        waiting = sum(len(chunk.chunk.samples) for chunk in self._made)
        return self._closed or waiting < self._most
