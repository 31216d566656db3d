"""The receiving end of a link of one direction."""

from __future__ import annotations

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.roles import RECEIVER


class Receiver(Peer):
    """A peer that says nothing; the other end is a `Sender`."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant,
                 store: ProgressStore | None = None) -> None:
        """Wait for a sender. `key` is the 32 bytes shared with it."""
        super().__init__(config, key, codec, now, RECEIVER, store)
