"""What goes into and comes out of the two ends of the link, and the clock that drives them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple, TypeAlias

NEVER = math.inf
"""A time that does not come."""


class Instant(NamedTuple):
    """One moment on both clocks of a machine, in seconds."""

    mono: float
    """The monotonic clock, for timers."""
    wall: float
    """The wall clock, for stamps: the one that the other machine's is compared with."""


Source: TypeAlias = 'tuple[Any, ...] | int | None'
"""Where a datagram came from: an address, a connection, or None where there is only one."""


class OutgoingDatagram(NamedTuple):
    """A datagram to send, and its destination: None for the current peer."""

    datagram: bytes
    to: Source = None


@dataclasses.dataclass(frozen=True)
class OutgoingText:
    """An utterance to send. `start`: when its first word began, in seconds on this wall clock."""

    text: str
    speaker: str = ''
    locale: str = ''
    start: float = 0.0


@dataclasses.dataclass(frozen=True)
class ReceivedText:
    """An utterance that came over the link; `start` is converted to the receiver's wall clock."""

    text: str
    speaker: str
    locale: str
    start: float
    arrived: float
    """When its last datagram arrived, on the receiver's wall clock."""
    partial: bool = False
    """Whether it is an interim result, to be replaced by the next text."""
    sent_start: int = 0
    """Its start as it travelled: nanoseconds of the sender's clock, to START_TICK."""


@dataclasses.dataclass(frozen=True)
class ReceivedData:
    """A message of data that came over the link, after all those before it."""

    message: bytes


@dataclasses.dataclass(frozen=True)
class DataTaken:
    """The other end has taken a message of data; so many more wait."""

    waiting: int


@dataclasses.dataclass(frozen=True)
class LastSent:
    """The last message has gone, after all speech before it, or was given up."""

    arrived: bool
    """Whether the other end has it."""


@dataclasses.dataclass(frozen=True)
class ReceivedAudio:
    """Sound that came over the link, without a gap in it."""

    stamp: float
    """When its first sample was captured, in seconds on this wall clock."""
    seconds: float
    """Of each packet."""
    packets: tuple[bytes, ...]


@dataclasses.dataclass(frozen=True)
class SoundPath:
    """What the path bears has changed, or what was asked of it."""

    carries: bool
    """Whether speech may go as sound."""
    bit_rate: int
    """At which it is to be coded, bit/s."""
    arrived_until: float | None
    """When what is known to have arrived was captured, on this wall clock: until then."""


@dataclasses.dataclass(frozen=True)
class Dropped:
    """Utterances that will never arrive: how many, and why."""

    count: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Connected:
    """Both ends agreed on a session; `resumed` where it continues the previous stream."""

    resumed: bool


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """The two ends cannot work together until the user changes something."""

    problem: str


LinkEvent = (ReceivedText | ReceivedData | DataTaken | LastSent | ReceivedAudio | SoundPath
             | Dropped | Connected | Mismatch)
