"""What was heard, on its way to the consumer: only once it is there does it count as received."""

from __future__ import annotations

import collections
import copy

from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.delivery.progress_store import Journal, Progress
from txt2vid_ros.link.delivery.reorder_buffer import Delivery, Said
from txt2vid_ros.link.messages import Dropped, Event, Heard
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_note import ClockNote

_MAX_EVENTS = 1000
_LONGEST_SPEECH = 25.0


class Handover:
    """Events in order, and how far the stream has come: for us, and for the consumer.

    The sender forgets what is acknowledged, so nothing may be before the consumer has it; and the
    journal is written in between, so that what is acknowledged is never repeated.
    """

    def __init__(self, journal: Journal, counters: Counters) -> None:
        """Go on where the journal ends."""
        self.progress = journal.load()
        """Up to what has come."""
        self.settled = copy.copy(self.progress)
        """Up to what the consumer has, and the journal knows."""
        self.offset: float | None = None
        """This clock minus the sender's, in seconds."""
        self.uncertainty: float | None = None
        self._journal = journal
        self._counters = counters
        self._events: collections.deque[tuple[Event, Progress]] = collections.deque()
        self._taken = copy.copy(self.progress)

    @property
    def full(self) -> bool:
        """Whether the consumer has to take something first."""
        return len(self._events) >= _MAX_EVENTS

    @property
    def complete(self) -> bool:
        """Whether the consumer has all that has come."""
        return not self._events and self.progress == self.settled

    def take(self) -> Event | None:
        """Return the oldest of what has happened; None where there is nothing more."""
        if not self._events:
            self._taken = copy.copy(self.progress)
            return None
        event, self._taken = self._events.popleft()
        return event

    def done(self) -> None:
        """Note that the consumer has what was last taken, and remember it beyond a restart."""
        if self._taken != self.settled:
            self.settled = copy.copy(self._taken)
            self._journal.save(self.settled)

    def event(self, event: Event) -> None:
        """Let something that happened be known."""
        self._events.append((event, copy.copy(self.progress)))

    def begin(self, stream: int, first: int) -> None:
        """Go over to another stream of utterances."""
        self.progress = Progress(stream, first)

    def deliver(self, deliveries: list[Delivery]) -> None:
        """Give utterances on, but for those that have come before."""
        progress = self.progress
        for delivery in deliveries:
            index = progress.next_index if delivery.index is None else delivery.index
            for at, said in enumerate(delivery.said, index):
                if at < progress.next_index:
                    self._counters.duplicates += 1
                    continue
                progress.next_index = at + 1
                self._counters.utterances += 1
                self._counters.characters += len(said.text)
                self.event(self._heard(said))

    def partial(self, said: Said) -> None:
        """Give on what may still change."""
        self.event(self._heard(said, partial=True))

    def dropped(self, total: int) -> None:
        """Note how many utterances of the stream the sender has given up so far."""
        lost = total - self.progress.dropped
        if lost > 0:
            self.progress.dropped = total
            self._counters.dropped += lost
            self.event(Dropped(lost, 'given up by the sender'))

    def note_clock(self, note: ClockNote | None) -> None:
        """Take what the sender has measured of the clocks."""
        if note is not None:
            self.offset, self.uncertainty = note.seconds, note.uncertainty / 1000

    def _heard(self, said: Said, partial: bool = False) -> Heard:
        offset = self.offset or 0.0
        # Speech began before it arrived: look for its start in the minute before.
        start = wire.start_time(said.ticks, said.arrived - offset - _LONGEST_SPEECH) + offset
        return Heard(said.text, said.speaker, said.locale, start, said.arrived, partial)
