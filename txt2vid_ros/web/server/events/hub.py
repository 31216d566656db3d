"""One source of events, any number of pages: none is waited for, none can hold up another."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Iterable
import json
import threading
from typing import Any

MOST_WAITING = 256
"""Events that a page may not have taken yet; one that falls further behind is dropped."""
MOST_POSTED = 1024
"""Events that may wait for the server's loop; the oldest go."""
LATCHED = ('hello', 'speaking', 'listening', 'call', 'drafts', 'state')
"""Of these types, a page that comes later gets the last event, in this order."""


class PageQueue:
    """The events that one page has not taken yet."""

    def __init__(self, events: Iterable[str], overrun: Callable[[], None]) -> None:
        """Begin with `events`; `overrun` is called once where it takes too few."""
        self._events = collections.deque(events)
        self._overrun = overrun
        self._changed = asyncio.Event()
        self.ended = False

    def put(self, event: str) -> None:
        """Add an event; past the bound, the queue ends."""
        if self.ended:
            return
        self._events.append(event)
        if len(self._events) > MOST_WAITING:
            self.end()
            self._overrun()
        self._changed.set()

    def end(self) -> None:
        """Have take() return None from now on."""
        self.ended = True
        self._events.clear()
        self._changed.set()

    async def take(self) -> str | None:
        """Wait for the next event and return it; None once the queue has ended."""
        while not self._events:
            if self.ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()


class EventHub:
    """Spreads events to pages, in the server's loop; post() may be called from any thread."""

    def __init__(self) -> None:
        """Begin without pages."""
        self._queues: set[PageQueue] = set()
        self._latched: dict[str, str] = {}
        self._posted: collections.deque[dict[str, Any]] = collections.deque(maxlen=MOST_POSTED)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False

    def __len__(self) -> int:
        """Return how many pages there are."""
        return len(self._queues)

    def start(self) -> None:
        """Begin to spread what is posted; to be called in the server's loop."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
        self._spread()

    def close(self) -> None:
        """End all pages."""
        with self._lock:
            self._loop = None
        for queue in list(self._queues):
            queue.end()

    def post(self, event: dict[str, Any]) -> None:
        """Send an event to all pages soon."""
        with self._lock:
            self._posted.append(event)
            if self._loop is None or self._scheduled:
                return
            self._scheduled = True
            loop = self._loop
            loop.call_soon_threadsafe(self._spread)

    def join(self, overrun: Callable[[], None]) -> PageQueue:
        """Add a page; it gets first what is latched."""
        queue = PageQueue([self._latched[kind] for kind in LATCHED if kind in self._latched],
                          overrun)
        self._queues.add(queue)
        return queue

    def leave(self, queue: PageQueue) -> None:
        """Remove a page."""
        self._queues.discard(queue)

    def _spread(self) -> None:
        with self._lock:
            events = list(self._posted)
            self._posted.clear()
            self._scheduled = False
        for event in events:
            text = as_text(event)
            if event.get('type') in LATCHED:
                self._latched[event['type']] = text
            for queue in list(self._queues):
                queue.put(text)


def as_text(event: dict[str, Any]) -> str:
    """Return an event as it is sent: JSON (RFC 8259), ASCII alone."""
    return json.dumps(event, separators=(',', ':'), allow_nan=False)
