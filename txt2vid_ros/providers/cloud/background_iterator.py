"""What a service sends, taken by a thread of its own so that the one who waits can still leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import queue
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')

POLL = 0.02
"""Seconds between looks at whether to go on waiting."""
ROOM = 512
"""Items that wait at most; then the service has to."""


class Arriving(Generic[Item]):
    """The items of `fetch`, in order.

    `fetch` may block for as long as it likes; `abort`, called from another thread, has to end
    that soon.
    """

    def __init__(self, fetch: Callable[[], Iterator[Item]], abort: Callable[[], None]) -> None:
        """Begin to fetch."""
        self._fetch = fetch
        self._abort = abort
        self._items: queue.Queue[Item] = queue.Queue(ROOM)
        self._fault: Exception | None = None
        self._ended = threading.Event()
        self._unwanted = threading.Event()
        threading.Thread(target=self._run, name='arriving', daemon=True).start()

    def until(self, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Yield the items; return at once when `cancelled()`, raise what `fetch` raised."""
        try:
            while not cancelled():
                ended = self._ended.is_set()
                try:
                    yield self._items.get(timeout=0 if ended else POLL)
                except queue.Empty:
                    if ended:
                        break
            else:
                return
            if self._fault is not None:
                raise self._fault
        finally:
            self._unwanted.set()
            if not self._ended.is_set():
                self._abort()

    def _run(self) -> None:
        try:
            for item in self._fetch():
                while not self._unwanted.is_set():
                    try:
                        self._items.put(item, timeout=POLL)
                        break
                    except queue.Full:
                        continue
                if self._unwanted.is_set():
                    return
        except Exception as fault:
            # It is raised where the items are waited for; nobody looks at this thread.
            self._fault = fault
        finally:
            self._ended.set()
