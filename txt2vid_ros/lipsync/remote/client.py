"""
Asks for mouths over HTTP, each within a deadline, and knows whether there is anybody to ask.

There is no queue here: a request is under way, or it is not made. After one that failed nobody
waits for another, until a probe of the client's own thread is answered in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
from http.client import HTTPConnection, HTTPException
import logging
import socket
import threading
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.address import HostPort
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.lipsync.remote import wire
from txt2vid_ros.lipsync.wav2lip.architecture import FACE
from txt2vid_ros.lipsync.wav2lip.audio.mel import BANDS, SILENCE, WINDOW
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth

log = logging.getLogger(__name__)

PATH = '/lipsync'
_PROBES = Backoff(first=0.25, largest=5.0)
_LARGEST_ANSWER = 8_000_000     # bytes; 128 mouths have 3.6 million


class ReplicaAway(Exception):  # noqa: N818 - a state, for the caller to go on with
    """No mouths come from the other machine for now; the text says why."""


class MouthClient:
    """The way to the network on other machines. Several threads may use it."""

    def __init__(self, address: HostPort, deadline: float) -> None:
        """Connect to nobody yet; `deadline` in seconds is the most that an answer may take."""
        self.present = False
        """Whether the last request was answered."""
        self.why_away = ''
        """Why not, in a line."""
        self._address = address
        self._deadline = deadline
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look for somebody to ask, and go on looking whenever there is nobody."""
        self._probe()
        self._thread = threading.Thread(target=self._look, name='mouth probe', daemon=True)
        self._thread.start()

    def mouths(self, windows: NDArray[np.float32], crops: Sequence[Crop]) -> list[Mouth]:
        """Return B mouths for the windows (B, 80, 16) and crops. Raises ReplicaAway."""
        if not self.present:
            raise ReplicaAway(self.why_away)
        try:
            return self._ask(windows, crops)
        except ReplicaAway as away:
            self._lost(str(away))
            raise

    def close(self) -> None:
        """Stop looking and hang up; may be called twice."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            self._hang_up()

    def _ask(self, windows: NDArray[np.float32], crops: Sequence[Crop]) -> list[Mouth]:
        end = time.monotonic() + self._deadline
        body = wire.pack_request(windows, crops)
        if not self._lock.acquire(timeout=self._deadline):
            raise ReplicaAway('the answer before is still awaited')
        try:
            reused = self._connection is not None
            try:
                answer = self._exchange(body, end)
            except (ConnectionError, HTTPException):
                self._hang_up()
                if not reused:
                    raise
                answer = self._exchange(body, end)      # one that was kept may have been closed
            return wire.unpack_mouths(answer, len(windows))
        except TimeoutError:
            self._hang_up()
            raise ReplicaAway(f'no answer in {self._deadline * 1000:.0f} ms') from None
        except (OSError, HTTPException, ValueError) as error:
            self._hang_up()
            raise ReplicaAway(f'{error}' or type(error).__name__) from error
        finally:
            self._lock.release()

    def _exchange(self, body: bytes, end: float) -> bytes:
        """Send a request and return the answer, both by `end` on the monotonic clock."""
        def left() -> float:
            seconds = end - time.monotonic()
            if seconds <= 0:
                raise TimeoutError
            return seconds

        if self._connection is None:
            connection = HTTPConnection(*self._address, timeout=left())
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        connection, line = self._connection, self._connection.sock
        line.settimeout(left())
        connection.request('POST', PATH, body, {'Content-Type': wire.MEDIA_TYPE})
        line.settimeout(left())
        response = connection.getresponse()
        answer = bytearray()
        while True:
            seconds = left()
            with contextlib.suppress(OSError):      # hung up: what has come is still read
                line.settimeout(seconds)
            part = response.read1(1 << 16)
            answer += part
            if not part or len(answer) > _LARGEST_ANSWER:
                break
        if response.status != 200:
            raise ValueError(f'HTTP status {response.status}')
        return bytes(answer)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lost(self, why: str) -> None:
        if self.present:
            log.warning('the mouths are made here for now: %s:%d: %s', *self._address, why)
        self.present, self.why_away = False, why
        self._wake.set()

    def _probe(self) -> bool:
        """Ask for a mouth at rest; return whether it came in time."""
        silence = np.full((1, BANDS, WINDOW), SILENCE, np.float32)
        try:
            self._ask(silence, [np.full((FACE, FACE, 3), 128, np.uint8)])
        except ReplicaAway as away:
            self.why_away = str(away)
            return False
        self.present, self.why_away = True, ''
        return True

    def _look(self) -> None:
        failures = 0
        while not self._closed:
            if self.present:
                self._wake.wait()
                self._wake.clear()
                failures = 1
                continue
            self._sleep(_PROBES.after(failures))
            if self._closed:
                return
            if self._probe():
                log.warning('the mouths come from %s:%d', *self._address)
            else:
                failures += 1

    def _sleep(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        end = clock() + seconds
        while not self._closed and (left := end - clock()) > 0:
            self._wake.wait(left)
            self._wake.clear()
