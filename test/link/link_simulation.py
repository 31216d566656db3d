"""A rehearsal with the defaults that the tests want."""

from __future__ import annotations

from typing import Any

from txt2vid_ros.bench.link.simulation import Clocks, Network, Rehearsal
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig

KEY = bytes(range(32))
CODEC = TextCodec(load())

__all__ = ['CODEC', 'KEY', 'Network', 'Simulation']


class Simulation(Rehearsal):
    """A rehearsal over a good network with one key, unless told otherwise."""

    def __init__(self, network: Network | None = None, config: LinkConfig | None = None,
                 receiver_ahead: float = 0.0, drift: float = 0.0, receiver_key: bytes = KEY,
                 **others: Any) -> None:
        super().__init__(CODEC, (KEY, receiver_key), network or Network(),
                         config or LinkConfig(), clocks=Clocks(receiver_ahead, drift), **others)
