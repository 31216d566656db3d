"""A session: its keys, and the counters of everything but speech, whose sequence has a window."""

from __future__ import annotations

import collections

from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.seal import ForgedError, SessionKeys
from txt2vid_ros.link.protocol.wire import FrameType, Header


class Session:
    """
    Seals and opens the datagrams of a session, both ways.

    Frames with a counter of their own are taken in order: one that was overtaken counts as
    repeated, so that each is used at most once.
    """

    def __init__(self, keys: SessionKeys) -> None:
        """Begin with all counters at 0."""
        self.keys = keys
        self._sent: collections.Counter[FrameType] = collections.Counter()
        self._seen: collections.Counter[FrameType] = collections.Counter()

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

    def expand(self, frame_type: FrameType, low: int) -> int:
        """Return the counter of a frame type of its own that travels as `low`."""
        return wire.nearest(low, 256, self._seen[frame_type])

    def open(self, header: Header, counter: int, datagram: bytes) -> bytes:  # noqa: A003
        """Return the body of a datagram with this full counter. Raises ForgedError."""
        if counter < 0:
            raise ForgedError('no such counter')
        kind = wire.nonce_kind(header.frame_type, header.rides)
        return self.keys.incoming.open(kind, counter, datagram[:2], datagram[2:])

    def is_new(self, frame_type: FrameType, counter: int) -> bool:
        """Return whether no such frame with this or a later counter has come, and note it."""
        if counter < self._seen[frame_type]:
            return False
        self._seen[frame_type] = counter + 1
        return True
