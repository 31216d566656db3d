"""One piece of speech over one stream after the other, each within the service's limit.

The sound is kept from the end of the last final result on. A new stream begins there: what came
before is text already, what comes after has given no final text yet, so that no word is lost and
none is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading
import time
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.listening.recognizer import Recognition, Transcript
from txt2vid_ros.providers.cloud.google.client import provider_error

RATE = 16000
WIDTH = 2
MESSAGE = 6400
"""Bytes of sound in a request, 0.2 s; the service recommends 0.1 s and takes up to 15 kB."""
BEHIND = 30.0
"""Seconds of sound that may wait to be sent."""
RENEWALS_IN_VAIN = 3
"""Streams in a row that the service may end without a final result of any."""
SERVICE = 'Google Speech-to-Text'
_LIMITS = (grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.ABORTED)
"""How the service ends a stream that is too long, or into which nothing was said for 10 s."""


class GoogleRecognition(Recognition):
    """Sends the sound as it comes and collects the results.

    `stream` starts a call, given the sound as an iterator of bytes. A stream older than `renew`
    is renewed at the next final result, and one older than `limit` at once (seconds, of sound or
    of time, whichever is more). `spaced` languages have spaces between words.
    """

    def __init__(self, stream: Callable[[Iterator[bytes]], Any], *, renew: float, limit: float,
                 timeout: float, spaced: bool) -> None:
        """Begin; the first stream is opened with the first sound."""
        self._open_stream = stream
        self._renew = renew
        self._limit = limit
        self._timeout = timeout
        self._separator = ' ' if spaced else ''
        self._changed = threading.Condition()
        self._sound = bytearray()
        """What has no final result yet."""
        self._finals: list[Transcript] = []
        self._interim = ''
        self._generation = 0
        self._call: Any = None
        # Positions are bytes from the beginning of the stream: of the first byte kept, of what was
        # sent, and of the end of what the stream is to hear, where that is known.
        self._base = self._sent = 0
        self._end: int | None = None
        self._begun = 0.0
        self._vain = 0
        self._streams = 0
        self._complete = self._done = self._cancelled = False
        self._fault: Exception | None = None

    @property
    def renewals(self) -> int:
        """Return how many streams there were beyond the first."""
        return max(0, self._streams - 1)

    def push(self, samples: NDArray[np.float32]) -> None:
        """Send samples in -1..1 at 16 kHz; waits where the service is far behind.

        Raises what ended the stream.
        """
        with self._changed:
            until = time.monotonic() + self._timeout
            while self._behind() and self._fault is None and not self._cancelled:
                if not self._changed.wait(max(0.0, until - time.monotonic())) and (
                        time.monotonic() >= until):
                    raise ProviderError(f'{SERVICE} takes no sound', retriable=True)
            self._check()
            if not len(samples) or self._cancelled:
                return
            if self._complete:
                raise RuntimeError('finish() was called')
            self._sound += (np.clip(samples, -1, 1) * 32767).astype('<i2').tobytes()
            if self._call is None:
                self._start()
            self._changed.notify_all()

    def hypothesis(self) -> Transcript:
        """Return the final results and what the service takes the rest for."""
        with self._changed:
            self._check()
            return self._transcript()

    def finish(self) -> Transcript:
        """End the sound, wait for the last result, return all. Raises ProviderError."""
        with self._changed:
            self._complete = True
            self._changed.notify_all()
            until = time.monotonic() + self._timeout
            while self._call is not None and not self._done and not self._cancelled:
                self._check()
                if not self._changed.wait(max(0.0, until - time.monotonic())) and (
                        time.monotonic() >= until):
                    self._abandon()
                    raise ProviderError(f'{SERVICE} sent no final text within '
                                        f'{self._timeout:g} s', retriable=True)
            self._check()
            return self._transcript()

    def cancel(self) -> None:
        """End the stream; what comes from it is dropped."""
        with self._changed:
            self._cancelled = True
            self._abandon()
            self._changed.notify_all()

    def _check(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _transcript(self) -> Transcript:
        parts = [each.text for each in self._finals]
        text = self._separator.join(filter(None, [*parts, self._interim]))
        # How sure it is of an unfinished result the service does not say; 0 means it does not.
        known = [(each.confidence, len(each.text)) for each in self._finals if each.confidence]
        if not known or self._interim:
            return Transcript(text)
        total = sum(length for _, length in known)
        return Transcript(text, sum(value * length for value, length in known) / total)

    def _age(self) -> float:
        """Return the seconds of the stream, of sound or of time, whichever is more."""
        return max(self._sent / (RATE * WIDTH), time.monotonic() - self._begun)

    def _behind(self) -> bool:
        """Return whether much of the sound waits to be sent."""
        return self._base + len(self._sound) - self._sent > BEHIND * RATE * WIDTH

    def _start(self) -> None:
        """Open a stream for all that has no final result yet."""
        self._generation += 1
        self._streams += 1
        self._base = self._sent = 0
        self._end = None
        self._interim = ''
        self._begun = time.monotonic()
        self._call = self._open_stream(self._messages(self._generation))
        threading.Thread(target=self._receive, args=(self._call, self._generation),
                         name='google-results', daemon=True).start()

    def _abandon(self) -> None:
        """Drop the stream; its results do not count any more."""
        if self._call is not None:
            self._generation += 1
            self._call.cancel()
            self._call = None

    def _exchange(self) -> None:
        """Leave the stream for a new one, which hears again what has no final result."""
        self._abandon()
        if self._sound:
            self._start()
        self._changed.notify_all()

    def _messages(self, generation: int) -> Iterator[bytes]:
        """Yield the sound for a stream, on a thread of the client's, until that is over."""
        while True:
            with self._changed:
                while self._current(generation) and not self._unsent() and not self._complete:
                    self._changed.wait()
                if self._current(generation) and self._age() >= self._limit:
                    self._part()
                if not self._current(generation):
                    return
                piece = b'' if self._end is not None else self._unsent()
                self._sent = max(self._sent, self._base) + len(piece)
                if not piece:
                    self._end = self._sent
                self._changed.notify_all()
            if not piece:
                return
            yield piece

    def _part(self) -> None:
        """End the stream at its limit."""
        if self._sent - self._base > self._limit / 2 * RATE * WIDTH:
            # Heard again it would soon fill the next stream as well: nobody speaks so long
            # without an end. The stream is to make text of it as it is.
            self._end = self._sent
        else:
            self._exchange()

    def _current(self, generation: int) -> bool:
        return generation == self._generation and self._call is not None

    def _unsent(self) -> bytes:
        """Return the next of the sound that the stream is to hear."""
        at = max(self._sent, self._base) - self._base
        return bytes(self._sound[at:at + MESSAGE])

    def _receive(self, call: Any, generation: int) -> None:
        """Take the results of a stream, on a thread of its own."""
        try:
            for response in call:
                with self._changed:
                    if generation != self._generation:
                        return
                    self._take(response.results)
                    self._changed.notify_all()
            with self._changed:
                if generation == self._generation:
                    self._over(None)
        except grpc.RpcError as error:
            with self._changed:
                if generation == self._generation:
                    self._over(error)

    def _take(self, results: Any) -> None:
        self._interim = ''
        ended = False
        for result in results:
            text = result.alternatives[0].transcript.strip() if result.alternatives else ''
            if not result.is_final:
                self._interim = self._separator.join(filter(None, (self._interim, text)))
                continue
            self._finals.append(Transcript(text, result.alternatives[0].confidence or None
                                           if result.alternatives else None))
            end = round(result.result_end_time.total_seconds() * RATE) * WIDTH
            self._settle(end or self._sent)
            ended = True
        if ended:
            self._vain = 0
            if self._age() >= self._renew and self._end is None:
                self._exchange()

    def _settle(self, end: int) -> None:
        """Forget the sound up to `end`, bytes of the stream: it has become text."""
        drop = min(max(0, end - self._base), len(self._sound))
        del self._sound[:drop]
        self._base += drop

    def _over(self, error: grpc.RpcError | None) -> None:
        """Deal with the end of the stream: the end of all, the limit, or a fault."""
        self._call = None
        if error is None and self._end is not None:
            if self._interim:
                self._finals.append(Transcript(self._interim))
                self._interim = ''
            self._settle(self._end)
        elif (error is None or error.code() in _LIMITS) and self._vain < RENEWALS_IN_VAIN:
            self._vain += 1
        else:
            self._fault = provider_error(error, SERVICE) if error is not None else ProviderError(
                f'{SERVICE} ended the stream again and again', retriable=True)
        if self._fault is None:
            if self._sound:
                self._start()
            elif self._complete:
                self._done = True
        self._changed.notify_all()
