"""The contract of a transport: datagrams out and in, never waiting."""

from __future__ import annotations

import abc
from typing import NamedTuple

from txt2vid_ros.link.messages import NEVER, Source

BATCH = 128
"""Datagrams taken in at a time at most, so that a flood cannot keep the sender from its turn."""


class Arrival(NamedTuple):
    """A datagram, and where it came from as far as the transport can tell."""

    datagram: bytes
    source: Source


class Transport(abc.ABC):
    """Carries datagrams as well as it can; what cannot be sent is lost."""

    header_bytes: int
    """Added to every datagram on the wire."""
    bits_per_byte: int = 8
    loopback: bool = False
    """Whether it cannot leave this machine."""

    @abc.abstractmethod
    def filenos(self) -> list[int]:
        """Return the files to wait on for arrivals."""

    @abc.abstractmethod
    def receive(self) -> list[Arrival]:
        """Return what has come, at most about BATCH datagrams, without waiting."""

    @abc.abstractmethod
    def send(self, datagram: bytes, to: Source = None) -> None:
        """Send, or lose, without waiting: to the peer, or to where a datagram came from."""

    def trust(self, source: Source) -> None:
        """Take `source` for the peer: something new, sealed for this session, came from there."""
        return

    def distrust(self, source: Source) -> None:
        """Note that something useless came from `source`."""
        return

    def maintain(self, now: float) -> float:
        """Do what time has come for, such as connecting again; return when to call again."""
        return NEVER

    @property
    def problem(self) -> str:
        """What keeps it from working at the moment, in one line; empty where nothing does."""
        return ''

    @abc.abstractmethod
    def close(self) -> None:
        """Release everything; may be called twice."""
