"""What the sender still has to send, before it is packed into datagrams."""

from __future__ import annotations

import collections

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.send_window import QueuedText
from txt2vid_ros.link.messages import Dropped, Instant, LinkEvent, NEVER, OutgoingText
from txt2vid_ros.link.protocol.wire import MAX_NAME_BYTES

_PARTIAL_INTERVAL = 0.5
"""Seconds between interim texts at least."""
_MAX_EVENTS = 1000
"""Events that may wait to be taken; beyond, the oldest is lost."""


class SendQueue:
    """Utterances that wait, the newest interim text, and the utterances that were dropped."""

    def __init__(self, config: LinkConfig, counters: LinkCounters, now: Instant) -> None:
        """Begin empty."""
        self.waiting: collections.deque[QueuedText] = collections.deque()
        self.last_names = ('', '')
        """Speaker and locale of the last utterance."""
        self.drops_unannounced = False
        """Whether something was dropped since the last CONTROL."""
        self.events: collections.deque[LinkEvent] = collections.deque(maxlen=_MAX_EVENTS)
        self._config = config
        self._counters = counters
        self.dropped = 0
        """Utterances that will not arrive."""
        self._drops_confirmed = 0
        self._partial: OutgoingText | None = None
        self._partial_at = now.mono

    def submit(self, utterance: OutgoingText, now: Instant) -> None:
        """Append an utterance. Raises UserError where no datagram can carry it."""
        self._check(utterance)
        self._partial = None
        self.last_names = (utterance.speaker, utterance.locale)
        self.waiting.append(QueuedText(utterance, now.mono))
        self._counters.utterances += 1
        self._counters.characters += len(utterance.text)
        if len(self.waiting) > self._config.queue:
            self.waiting.popleft()
            self.drop(1, 'the queue is full')

    def _check(self, utterance: OutgoingText) -> None:
        config, speaker, locale = self._config, utterance.speaker, utterance.locale
        if any(len(name.encode('utf-8', 'replace')) > MAX_NAME_BYTES
               for name in (speaker, locale)):
            raise UserError(f'a speaker id or locale is longer than {MAX_NAME_BYTES} bytes',
                            'Give the speaker a shorter id')
        if len(utterance.text) > config.max_characters:
            raise UserError(f'a text of {len(utterance.text)} characters is too long for the link',
                            f'Send at most {config.max_characters} at a time')

    def submit_partial(self, utterance: OutgoingText) -> None:
        """Take an interim text, which replaces the one before."""
        if self._config.incremental:
            self._partial = utterance

    def take_partial(self, now: Instant) -> OutgoingText | None:
        """Return the interim text, where it is time to send it."""
        if self._partial is None or now.mono < self._partial_at + _PARTIAL_INTERVAL:
            return None
        partial, self._partial, self._partial_at = self._partial, None, now.mono
        return partial

    def partial_wakeup(self, now: Instant) -> float:
        """Return when to try to send the interim text."""
        if self._partial is None:
            return NEVER
        # Where the link has no room at that time, the next try is as much later.
        due = self._partial_at + _PARTIAL_INTERVAL
        return due if due > now.mono else now.mono + _PARTIAL_INTERVAL

    def expire(self, now: Instant) -> int:
        """Discard what has waited for too long; return how many utterances that were."""
        count = 0
        while self.waiting and self.waiting[0].submitted < now.mono - self._config.max_age:
            self.waiting.popleft()
            count += 1
        return count

    @property
    def expires(self) -> float:
        """When the oldest utterance will have waited for too long."""
        if not self.waiting:
            return NEVER
        return self.waiting[0].submitted + self._config.max_age + 1e-3

    def drop(self, count: int, reason: str) -> None:
        """Report utterances that will not arrive, to the user and to the receiver."""
        if count:
            self.dropped += count
            self._counters.dropped += count
            self.events.append(Dropped(count, reason))
            self.drops_unannounced = True

    def confirm_drops(self, count: int) -> None:
        """Note that the receiver knows of so many drops."""
        self._drops_confirmed = max(self._drops_confirmed, count)

    @property
    def all_drops_confirmed(self) -> bool:
        """Whether the receiver is known to know of all drops."""
        return self._drops_confirmed == self.dropped

    def take_event(self) -> LinkEvent | None:
        """Return the oldest event; None where there are no more."""
        return self.events.popleft() if self.events else None
