"""Sound that comes: when it was captured on this clock, and what the other end is told of it."""

from __future__ import annotations

from txt2vid_ros.link.messages import Instant, NEVER, ReceivedAudio
from txt2vid_ros.link.protocol.audio import AudioBody, SoundReport, STAMP_TICK, STAMPS
from txt2vid_ros.link.protocol.wire import nearest

REPORT_INTERVAL = 1.0
"""Seconds between two reports while sound comes."""
_EARLY = 0.8
"""Seconds after which a report rides on sound that goes the other way."""
_LEAST_INTERVAL = 0.25
"""Seconds between two reports where sound is held up ever longer."""
_HELD_UP = 0.25
"""Seconds of delay beyond the least that are reported at once."""
_JUDGED = 2
"""Datagrams that have to be held up for that to be a queue."""
_REPEATED = 2
"""Times that a report is repeated where no more sound comes: it may have got lost."""
_BASE_SECONDS = 30.0
"""The least delay is that of the last one or two stretches of so many seconds."""
_PAUSE = 0.5
"""Seconds without sound after which it may follow a corrected clock offset."""
_MOST_OFFSET_ERROR = 0.25
"""Seconds by which the offset is wrong if it is corrected in the middle of a word."""


class LeastDelay:
    """The least delay of the last half to whole minute."""

    def __init__(self) -> None:
        """Begin without any."""
        self._since = -NEVER
        self._now = self._before = NEVER

    def observe(self, delay: float, now: float) -> float:
        """Note a delay; return how much longer it is than the least."""
        if now - self._since > _BASE_SECONDS:
            self._before, self._now, self._since = self._now, NEVER, now
        self._now = min(self._now, delay)
        return delay - min(self._now, self._before)


class IncomingSound:
    """The sound of one session."""

    def __init__(self) -> None:
        """Begin without any."""
        self.queue = 0.0
        """Seconds by which the last datagram was held up on the way."""
        self.received = 0
        """Datagrams, those of padding included."""
        self._highest = 0
        self._base = {True: LeastDelay(), False: LeastDelay()}
        """Of sound, and of padding, which waits for no sound."""
        self._queues: list[float] = []
        """Since the last report."""
        self._last: SoundReport | None = None
        self._repeats = 0
        """Of the last report that are left."""
        self._reported = -NEVER
        self._offset = 0.0
        self._end = -NEVER

    def take(self, counter: int, body: AudioBody, offset: float, now: Instant
             ) -> ReceivedAudio | None:
        """
        Note a datagram; return its sound, None where it has none.

        `offset` is this clock minus the other one, in seconds.
        """
        if not body.measures:
            return None
        self._highest = max(self._highest, counter)
        self.received += 1
        expected = round((now.wall - offset) / STAMP_TICK)
        stamp = nearest(body.stamp, STAMPS, expected) * STAMP_TICK
        end = stamp + len(body.packets) * body.seconds
        self.queue = self._base[bool(body.packets)].observe(now.wall - end, now.mono)
        self._queues.append(self.queue)
        if not body.packets:
            return None
        apart = abs(offset - self._offset)
        if abs(stamp - self._end) > _PAUSE or apart > _MOST_OFFSET_ERROR:
            self._offset = offset
        self._end = max(self._end, end)
        return ReceivedAudio(stamp + self._offset, body.seconds, body.packets)

    @property
    def report_due(self) -> float:
        """Return when to report, even without sound to ride on."""
        if not self._queues:
            return self._reported + REPORT_INTERVAL if self._repeats else NEVER
        held_up = (len(self._queues) >= _JUDGED
                   and min(self._queues[-_JUDGED:]) > _HELD_UP)
        return self._reported + (_LEAST_INTERVAL if held_up else REPORT_INTERVAL)

    def report(self, now: Instant, rides: bool) -> SoundReport | None:
        """Return a report where one is due, a little sooner where it `rides`."""
        if now.mono < self.report_due - (REPORT_INTERVAL - _EARLY if rides else 0.0):
            return None
        self._reported = now.mono
        if self._queues:
            # The least of the last ones: jitter is no queue.
            queue = min(self._queues[-_JUDGED:])
            self._queues.clear()
            self._last = SoundReport(self._highest, self.received, queue)
            self._repeats = _REPEATED
        else:
            self._repeats -= 1
        return self._last
