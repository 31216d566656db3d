"""A viewer that stays for as long as the graph runs, and keeps the last of what it has seen."""

from __future__ import annotations

import collections
from collections.abc import Callable
import http.client
import threading
import time

from txt2vid_ros.bench.rig.viewer import presentation_time
from txt2vid_ros.bench.soak.results.gaps import GAP_SECONDS
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.output.mpegts import PACKET_BYTES, VIDEO_PID

KEPT_SECONDS = 60
RECONNECT_SECONDS = 0.1
SILENT_SECONDS = 3.0
"""Seconds without a byte after which a viewer connects again."""


class StreamRing:
    """Reads /live.ts on a thread and connects again whenever it ends."""

    def __init__(self, port: int, gap: Callable[[float, float], None]) -> None:
        """
        Watch the stream of a port of this machine.

        `gap` gets when a time without pictures began (seconds of the epoch) and how long it was.
        """
        self._port = port
        self._gap = gap
        self._kept: collections.deque[tuple[int, bytes]] = collections.deque()
        self._lock = threading.Lock()
        self.pictures = 0
        """How many pictures it has got."""
        self._last_picture = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='stream ring', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._thread.join(SILENT_SECONDS + 2)

    @property
    def missing_seconds(self) -> float:
        """Return for how long there has been no picture: since the start, where none came."""
        return time.monotonic() - self._last_picture

    def between(self, begin: int, end: int) -> bytes:
        """Return the packets that arrived from `begin` to `end` (nanoseconds), if still kept."""
        with self._lock:
            return b''.join(data for at, data in self._kept if begin <= at <= end)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except (OSError, http.client.HTTPException):
                # It is down; that is what is measured.
                self._stop.wait(RECONNECT_SECONDS)

    def _watch(self) -> None:
        connection = http.client.HTTPConnection('127.0.0.1', self._port, timeout=SILENT_SECONDS)
        try:
            connection.request('GET', '/live.ts')
            answer = connection.getresponse()
            if answer.status != 200:
                self._stop.wait(RECONNECT_SECONDS)
                return
            rest = b''
            while not self._stop.is_set() and (data := answer.read1(65536)):
                data = rest + data
                usable = len(data) // PACKET_BYTES * PACKET_BYTES
                rest = data[usable:]
                self._take(data[:usable])
        finally:
            connection.close()

    def _take(self, data: bytes) -> None:
        now, clock = time.time_ns(), time.monotonic()
        with self._lock:
            self._kept.append((now, data))
            while self._kept[0][0] < now - KEPT_SECONDS * SECOND:
                self._kept.popleft()
        for at in range(0, len(data), PACKET_BYTES):
            packet = data[at:at + PACKET_BYTES]
            if ((packet[1] & 0x1F) << 8 | packet[2]) != VIDEO_PID or presentation_time(
                    packet) is None:
                continue
            # It takes a while until the first one.
            if self.pictures and clock - self._last_picture > GAP_SECONDS:
                self._gap(now / SECOND - (clock - self._last_picture),
                          clock - self._last_picture)
            self._last_picture = clock
            self.pictures += 1
