"""Sound that comes before what hears it is loaded: it is held, and nothing of it is missed."""

from __future__ import annotations

import collections
from collections.abc import Callable
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros.node import ManagedNode

CHUNKS_HELD = 1024
"""Chunks of sound that are held: half a minute of a microphone."""


class HeldSound:
    """Has a node load with the first sound, beside the rest, and hands out what came meanwhile."""

    def __init__(self, node: ManagedNode, load: Callable[[], None],
                 ready: Callable[[], None]) -> None:
        """`load` is called on a thread of the node; a UserError of it is reported, once."""
        self._node = node
        self._load = load
        self._ready = ready
        self._held: collections.deque[tuple[int, NDArray[np.float32]]] = collections.deque(
            maxlen=CHUNKS_HELD)
        self._loaded = threading.Event()
        self.loading = False
        """Whether sound has come."""

    def hold(self, stamp: int, samples: NDArray[np.float32]) -> None:
        """Hold sound; the first of it begins the loading."""
        self._held.append((stamp, samples))
        if not self.loading:
            self.loading = True
            self._node.work('load', self._work)

    def give(self, hear: Callable[[int, NDArray[np.float32]], None]) -> None:
        """Once it is loaded, call `ready`, and hand out what was held; to be called often."""
        if self._held and self._loaded.is_set():
            self._ready()
            while self._held:
                hear(*self._held.popleft())

    def _work(self, stop: threading.Event) -> None:
        try:
            self._load()
        except UserError as error:
            # The rest of the graph can still be watched.
            self._node.set_problem('providers', str(error))
        else:
            self._loaded.set()
