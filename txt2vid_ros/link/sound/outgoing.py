"""Sound on its way out: packets that wait for a datagram, and what has become of those sent."""

from __future__ import annotations

import collections
import itertools
from typing import NamedTuple

from txt2vid_ros.link.messages import NEVER
from txt2vid_ros.link.protocol.audio import COUNTERS, SoundReport
from txt2vid_ros.link.protocol.wire import nearest
from txt2vid_ros.link.sound.reported_path import Arrivals
from txt2vid_ros.link.sound.rungs import PACKET_SECONDS

OLDEST = 1.0
"""Seconds for which a packet may wait to be sent: the link bears less than was believed."""
_SEAM = 0.005
"""Seconds by which a stamp may be off and the sound still be continuous."""
_LATENESS = 0.05
"""Seconds by which the packet that fills a datagram may come later than its sound."""
_CONCEALED = 1
"""Datagrams that may be missing from a report, and the sound be understood all the same."""
_UTTERANCE_GAP = 1.0
"""Seconds without sound, the length of a datagram included, that part two utterances."""
_SILENT = 4
"""Datagrams without a report that show that none comes: of fewer, all may have got lost, and so
the last ones of an utterance are never reported where they are."""
_REMEMBERED = 1024
"""Datagrams that reports may be about."""


class AudioPacket(NamedTuple):
    """A coded packet, and when it was captured (this wall clock) and given (monotonic)."""

    data: bytes
    stamp: float
    given: float


class _SentSound(NamedTuple):
    counter: int
    begin: float
    end: float
    """When the first and the last of its samples were captured; -NEVER of padding."""
    at: float


class OutgoingSound:
    """The packets of one session; none is sent twice."""

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        """Packets that were too old to be sent."""
        self.arrived_until: float | None = None
        """
        Until when what was captured is known to have arrived.

        Where more than single datagrams of an utterance are missing, no further than before them.
        """
        self._reported_until: float | None = None
        self._waiting: collections.deque[AudioPacket] = collections.deque()
        self._sent: collections.deque[_SentSound] = collections.deque(maxlen=_REMEMBERED)
        self._last = self._highest = self._given_up = -1
        self._received = 0

    def submit(self, packet: AudioPacket) -> None:
        """Append a packet."""
        self._waiting.append(packet)
        self._expire(packet.given)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def due(self, packets: int) -> float:
        """Return when a datagram of at most `packets` is to be sent."""
        if not self._waiting:
            return NEVER
        if self._run(packets + 1) != len(self._waiting) or len(self._waiting) >= packets:
            return self._waiting[0].given
        return self._waiting[0].given + (packets - 1) * PACKET_SECONDS + _LATENESS

    def take(self, packets: int, room: int, now: float) -> list[AudioPacket]:
        """Return what to send as one datagram: at most `packets`, of `room` bytes in all."""
        self._expire(now)
        taken: list[AudioPacket] = []
        for _ in range(self._run(packets)):
            room -= len(self._waiting[0].data) + (2 if taken else 0)
            if room < 0 and taken:
                break
            packet = self._waiting.popleft()
            if room < 0:
                self.dropped += 1
                break
            taken.append(packet)
        return taken

    def sent(self, counter: int, begin: float, end: float, now: float) -> None:
        """Note when the sound of a datagram begins and ends, which is -NEVER for padding."""
        self._last = counter
        self._sent.append(_SentSound(counter, begin, end, now))

    @property
    def unreported_since(self) -> float:
        """Return since when there are so many datagrams without a report that it is missing."""
        unreported = (each.at for each in self._sent if each.counter > self._given_up)
        return next(itertools.islice(unreported, _SILENT - 1, None), NEVER)

    def give_up(self) -> None:
        """Expect no report any more on what was sent so far."""
        self._given_up = self._last

    def reported(self, report: SoundReport) -> Arrivals | None:
        """Learn from a report; None where it is not newer than one before, or says too much."""
        highest = nearest(report.highest, COUNTERS, max(self._highest, 0))
        received = nearest(report.received, COUNTERS, self._received)
        sent, got = highest - self._highest, received - self._received
        if sent <= 0 or got < 0 or highest > self._last or received > highest + 1:
            return None
        self._highest, self._received = highest, received
        self._given_up = max(self._given_up, highest)
        reported = []
        while self._sent and self._sent[0].counter <= highest:
            reported.append(self._sent.popleft())
        self._arrived([each for each in reported if each.end > -NEVER], sent - got)
        return Arrivals(sent, min(got, sent), report.queue)

    def _arrived(self, reported: list[_SentSound], lost: int) -> None:
        """Note that sound has arrived, but for so many datagrams."""
        if not reported:
            return
        known, last = self.arrived_until, self._reported_until
        self._reported_until = reported[-1].end
        whole = lost <= _CONCEALED
        if known is None or last is None or known == last or (
                reported[0].end - last > _UTTERANCE_GAP):
            # All before was whole, or it is another utterance.
            self.arrived_until = reported[-1].end if whole else reported[0].begin

    def _run(self, most: int) -> int:
        """Return how many of the packets that wait follow each other without a gap."""
        for at in range(1, min(most, len(self._waiting))):
            gap = self._waiting[at].stamp - self._waiting[at - 1].stamp - PACKET_SECONDS
            if abs(gap) > _SEAM:
                return at
        return min(most, len(self._waiting))

    def _expire(self, now: float) -> None:
        while self._waiting and now - self._waiting[0].given > OLDEST:
            self._waiting.popleft()
            self.dropped += 1
