"""
One segment of speech over one stream after the other, each within the service's limit.

The sound is kept from the end of the last final result on. A new stream begins there: the sound
before it is text already, the sound after it has no final text yet, so no word is lost or doubled.
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
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.recognizer import Recognition, Transcript
from txt2vid_ros.providers.cloud.google.client import provider_error
from txt2vid_ros.providers.cloud.google.unsettled_sound import BYTES_PER_SECOND, UnsettledSound

MAX_WAITING = 30.0
"""Seconds of sound that may wait to be sent."""
MAX_FRUITLESS_RENEWALS = 3
"""Streams in a row that the service may end without any final result."""
SERVICE = 'Google Speech-to-Text'
_STREAM_ENDED = (grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.ABORTED)
"""How the service ends a stream that is too long, or into which nothing was said for 10 s."""


class GoogleRecognition(Recognition):
    """
    Sends the sound as it comes and collects the results.

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
        self._sound = UnsettledSound()
        self._finals: list[Transcript] = []
        self._interim = ''
        self._generation = 0
        self._call: Any = None
        self._begun = 0.0
        self._fruitless = 0
        self._streams = 0
        self._complete = self._done = self._cancelled = False
        self._error: Exception | None = None

    @property
    def renewals(self) -> int:
        """Return how many streams there were beyond the first."""
        return max(0, self._streams - 1)

    def push(self, samples: NDArray[np.float32]) -> None:
        """
        Send samples in -1..1 at 16 kHz; wait where the service is far behind.

        Raises the error that ended the stream.
        """
        with self._changed:
            until = time.monotonic() + self._timeout
            while (self._sound.waiting > MAX_WAITING and self._error is None
                   and not self._cancelled):
                if not self._changed.wait(max(0.0, until - time.monotonic())) and (
                        time.monotonic() >= until):
                    raise ProviderError(f'{SERVICE} takes no sound', retriable=True)
            self._check()
            if not len(samples) or self._cancelled:
                return
            if self._complete:
                raise RuntimeError('finish() was called')
            self._sound.push(samples)
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
        if self._error is not None:
            raise self._error

    def _transcript(self) -> Transcript:
        parts = [each.text for each in self._finals]
        text = self._separator.join(filter(None, [*parts, self._interim]))
        # The service gives no confidence for unfinished results; 0 stands for none.
        known = [(each.confidence, len(each.text)) for each in self._finals if each.confidence]
        if not known or self._interim:
            return Transcript(text)
        total = sum(length for _, length in known)
        return Transcript(text, sum(value * length for value, length in known) / total)

    def _age(self) -> float:
        """Return the seconds of the stream, of sound or of time, whichever is more."""
        return max(self._sound.sent / BYTES_PER_SECOND, time.monotonic() - self._begun)

    def _start(self) -> None:
        """Open a stream for all that has no final result yet."""
        self._generation += 1
        self._streams += 1
        self._sound.start_stream()
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

    def _renew_stream(self) -> None:
        """Leave the stream for a new one, which hears again what has no final result."""
        self._abandon()
        if self._sound:
            self._start()
        self._changed.notify_all()

    def _messages(self, generation: int) -> Iterator[bytes]:
        """Yield the sound for a stream, on one of gRPC's threads, until the stream is over."""
        while True:
            with self._changed:
                while (self._current(generation) and not self._sound.unsent()
                       and not self._complete):
                    self._changed.wait()
                if self._current(generation) and self._age() >= self._limit:
                    self._end_at_limit()
                if not self._current(generation):
                    return
                part = self._sound.send()
                self._changed.notify_all()
            if not part:
                return
            yield part

    def _end_at_limit(self) -> None:
        """End the stream at its limit."""
        if self._sound.sent_since_result > self._limit / 2:
            # Sent again it would soon fill the next stream as well: nobody speaks for so long
            # without a pause. The service is to make text of it as it is.
            self._sound.end = self._sound.sent
        else:
            self._renew_stream()

    def _current(self, generation: int) -> bool:
        return generation == self._generation and self._call is not None

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
                    self._stream_ended(None)
        except grpc.RpcError as error:
            with self._changed:
                if generation == self._generation:
                    self._stream_ended(error)

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
            end = round(result.result_end_time.total_seconds() * SPEECH_RATE) * 2
            self._sound.settle(end or self._sound.sent)
            ended = True
        if ended:
            self._fruitless = 0
            if self._age() >= self._renew and self._sound.end is None:
                self._renew_stream()

    def _stream_ended(self, error: grpc.RpcError | None) -> None:
        """Handle the end of the stream: the end of all sound, the limit, or an error."""
        self._call = None
        if error is None and self._sound.end is not None:
            if self._interim:
                self._finals.append(Transcript(self._interim))
                self._interim = ''
            self._sound.settle(self._sound.end)
        elif ((error is None or error.code() in _STREAM_ENDED)
              and self._fruitless < MAX_FRUITLESS_RENEWALS):
            self._fruitless += 1
        else:
            self._error = provider_error(error, SERVICE) if error is not None else ProviderError(
                f'{SERVICE} ended the stream again and again', retriable=True)
        if self._error is None:
            if self._sound:
                self._start()
            elif self._complete:
                self._done = True
        self._changed.notify_all()
