"""What goes in and comes out of the link's two ends, and the clock they are driven with."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple, TypeAlias

NEVER = math.inf
"""A time that does not come."""


class Instant(NamedTuple):
    """One moment on both clocks of a machine, in seconds."""

    mono: float
    """For timers; never jumps."""
    wall: float
    """For stamps; what the other machine's is compared with."""


Source: TypeAlias = 'tuple[Any, ...] | int | None'
"""Where a datagram came from: an address, a connection, or None where there is only one."""


class Outgoing(NamedTuple):
    """A datagram to send, and where to: None for the peer, whoever that is at the moment."""

    datagram: bytes
    to: Source = None


@dataclasses.dataclass(frozen=True)
class Utterance:
    """Something said. `start` is when its first word began, in seconds on this machine's clock."""

    text: str
    speaker: str = ''
    locale: str = ''
    start: float = 0.0


@dataclasses.dataclass(frozen=True)
class Heard:
    """An utterance that came over the link; `start` is already on the receiver's clock."""

    text: str
    speaker: str
    locale: str
    start: float
    arrived: float
    """When its last datagram came, on the receiver's clock."""
    partial: bool = False
    """Whether it is what has been understood so far, to be replaced."""


@dataclasses.dataclass(frozen=True)
class Dropped:
    """Utterances that will never arrive: how many, and why."""

    count: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Connected:
    """Both ends agreed on a session; `resumed` where the stream of before goes on."""

    resumed: bool


@dataclasses.dataclass(frozen=True)
class Mismatch:
    """The other end cannot be talked to until someone mends it."""

    problem: str


Event = Heard | Dropped | Connected | Mismatch
