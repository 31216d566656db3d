"""The contract of a transport: datagrams out and in, without ever waiting."""

from __future__ import annotations

import abc
from typing import NamedTuple

from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.protocol.wire import MAX_DATAGRAM_BYTES

MAX_RECEIVED_AT_ONCE = 128
"""Datagrams; a flood cannot keep the link from sending for longer than these take."""


class ReceivedDatagram(NamedTuple):
    """A datagram, and where it came from as far as the transport can tell."""

    datagram: bytes
    source: Source


class Transport(abc.ABC):
    """Carries datagrams as well as it can; what cannot be sent is lost."""

    header_bytes: int
    """Added to every datagram on the wire."""
    bits_per_byte: int = 8
    largest: int = MAX_DATAGRAM_BYTES
    """Bytes of a datagram that it can carry."""
    loopback: bool = False
    """Whether no other machine can reach it."""

    @abc.abstractmethod
    def filenos(self) -> list[int]:
        """Return the file descriptors to wait on for arrivals."""

    @abc.abstractmethod
    def receive(self) -> list[ReceivedDatagram]:
        """Return what has come, at most MAX_RECEIVED_AT_ONCE a connection, without waiting."""

    @abc.abstractmethod
    def send(self, datagram: bytes, to: Source = None) -> None:
        """Send or lose a datagram without waiting, to `to` or else to the peer."""

    def set_peer(self, source: Source) -> None:
        """Make `source` the peer: something new, sealed for this session, came from there."""
        return

    def seek(self, now: float) -> None:
        """Note that the other end is called and has not answered yet; called again and again."""
        return

    def count_rejected(self, source: Source) -> None:
        """Note that a useless datagram came from `source`."""
        return

    def maintain(self, now: float) -> float:
        """Do what is due, such as connecting again; return when to call this again."""
        return NEVER

    @property
    def problem(self) -> str:
        """Why it does not work at the moment, in one line; empty where it does."""
        return ''

    @abc.abstractmethod
    def close(self) -> None:
        """Release everything; may be called twice."""
