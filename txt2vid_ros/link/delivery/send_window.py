"""The datagrams in flight: sent, and not yet known to have arrived."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
import dataclasses

from txt2vid_ros.link.messages import OutgoingText
from txt2vid_ros.link.protocol.repair import MAX_REPAIRS, Repair
from txt2vid_ros.link.protocol.wire import FrameType, MAX_DISTANCE

WINDOW_SIZE = 64
"""Datagrams in flight at most: a quarter of the sequences that 8 bits tell apart, so that late
and repeated ones are still told apart too."""
_MAX_RESENT_AT_ONCE = 3
_MAX_REPEATED = 2
"""Later datagrams that one is repeated in."""


@dataclasses.dataclass
class QueuedText:
    """An utterance that the sender holds."""

    utterance: OutgoingText
    submitted: float
    """On the monotonic clock."""
    index: int | None = None
    """Its place in the stream; given when it is first packed, and kept."""


@dataclasses.dataclass
class DatagramGroup:
    """Utterances that travel together: in one datagram, or in several where one is too small."""

    texts: list[QueuedText]
    abandoned: bool = False
    """Whether they are too old to be sent any more."""
    last: int | None = None
    """Sequence of the last datagram, once it has one: the context after it is known where all
    datagrams have arrived."""

    @property
    def first(self) -> int:
        """Index of the first utterance within the stream."""
        return self.texts[0].index or 0

    @property
    def stop(self) -> int:
        """One past the index of the last utterance."""
        return self.first + len(self.texts)


@dataclasses.dataclass
class InFlightDatagram:
    """A datagram in flight. A retransmission is the same bytes."""

    sequence: int
    data: bytes
    group: DatagramGroup
    frame_type: FrameType = FrameType.SINGLE
    body: bytes = b''
    """Without repairs, for later datagrams to repeat."""
    repairs: tuple[InFlightDatagram, ...] = ()
    """Earlier ones that it holds."""
    sent: float = 0.0
    """When it was last sent, on the monotonic clock."""
    tries: int = 0
    arrived: bool = False
    resend: bool = False
    repeated: int = 0
    """How many later ones hold it: nobody knows then which of them has brought it."""


class SendWindow:
    """All datagrams in flight, oldest first."""

    def __init__(self) -> None:
        """Begin empty at sequence 0."""
        self._datagrams: collections.deque[InFlightDatagram] = collections.deque()
        self.next_sequence = 0
        self.acknowledged = 0
        """All sequences before this one are acknowledged."""

    def __len__(self) -> int:
        """Return how many datagrams have not been acknowledged in order."""
        return len(self._datagrams)

    def __iter__(self) -> Iterator[InFlightDatagram]:
        """Iterate over them, oldest first."""
        return iter(self._datagrams)

    @property
    def room(self) -> int:
        """How many more datagrams may be in flight."""
        return WINDOW_SIZE - len(self._datagrams)

    @property
    def missing(self) -> list[InFlightDatagram]:
        """Those not known to have arrived and not abandoned, oldest first."""
        return [d for d in self._datagrams if not d.arrived and not d.group.abandoned]

    @property
    def to_resend(self) -> list[InFlightDatagram]:
        """
        Those to be sent again now, oldest first.

        One that holds what was abandoned waits until the other end knows that: what is reported
        as lost must not be heard after all.
        """
        return [d for d in self.missing if d.resend and not self._holds_abandoned(d)]

    def _holds_abandoned(self, datagram: InFlightDatagram) -> bool:
        return any(earlier.group.abandoned and earlier.sequence >= self.acknowledged
                   for earlier in datagram.repairs)

    def resend_oldest(self) -> bool:
        """
        Mark the oldest missing datagrams to be sent again; return whether any can be.

        Those that others of them hold come with these.
        """
        missing = [d for d in self.missing if not self._holds_abandoned(d)]
        held = {id(earlier) for datagram in missing for earlier in datagram.repairs}
        for datagram in [d for d in missing if id(d) not in held][:_MAX_RESENT_AT_ONCE]:
            datagram.resend = True
        return bool(missing)

    def repairs(self, room: int) -> list[InFlightDatagram]:
        """Return what the next datagram may repeat within `room` bytes, the latest first."""
        found = []
        for datagram in self.missing[:-MAX_REPAIRS - 1:-1]:
            if datagram.repeated == _MAX_REPEATED:
                continue
            room -= len(self.repair(datagram).pack(FrameType.BATCH))
            if room < 0 or self.repair(datagram).distance > MAX_DISTANCE:
                break
            found.append(datagram)
        return found

    def repair(self, datagram: InFlightDatagram) -> Repair:
        """Return `datagram` as the next one repeats it."""
        return Repair(self.next_sequence - datagram.sequence, datagram.frame_type, datagram.body)

    def only_by(self, datagram: InFlightDatagram) -> bool:
        """Return whether `datagram` holds all else that is missing."""
        return len(self.missing) == len(datagram.repairs) + 1

    def overdue(self, before: float) -> list[InFlightDatagram]:
        """Return what is missing and was last sent before that time, also within others."""
        late = [d for d in self.missing if d.sent < before and not d.resend]
        held = {id(earlier) for d in self.missing if d.sent >= before for earlier in d.repairs}
        return [d for d in late if id(d) not in held]

    def complete(self, group: DatagramGroup) -> bool:
        """Return whether all datagrams of a group have arrived."""
        return group.last is not None and all(
            datagram.arrived for datagram in self._datagrams if datagram.group is group)

    def groups(self) -> list[DatagramGroup]:
        """Return the groups in flight, each once, oldest first."""
        return list({id(d.group): d.group for d in self._datagrams}.values())

    def add(self, data: bytes, group: DatagramGroup, frame_type: FrameType, body: bytes,
            repairs: Iterable[InFlightDatagram] = ()) -> InFlightDatagram:
        """Append a datagram under the next sequence."""
        datagram = InFlightDatagram(self.next_sequence, data, group, frame_type, body,
                                    tuple(repairs))
        for earlier in datagram.repairs:
            earlier.repeated += 1
        self._datagrams.append(datagram)
        self.next_sequence += 1
        return datagram

    def acknowledge(self, wanted: int, selective: int) -> list[InFlightDatagram]:
        """
        Take in an acknowledgement; return the datagrams that it confirms for the first time.

        All before `wanted` have arrived or were abandoned; bit n of `selective` stands for the
        sequence `wanted` + 1 + n.
        """
        fresh = [d for d in self.missing if (
            d.sequence < wanted
            or (d.sequence > wanted and selective >> (d.sequence - wanted - 1) & 1))]
        for datagram in fresh:
            datagram.arrived = True
        while self._datagrams and self._datagrams[0].sequence < wanted:
            self._datagrams.popleft()
        self.acknowledged = max(self.acknowledged, wanted)
        return fresh

    def floor(self) -> tuple[int, int] | None:
        """
        Return the sequence before which nothing more will come, and the index of its text.

        None where nothing was abandoned.
        """
        abandoned = False
        floor: tuple[int, int] | None = None
        for datagram in self._datagrams:
            if not datagram.arrived and not datagram.group.abandoned:
                break
            abandoned = abandoned or datagram.group.abandoned
            floor = (datagram.sequence + 1, datagram.group.stop)
        return floor if abandoned else None

    def abandon(self, before: float, sent_before: float) -> list[QueuedText]:
        """
        Abandon groups submitted before that time; return their utterances.

        What was sent after `sent_before` may be acknowledged yet.
        """
        lost: list[QueuedText] = []
        unconfirmed = {id(d.group) for d in self._datagrams if not d.arrived}
        on_the_way = {id(d.group) for d in self._datagrams if d.sent > sent_before}
        for group in self.groups():
            if (id(group) in unconfirmed - on_the_way and not group.abandoned
                    and max(text.submitted for text in group.texts) < before):
                group.abandoned = True
                lost += group.texts
        return lost
