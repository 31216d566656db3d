"""Drives an end of the link: a thread between its state machine and a transport."""

from __future__ import annotations

from collections.abc import Callable
import logging
import os
import selectors
import threading
import time
from typing import Generic, TypeVar

from txt2vid_ros.link.messages import Instant, LinkEvent
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.transport.base import Transport

log = logging.getLogger(__name__)

_MAX_WAIT = 1.0
"""Seconds between two steps."""
_PAUSE_AFTER_ERROR = 0.1
"""Seconds, so that an error that repeats does not take a whole processor."""

End = TypeVar('End', bound=Peer)


def instant() -> Instant:
    """Return the present time."""
    return Instant(time.monotonic(), time.time())


class LinkRunner(Generic[End]):
    """
    Runs `end` over `transport` until closed; owns the transport.

    `on_event` is called on the link's thread and must not wait.
    """

    def __init__(self, end: End, transport: Transport, on_event: Callable[[LinkEvent], None],
                 now: Callable[[], Instant] = instant) -> None:
        """Start the thread."""
        self.end: End = end
        self.transport = transport
        self._on_event = on_event
        self._now = now
        self._lock = threading.Lock()
        self._closing = self._closed = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._run, name='link', daemon=True)
        self._thread.start()

    def use(self, action: Callable[[End, Instant], None]) -> None:
        """Call `action` with the end and the time, under the lock, and wake the link's thread."""
        with self._lock:
            action(self.end, self._now())
            self._wake()

    def close(self) -> None:
        """Stop the thread and close the transport; may be called twice."""
        if self._closing:
            return
        self._closing = True
        with self._lock:
            self._wake()
        self._thread.join()
        self.transport.close()
        with self._lock:
            self._closed = True
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _wake(self) -> None:
        if self._closed:
            # The number of the pipe may be that of another file by now.
            return
        try:
            os.write(self._wake_write, b'w')
        except BlockingIOError:
            return  # The pipe is full of wake-ups already.

    def _run(self) -> None:
        while not self._closing:
            try:
                self._step()
            except Exception:
                # An internal error must not end the link for good; the log shows it.
                log.exception('the link had to skip a step')
                time.sleep(_PAUSE_AFTER_ERROR)
        self._deliver_events()

    def _step(self) -> None:
        again = self.transport.maintain(self._now().mono)
        with self._lock:
            self.end.prepare(self._now())
            if self.end.calling:
                self.transport.seek(self._now().mono)
        self._deliver_events()
        with self._lock:
            now = self._now()
            for datagram, to in self.end.poll(now):
                self.transport.send(datagram, to)
            again = min(again, self.end.next_wakeup(now), now.mono + _MAX_WAIT)
        self._wait(max(0.0, again - self._now().mono))
        for datagram, source in self.transport.receive():
            with self._lock:
                useful = self.end.receive(datagram, self._now(), source)
            if useful:
                self.transport.set_peer(source)
            else:
                self.transport.count_rejected(source)

    def _deliver_events(self) -> None:
        """Pass events on, and confirm each only after that."""
        while True:
            with self._lock:
                event = self.end.take_event()
            if event is not None:
                try:
                    self._on_event(event)
                except Exception:
                    # It would fail again, and must not hold up the events after it.
                    log.exception('an event of the link could not be used')
            with self._lock:
                self.end.confirm_delivered()
            if event is None:
                return

    def _wait(self, seconds: float) -> None:
        # Which takes no descriptor of its own, of which there may be none left.
        with selectors.PollSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for file in self.transport.filenos():
                selector.register(file, selectors.EVENT_READ)
            if any(key.fd == self._wake_read for key, _ in selector.select(seconds)):
                os.read(self._wake_read, 4096)
