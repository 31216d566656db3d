"""Drives an end of the link: a thread between its state machine and a transport."""

from __future__ import annotations

from collections.abc import Callable
import logging
import os
import selectors
import threading
import time
from typing import Generic, TypeVar

from txt2vid_ros.link.messages import Event, Instant
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.base import Transport

_LONGEST_WAIT = 1.0

End = TypeVar('End', Sender, Receiver)


def instant() -> Instant:
    """Return the time now."""
    return Instant(time.monotonic(), time.time())


class LinkRunner(Generic[End]):
    """Runs `end` over `transport` until closed; owns the transport.

    `on_event` is called on the link's thread and must not wait.
    """

    def __init__(self, end: End, transport: Transport, on_event: Callable[[Event], None],
                 now: Callable[[], Instant] = instant) -> None:
        """Start the thread."""
        self.end: End = end
        self.transport = transport
        self._on_event = on_event
        self._now = now
        self._lock = threading.Lock()
        self._closing = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._run, name='link', daemon=True)
        self._thread.start()

    def use(self, action: Callable[[End, Instant], None]) -> None:
        """Call `action` with the end and the time, alone with it, and go on at once."""
        with self._lock:
            action(self.end, self._now())
        self._wake()

    def close(self) -> None:
        """Stop the thread and close the transport; may be called twice."""
        if self._closing:
            return
        self._closing = True
        self._wake()
        self._thread.join()
        self.transport.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b'w')
        except BlockingIOError:
            return  # The pipe is full of wake-ups already.

    def _run(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except Exception:
                # A fault of ours must not silence the link for good; it is seen in the log.
                logging.getLogger(__name__).exception('the link had to skip a turn')
                time.sleep(0.1)
        self._hand_over()

    def _turn(self) -> None:
        again = self.transport.maintain(self._now().mono)
        with self._lock:
            self.end.prepare(self._now())
        self._hand_over()
        with self._lock:
            now = self._now()
            for datagram, to in self.end.poll(now):
                self.transport.send(datagram, to)
            again = min(again, self.end.next_wakeup(now), now.mono + _LONGEST_WAIT)
        self._wait(max(0.0, again - self._now().mono))
        for datagram, source in self.transport.receive():
            with self._lock:
                fresh = self.end.receive(datagram, self._now(), source)
            if fresh:
                self.transport.trust(source)
            else:
                self.transport.distrust(source)

    def _hand_over(self) -> None:
        """Give on what has happened; only then does the end say that it has it."""
        while True:
            with self._lock:
                event = self.end.take_event()
            if event is not None:
                try:
                    self._on_event(event)
                except Exception:
                    # It would fail again: what comes after it must not wait for it.
                    logging.getLogger(__name__).exception('what came could not be used')
            with self._lock:
                self.end.handed_over()
            if event is None:
                return

    def _wait(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for file in self.transport.filenos():
                selector.register(file, selectors.EVENT_READ)
            if any(key.fd == self._wake_read for key, _ in selector.select(seconds)):
                os.read(self._wake_read, 4096)
