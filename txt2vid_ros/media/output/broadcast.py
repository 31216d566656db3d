"""One stream to any number of viewers: each begins at a key frame, none can hold up another."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import threading

from txt2vid_ros.media.output.mpegts import StreamChunk

GROUP_BYTES = 1_000_000
"""Bytes from one key frame to the next that are kept for those who join in between."""


class Subscription:
    """What has yet to be sent to one viewer, bounded in bytes."""

    def __init__(self, header: Callable[[], bytes], limit: int, viewer: bool,
                 whole: bool = False) -> None:
        """
        Take what a viewer is sent before its first key frame, and the bound in bytes.

        `whole`: it gets what viewers missed, too.
        """
        self.viewer = viewer
        """Whether it counts as a viewer."""
        self._whole = whole
        self._header = header
        self._limit = limit
        self._chunks: collections.deque[bytes] = collections.deque()
        self._held = 0
        self._begun = False
        self._closed = False
        self._changed = threading.Condition()
        self.overrun = False
        """Whether it was ended because the viewer was too slow."""

    def offer(self, chunk: StreamChunk) -> bool:
        """Queue a chunk; False once the viewer has fallen too far behind or has left."""
        with self._changed:
            if self._closed:
                return False
            if chunk.missed and not self._whole:
                return True
            if not self._begun:
                if not chunk.key_frame:
                    return True
                self._begun = True
                self._append(self._header())
            self._append(chunk.data)
            if self._held > self._limit:
                self.overrun = True
                self._closed = True
                self._chunks.clear()
            self._changed.notify()
            return not self._closed

    def _append(self, data: bytes) -> None:
        self._chunks.append(data)
        self._held += len(data)

    def close(self) -> None:
        """End the subscription; its reader gets what is queued, then nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def __iter__(self) -> Iterator[bytes]:
        """Yield bytes as they come until the subscription ends."""
        while True:
            with self._changed:
                while not self._chunks and not self._closed:
                    self._changed.wait()
                if not self._chunks:
                    return
                data = b''.join(self._chunks)
                self._chunks.clear()
                self._held = 0
            yield data


class Broadcast:
    """Hands every chunk to every subscription."""

    def __init__(self, header: Callable[[], bytes]) -> None:
        """Take the function that returns what a new viewer needs before its first key frame."""
        self._header = header
        self._subscriptions: set[Subscription] = set()
        self._group: list[StreamChunk] = []
        """All since the last key frame; nothing where that is more than GROUP_BYTES."""
        self._group_bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self.dropped = 0
        """Viewers that were too slow."""

    def subscribe(self, limit: int = 4_000_000, viewer: bool = True, whole: bool = False,
                  at_once: bool = False) -> Subscription:
        """
        Return a subscription that begins at the next key frame and queues `limit` bytes.

        `whole`: with what viewers miss while an encoder is replaced. `at_once`: it begins at the
        last key frame, for a reader that can do with pictures whose time has passed.
        """
        subscription = Subscription(self._header, limit, viewer, whole)
        with self._lock:
            if self._closed:
                subscription.close()
            else:
                self._subscriptions.add(subscription)
                for chunk in self._group if at_once else ():
                    subscription.offer(chunk)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; one that has already ended is no error."""
        subscription.close()
        with self._lock:
            self._subscriptions.discard(subscription)

    def publish(self, chunk: StreamChunk) -> None:
        """Hand a chunk to all; those that cannot take it are ended."""
        with self._lock:
            self._keep(chunk)
            gone = [each for each in self._subscriptions if not each.offer(chunk)]
            self.dropped += sum(each.overrun and each.viewer for each in gone)
            self._subscriptions.difference_update(gone)

    def _keep(self, chunk: StreamChunk) -> None:
        """Keep what has come since the last key frame, unless that is too much."""
        if chunk.missed:
            return
        if chunk.key_frame:
            self._group, self._group_bytes = [], 0
        elif not self._group:
            return
        self._group.append(chunk)
        self._group_bytes += len(chunk.data)
        if self._group_bytes > GROUP_BYTES:
            self._group = []

    @property
    def viewers(self) -> int:
        """Return the number of viewers."""
        with self._lock:
            return sum(each.viewer for each in self._subscriptions)

    def close(self) -> None:
        """End all subscriptions."""
        with self._lock:
            self._closed = True
            for subscription in self._subscriptions:
                subscription.close()
            self._subscriptions.clear()
