"""A session: its keys, and the counters of everything but speech, whose sequence has a window."""

from __future__ import annotations

import collections

from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.seal import ForgedError, SessionKeys
from txt2vid_ros.link.protocol.wire import FrameType, Header

OVERTAKEN = 64
"""Datagrams of sound by which one may be overtaken."""


class Session:
    """
    Seals and opens the datagrams of a session, both ways.

    Frames with a counter of their own are taken in order: one that was overtaken counts as
    repeated, so that each is used at most once. Sound may be overtaken, as it says when it was
    captured.
    """

    def __init__(self, keys: SessionKeys) -> None:
        """Begin with all counters at 0."""
        self.keys = keys
        self._sent: collections.Counter[FrameType] = collections.Counter()
        self._seen: collections.Counter[FrameType] = collections.Counter()
        self._sounds = 0
        """Which of the latest datagrams of sound have come: bit 0 is the last of them."""

    @property
    def overhead(self) -> int:
        """Bytes of a datagram besides its body."""
        return 2 + self.keys.outgoing.overhead

    def seal(self, frame_type: FrameType, counter: int, body: bytes, ack: bytes = b'') -> bytes:
        """Return a datagram; `ack` is an acknowledgement that rides on it."""
        head = wire.head(frame_type, self.keys.tag, counter, bool(ack))
        kind = wire.nonce_kind(frame_type, bool(ack))
        return self.keys.outgoing.seal(kind, counter, head, ack + body)

    def seal_next(self, frame_type: FrameType, body: bytes, ack: bytes = b'') -> bytes:
        """Return a datagram with the next of this frame type's own counters."""
        counter = self._sent[frame_type]
        self._sent[frame_type] += 1
        return self.seal(frame_type, counter, body, ack)

    def sent(self, frame_type: FrameType) -> int:
        """Return how many datagrams of a type with counters of its own were sealed."""
        return self._sent[frame_type]

    def expand(self, frame_type: FrameType, datagram: bytes) -> int:
        """Return the counter of a datagram of a frame type with counters of its own."""
        return wire.nearest(wire.low_counter(frame_type, datagram),
                            1 << 8 * wire.counter_bytes(frame_type), self._seen[frame_type])

    def open(self, header: Header, counter: int, datagram: bytes) -> bytes:  # noqa: A003
        """Return the body of a datagram with this full counter. Raises ForgedError."""
        if counter < 0:
            raise ForgedError('no such counter')
        kind = wire.nonce_kind(header.frame_type, header.rides)
        return self.keys.incoming.open(kind, counter, *wire.parted(header.frame_type, datagram))

    def is_new(self, frame_type: FrameType, counter: int) -> bool:
        """
        Return whether no such frame with this or a later counter has come, and note it.

        Of sound, whether none with this one has, as far as that is remembered.
        """
        ahead = counter + 1 - self._seen[frame_type]
        if frame_type is FrameType.AUDIO:
            if ahead > 0:
                self._sounds = self._sounds << min(ahead, OVERTAKEN) & (1 << OVERTAKEN) - 1
            bit = 1 << max(0, -ahead)
            if ahead <= -OVERTAKEN or self._sounds & bit:
                return False
            self._sounds |= bit
        elif ahead <= 0:
            return False
        self._seen[frame_type] += max(0, ahead)
        return True
