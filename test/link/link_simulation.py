"""A simulation of the link with the defaults of the tests."""

from __future__ import annotations

from typing import Any

from txt2vid_ros.bench.link.simulation import LinkSimulation, SimulatedClocks, SimulatedNetwork
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant

KEY = bytes(range(32))
CODEC = TextCodec()

__all__ = ['CODEC', 'KEY', 'SimulatedNetwork', 'Simulation']


class Simulation(LinkSimulation):
    """A link over a good network with one key, unless something else is given."""

    def __init__(self, network: SimulatedNetwork | None = None, config: LinkConfig | None = None,
                 receiver_ahead: float = 0.0, drift: float = 0.0, receiver_key: bytes = KEY,
                 **others: Any) -> None:
        super().__init__(CODEC, (KEY, receiver_key), network or SimulatedNetwork(),
                         config or LinkConfig(),
                         clocks=SimulatedClocks(receiver_ahead, drift), **others)

    sender_set = receiver_set = 0.0
    """Seconds by which the clocks were set since the start; a test may change them."""

    @property
    def sender_time(self) -> Instant:
        now = super().sender_time
        return now._replace(wall=now.wall + self.sender_set)

    @property
    def receiver_time(self) -> Instant:
        now = super().receiver_time
        return now._replace(wall=now.wall + self.receiver_set)
