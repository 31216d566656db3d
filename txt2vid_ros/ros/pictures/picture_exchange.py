"""Pictures from a node to others of the same process, which the middleware need not copy."""

from __future__ import annotations

import collections
from collections.abc import Callable
import threading

import numpy as np
from numpy.typing import NDArray

Taker = Callable[[int, NDArray[np.uint8]], object]
"""Takes a stamp (nanoseconds) and a BGR picture, which must stay as it is."""


class PictureExchange:
    """Who sends and who takes pictures, by topic. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._senders: collections.Counter[str] = collections.Counter()
        self._takers: dict[str, list[Taker]] = {}
        self._lock = threading.Lock()

    def send_on(self, topic: str) -> Callable[[], None]:
        """Announce a sender on a topic, by its full name; return what takes that back."""
        def end() -> None:
            with self._lock:
                self._senders[topic] -= 1

        with self._lock:
            self._senders[topic] += 1
        return end

    def sends(self, topic: str) -> bool:
        """Return whether somebody sends here."""
        with self._lock:
            return self._senders[topic] > 0

    def take(self, topic: str, taker: Taker) -> Callable[[], None]:
        """Give a taker all pictures of a topic, on the sender's thread; return what ends that."""
        def end() -> None:
            with self._lock:
                self._takers[topic].remove(taker)

        with self._lock:
            self._takers.setdefault(topic, []).append(taker)
        return end

    def hand(self, topic: str, stamp: int, picture: NDArray[np.uint8]) -> None:
        """Hand a picture to all who take those of the topic."""
        with self._lock:
            takers = [*self._takers.get(topic, ())]
        for take in takers:
            take(stamp, picture)
