"""The bit rates at which sound goes over the link, and what each of them costs on the wire."""

from __future__ import annotations

from typing import NamedTuple

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.protocol.audio import FIELD_BYTES

PACKET_SECONDS = 0.06
"""Of an Opus packet: the longest that SILK codes as one, and so the cheapest a second."""
_FROM_LIMIT = 0.9
"""Of an end's own limit of the rate: the rest is for text and reports."""
_LARGEST = 1.5
"""Times its mean that a packet of constrained variable bit rate may have, and room for it."""


class SoundRung(NamedTuple):
    """How sound is coded and sent."""

    bit_rate: int
    """Of the coded sound, bit/s."""
    packets: int
    """That share a datagram at most. More cost less and come later."""

    @property
    def seconds(self) -> float:
        """Return the seconds of sound in a datagram."""
        return self.packets * PACKET_SECONDS

    @property
    def packet_bytes(self) -> int:
        """Return the mean length of a packet."""
        return round(self.bit_rate * PACKET_SECONDS / 8)

    @property
    def body_bytes(self) -> int:
        """Return the mean length of a datagram's body."""
        return FIELD_BYTES + self.packets * (self.packet_bytes + 1) - 1


RUNGS = (SoundRung(6000, 3), SoundRung(8000, 2), SoundRung(12_000, 2), SoundRung(16_000, 1))


def wire_rate(rung: SoundRung, config: LinkConfig) -> float:
    """Return what a rung costs in bit/s on the wire while somebody speaks."""
    return config.wire_bits(bytes(config.sound_overhead + rung.body_bytes)) / rung.seconds


def bearable(config: LinkConfig) -> tuple[SoundRung, ...]:
    """Return the rungs that an end's own limits allow, the cheapest first; perhaps none."""
    limit = _FROM_LIMIT * config.rate * (config.duty_cycle or 1.0)
    fitting = [_fitted(rung, config.mtu - config.sound_overhead) for rung in RUNGS]
    return tuple(rung for rung in fitting
                 if rung.packets and (not limit or wire_rate(rung, config) <= limit))


def _fitted(rung: SoundRung, room: int) -> SoundRung:
    """Return a rung with no more packets a datagram than fit."""
    packets = int((room - FIELD_BYTES) // (_LARGEST * rung.packet_bytes + 1))
    return rung._replace(packets=min(rung.packets, max(0, packets)))
