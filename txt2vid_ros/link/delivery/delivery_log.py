"""What was received, on its way to the consumer: it is acknowledged once the consumer has it."""

from __future__ import annotations

import collections
import copy

from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.progress_store import Progress, ProgressStore
from txt2vid_ros.link.delivery.reorder_buffer import DecodedText, Delivery
from txt2vid_ros.link.messages import Dropped, LinkEvent, ReceivedText
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_offset import ClockOffset
from txt2vid_ros.link.protocol.offset_report import OffsetReport

_MAX_EVENTS = 1000
"""Events that may wait for the consumer; beyond, speech counts as lost and is sent again."""
_ASSUMED_SPEECH_AGE = 25.0
"""Seconds. Speech begins before it arrives: its start is looked for in the 40 s on either side of
this age."""
_ASSUMED_LONG_AGE = 7200.0
"""Seconds, of speech with a long start time: in the 2.9 h on either side."""


class DeliveryLog:
    """
    Events in order, and the progress of the stream: as received, and as confirmed.

    The sender forgets what is acknowledged, so nothing is acknowledged before the consumer has
    it. The progress is saved in between, so that what is acknowledged is never repeated.
    """

    def __init__(self, store: ProgressStore, counters: LinkCounters) -> None:
        """Continue from the progress in `store`."""
        self.progress = store.load()
        """Up to what has been received."""
        self.confirmed = copy.copy(self.progress)
        """Up to what the consumer has and the store knows."""
        self.offset: float | None = None
        """This clock minus the sender's, in seconds."""
        self.uncertainty: float | None = None
        """Of the offset, in seconds."""
        self._store = store
        self._counters = counters
        self._events: collections.deque[tuple[LinkEvent, Progress]] = collections.deque()
        self._taken = copy.copy(self.progress)

    @property
    def full(self) -> bool:
        """Whether the consumer has to take something first."""
        return len(self._events) >= _MAX_EVENTS

    @property
    def all_confirmed(self) -> bool:
        """Whether the consumer has all that was received."""
        return not self._events and self.progress == self.confirmed

    def take_event(self) -> LinkEvent | None:
        """Return the oldest event; None where there are no more."""
        if not self._events:
            self._taken = copy.copy(self.progress)
            return None
        event, self._taken = self._events.popleft()
        return event

    def confirm(self) -> None:
        """Note that the consumer has what was last taken, and remember it across restarts."""
        if self._taken != self.confirmed:
            self.confirmed = copy.copy(self._taken)
            self._store.save(self.confirmed)

    def add_event(self, event: LinkEvent) -> None:
        """Append an event."""
        self._events.append((event, copy.copy(self.progress)))

    def begin_stream(self, stream: int) -> None:
        """Change over to another stream, from its beginning on."""
        self.progress = Progress(stream)

    def add_texts(self, deliveries: list[Delivery]) -> None:
        """Append utterances, except those received before."""
        progress = self.progress
        for delivery in deliveries:
            first = progress.next_index if delivery.index is None else delivery.index
            for index, decoded in enumerate(delivery.texts, first):
                if index < progress.next_index:
                    self._counters.duplicates += 1
                    continue
                progress.next_index = index + 1
                self._counters.utterances += 1
                self._counters.characters += len(decoded.text)
                self._counters.text_bytes += decoded.coded_bytes
                self.add_event(self._received(decoded))

    def add_partial(self, decoded: DecodedText) -> None:
        """Append an interim text."""
        self.add_event(self._received(decoded, partial=True))

    def add_drops(self, total: int) -> None:
        """Note how many utterances of the stream the sender has abandoned so far."""
        lost = total - self.progress.dropped
        if lost > 0:
            self.progress.dropped = total
            self._counters.dropped += lost
            self.add_event(Dropped(lost, 'abandoned by the sender'))

    @property
    def known_offset(self) -> tuple[float, float] | None:
        """Return this clock minus the sender's and its uncertainty, once both are known."""
        if self.offset is None or self.uncertainty is None:
            return None
        return self.offset, self.uncertainty

    def take_measured(self, offset: ClockOffset | None) -> None:
        """Take the clock offset that this end has measured itself."""
        if offset is not None:
            self.offset, self.uncertainty = -offset.seconds, offset.uncertainty

    def take_offset(self, report: OffsetReport | None) -> None:
        """Take the clock offset that the sender reports."""
        if report is not None:
            self.offset, self.uncertainty = report.seconds, report.uncertainty / 1000

    def _received(self, decoded: DecodedText, partial: bool = False) -> ReceivedText:
        offset = self.offset or 0.0
        age, span = ((_ASSUMED_LONG_AGE, wire.LONG_START_TICKS) if decoded.long_start
                     else (_ASSUMED_SPEECH_AGE, wire.START_TICKS))
        start = wire.start_time(decoded.ticks, decoded.arrived - offset - age, span)
        return ReceivedText(decoded.text, decoded.speaker, decoded.locale, start + offset,
                            decoded.arrived, partial, wire.travelled_start(start))
