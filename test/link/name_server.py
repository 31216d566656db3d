"""A name server for tests: names that are unknown, known, moved, or never answered."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from typing import Any

from link_running import EventLog
import pytest
from txt2vid_ros.link.transport.base import Transport


class NameServer:
    """Answers as socket.getaddrinfo does, in the thread that asks."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0
        self.answering = threading.Event()
        self.answering.set()

    def __call__(self, host: str, port: int, **others: Any) -> list[Any]:
        self.asked += 1
        assert self.answering.wait(60)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, 'Name or service not known')
        return [entry for address in self.addresses
                for entry in socket.getaddrinfo(address, port, **others)]


class Clock:
    """Maintains a transport at times of the test's own."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.now = 1000.0

    def after(self, seconds: float) -> float:
        """Let time pass, and a lookup that it brings come to its end; return the next call's."""
        self.now += seconds
        again = self.transport.maintain(self.now)
        with contextlib.suppress(TimeoutError):
            EventLog().wait_until(lambda: not self._looking())
            again = self.transport.maintain(self.now)
        return again

    def _looking(self) -> bool:
        return any(thread.name == 'resolve' for thread in threading.enumerate())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
