"""The datagrams under way: sent, not yet known to have arrived."""

from __future__ import annotations

import collections
from collections.abc import Iterator
import dataclasses

from txt2vid_ros.link.messages import Utterance

WINDOW = 64
"""Datagrams under way at most: half of what 8 bits of sequence can tell apart, and then half."""
_RESENT = 3


@dataclasses.dataclass
class Waiting:
    """An utterance that the sender holds."""

    utterance: Utterance
    submitted: float
    """On the monotonic clock."""
    index: int | None = None
    """Counted within the stream; given when it is first sent, and kept."""


@dataclasses.dataclass
class Group:
    """Utterances that travel together: one datagram, or several where one is too small."""

    waiting: list[Waiting]
    dead: bool = False
    """Given up as too old."""

    @property
    def first(self) -> int:
        """Index of the first utterance within the stream."""
        return self.waiting[0].index or 0

    @property
    def stop(self) -> int:
        """One past the index of the last utterance."""
        return self.first + len(self.waiting)


@dataclasses.dataclass
class Datagram:
    """One datagram under way. Sent again, it is the same bytes."""

    sequence: int
    data: bytes
    group: Group
    sent: float = 0.0
    """On the monotonic clock, the last time."""
    tries: int = 0
    arrived: bool = False
    resend: bool = False


class Flight:
    """All datagrams under way, oldest first."""

    def __init__(self) -> None:
        """Begin empty at sequence 0."""
        self._datagrams: collections.deque[Datagram] = collections.deque()
        self.next_sequence = 0
        self.acknowledged = 0
        """All sequences before are done with."""

    def __len__(self) -> int:
        """Return how many datagrams have not been acknowledged in order."""
        return len(self._datagrams)

    def __iter__(self) -> Iterator[Datagram]:
        """Go through them, oldest first."""
        return iter(self._datagrams)

    @property
    def room(self) -> int:
        """How many more datagrams may be under way."""
        return WINDOW - len(self._datagrams)

    @property
    def missing(self) -> list[Datagram]:
        """Those not known to have arrived and not given up, oldest first."""
        return [d for d in self._datagrams if not d.arrived and not d.group.dead]

    def resend_oldest(self) -> bool:
        """Have the oldest that are missing sent again; return whether there are any."""
        oldest = self.missing[:_RESENT]
        for datagram in oldest:
            datagram.resend = True
        return bool(oldest)

    def groups(self) -> list[Group]:
        """Return the groups under way, each once, oldest first."""
        return list({id(d.group): d.group for d in self._datagrams}.values())

    def add(self, data: bytes, group: Group) -> Datagram:
        """Put a datagram under way under the next sequence."""
        datagram = Datagram(self.next_sequence, data, group)
        self._datagrams.append(datagram)
        self.next_sequence += 1
        return datagram

    def acknowledge(self, wanted: int, beyond: int) -> list[Datagram]:
        """Take in an acknowledgement; return the datagrams that it newly confirms."""
        fresh = [d for d in self._datagrams if not d.arrived and not d.group.dead and (
            d.sequence < wanted
            or (d.sequence > wanted and beyond >> (d.sequence - wanted - 1) & 1))]
        for datagram in fresh:
            datagram.arrived = True
        while self._datagrams and self._datagrams[0].sequence < wanted:
            self._datagrams.popleft()
        self.acknowledged = max(self.acknowledged, wanted)
        return fresh

    def floor(self) -> tuple[int, int] | None:
        """Return up to where nothing more will come, and the index there; None where all may."""
        given_up = False
        floor: tuple[int, int] | None = None
        for datagram in self._datagrams:
            if not datagram.arrived and not datagram.group.dead:
                break
            given_up = given_up or datagram.group.dead
            floor = (datagram.sequence + 1, datagram.group.stop)
        return floor if given_up else None

    def give_up(self, before: float) -> list[Waiting]:
        """Give up groups submitted before that time; return their utterances."""
        lost: list[Waiting] = []
        unconfirmed = {id(d.group) for d in self._datagrams if not d.arrived}
        for group in self.groups():
            if (id(group) in unconfirmed and not group.dead
                    and max(w.submitted for w in group.waiting) < before):
                group.dead = True
                lost += group.waiting
        return lost
