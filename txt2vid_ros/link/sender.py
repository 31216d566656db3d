"""The sending end of a link of one direction."""

from __future__ import annotations

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.roles import SENDER


class Sender(Peer):
    """A peer that hears nothing; the other end is a `Receiver`."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant) -> None:
        """Begin a new stream. `key` is the 32 bytes shared with the receiver."""
        super().__init__(config, key, codec, now, SENDER)
