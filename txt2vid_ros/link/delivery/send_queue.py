"""What the sender still has to say, before it is under way."""

from __future__ import annotations

import collections

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.delivery.send_window import Waiting
from txt2vid_ros.link.messages import Dropped, Event, Instant, NEVER, Utterance
from txt2vid_ros.link.protocol.packer import least_room

_PARTIAL_EVERY = 0.5
_NAME_BYTES = 64
_MAX_EVENTS = 1000


class Outbox:
    """Utterances that wait, the newest text that may still change, and what became of others."""

    def __init__(self, config: LinkConfig, counters: Counters, now: Instant) -> None:
        """Begin empty."""
        self.waiting: collections.deque[Waiting] = collections.deque()
        self.names = ('', '')
        """Speaker and locale of the last utterance."""
        self.untold = False
        """Whether something was given up that no CONTROL has been made for."""
        self.dropped_told = 0
        """How many drops the receiver is known to know of."""
        self.events: collections.deque[Event] = collections.deque(maxlen=_MAX_EVENTS)
        self._config = config
        self._counters = counters
        self._partial: Utterance | None = None
        self._partial_at = now.mono

    def submit(self, utterance: Utterance, now: Instant) -> None:
        """Take an utterance. Raises UserError for what no datagram can carry."""
        names = (utterance.speaker, utterance.locale)
        self._check(utterance, *names)
        self._partial = None
        self.names = names
        self.waiting.append(Waiting(utterance, now.mono))
        self._counters.utterances += 1
        self._counters.characters += len(utterance.text)
        if len(self.waiting) > self._config.queue:
            self.waiting.popleft()
            self.drop(1, 'the queue is full')

    def _check(self, utterance: Utterance, speaker: str, locale: str) -> None:
        config = self._config
        if any(len(name.encode('utf-8', 'replace')) > _NAME_BYTES for name in (speaker, locale)):
            raise UserError(f'a speaker id or locale is longer than {_NAME_BYTES} bytes',
                            'Give the speaker a shorter id')
        if (least := least_room(speaker, locale) + config.frame_bytes) > config.mtu:
            raise UserError(
                f'speaker id and locale are too long for datagrams of mtu {config.mtu} bytes',
                f'Give the speaker a shorter id, or set mtu to {least} or more')
        if len(utterance.text) > config.max_characters:
            raise UserError(f'a text of {len(utterance.text)} characters is too long for the link',
                            f'Send at most {config.max_characters} at a time')

    def submit_partial(self, utterance: Utterance) -> None:
        """Take text that may still change; only the newest counts."""
        if self._config.incremental:
            self._partial = utterance

    def take_partial(self, now: Instant) -> Utterance | None:
        """Return what may still change, where it is time to tell."""
        if self._partial is None or now.mono < self._partial_at + _PARTIAL_EVERY:
            return None
        partial, self._partial, self._partial_at = self._partial, None, now.mono
        return partial

    def partial_wakeup(self, now: Instant) -> float:
        """Return when to look whether what may still change can be told."""
        if self._partial is None:
            return NEVER
        # Without room at that time, it is looked for again as long after.
        due = self._partial_at + _PARTIAL_EVERY
        return due if due > now.mono else now.mono + _PARTIAL_EVERY

    def expire(self, now: Instant) -> int:
        """Forget what has waited for too long; return how much that was."""
        count = 0
        while self.waiting and self.waiting[0].submitted < now.mono - self._config.max_age:
            self.waiting.popleft()
            count += 1
        return count

    @property
    def expires(self) -> float:
        """When the oldest will have waited for too long."""
        if not self.waiting:
            return NEVER
        return self.waiting[0].submitted + self._config.max_age + 1e-3

    def drop(self, count: int, reason: str) -> None:
        """Note that utterances will not arrive, and have both ends told."""
        if count:
            self._counters.dropped += count
            self.events.append(Dropped(count, reason))
            self.untold = True

    @property
    def all_told(self) -> bool:
        """Whether the receiver is known to know of all drops."""
        return self.dropped_told == self._counters.dropped

    def take_event(self) -> Event | None:
        """Return the oldest of what has happened; None where there is nothing more."""
        return self.events.popleft() if self.events else None
