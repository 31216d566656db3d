"""Real ends over real transports, for tests: collects what happens and lets tests wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import os
import threading
import time
import tty
from typing import Any

from link_simulation import CODEC, KEY
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import LinkEvent, OutgoingText, ReceivedText
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.roles import Role
from txt2vid_ros.link.runner import instant, LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.base import Transport

TIMEOUT = 30.0


class EventLog:
    """Events of an end, which a test can wait for."""

    def __init__(self) -> None:
        self.events: list[LinkEvent] = []
        self._changed = threading.Condition()

    def __call__(self, event: LinkEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    @property
    def texts(self) -> list[str]:
        return [e.text for e in self.events if isinstance(e, ReceivedText) and not e.partial]

    def wait(self, condition: Callable[[EventLog], bool], seconds: float = TIMEOUT) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), seconds), self.events

    def wait_until(self, condition: Callable[[], bool], seconds: float = TIMEOUT) -> None:
        """Wait for what no event reports."""
        with self._changed:
            deadline = time.monotonic() + seconds
            while not condition():
                assert time.monotonic() < deadline, self.events
                self._changed.wait(0.01)

    def wait_for_texts(self, texts: list[str], seconds: float = TIMEOUT) -> None:
        self.wait(lambda log: len(log.texts) >= len(texts), seconds)
        assert self.texts == texts


@contextlib.contextmanager
def sender(transport: Transport, config: LinkConfig | None = None) -> Iterator[
        tuple[LinkRunner[Sender], EventLog]]:
    log = EventLog()
    end = Sender(config or LinkConfig(), KEY, CODEC, instant())
    runner = LinkRunner(end, transport, log)
    try:
        yield runner, log
    finally:
        runner.close()


@contextlib.contextmanager
def receiver(transport: Transport, config: LinkConfig | None = None,
             store: ProgressStore | None = None) -> Iterator[
                 tuple[LinkRunner[Receiver], EventLog]]:
    log = EventLog()
    end = Receiver(config or LinkConfig(), KEY, CODEC, instant(), store)
    runner = LinkRunner(end, transport, log)
    try:
        yield runner, log
    finally:
        runner.close()


@contextlib.contextmanager
def peer(transport: Transport, role: Role, config: LinkConfig | None = None) -> Iterator[
        tuple[LinkRunner[Peer], EventLog]]:
    log = EventLog()
    runner = LinkRunner(Peer(config or LinkConfig(), KEY, CODEC, instant(), role), transport, log)
    try:
        yield runner, log
    finally:
        runner.close()


def say(runner: LinkRunner[Any], text: str) -> None:
    runner.use(lambda end, now: end.submit(OutgoingText(text, 'ann', 'en', now.wall), now))


class SerialCable:
    """Two pseudo-terminals and what is between them; may be cut."""

    def __init__(self) -> None:
        pairs = [os.openpty() for _ in range(2)]
        self._masters = [master for master, _ in pairs]
        self._slaves = [slave for _, slave in pairs]
        self.ends = [os.ttyname(slave) for slave in self._slaves]
        for file in self._masters + self._slaves:
            tty.setraw(file)
        self.noise = b''
        self._closing = False
        self._threads = [
            threading.Thread(target=self._pump, args=pair, daemon=True)
            for pair in (self._masters, self._masters[::-1])]
        for thread in self._threads:
            thread.start()

    def _pump(self, source: int, target: int) -> None:
        while not self._closing:
            try:
                data = os.read(source, 4096)
            except OSError:
                return
            if self._closing:
                return
            noise, self.noise = self.noise, b''
            os.write(target, noise + data)

    def close(self) -> None:
        self._closing = True
        for slave in self._slaves:
            os.write(slave, b'\0')  # Wakes the thread that reads the other side.
        for thread in self._threads:
            thread.join(5)
        for slave in self._slaves:
            os.close(slave)
        for master in self._masters:
            os.close(master)
