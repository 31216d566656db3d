"""What an end of the link has sent and received so far."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.seal import ForgedError


@dataclasses.dataclass
class LinkCounters:
    """Totals since the start; those of rejected datagrams are by what was wrong with them."""

    utterances: int = 0
    characters: int = 0
    text_bytes: int = 0
    """Compressed text alone, each utterance once."""
    datagrams_out: int = 0
    bytes_out: int = 0
    wire_bits_out: int = 0
    """Bits on the wire, the transport's headers included."""
    datagrams_in: int = 0
    bytes_in: int = 0
    wire_bits_in: int = 0
    retries: int = 0
    repair_bytes: int = 0
    """Of speech that went out again within later speech."""
    dropped: int = 0
    sessions: int = 0
    garbage: int = 0
    wrong_version: int = 0
    forged: int = 0
    duplicates: int = 0
    oversized: int = 0
    undecodable: int = 0

    def count_received(self, datagram: bytes, config: LinkConfig) -> None:
        """Count a datagram that has arrived."""
        self.datagrams_in += 1
        self.bytes_in += len(datagram)
        self.wire_bits_in += config.wire_bits(datagram)

    def count_sent(self, datagram: bytes, config: LinkConfig) -> None:
        """Count a datagram that is sent."""
        self.datagrams_out += 1
        self.bytes_out += len(datagram)
        self.wire_bits_out += config.wire_bits(datagram)

    def count_rejected(self, error: wire.FrameError | ForgedError) -> None:
        """Count a useless datagram by what is wrong with it."""
        if isinstance(error, ForgedError):
            self.forged += 1
        elif isinstance(error, wire.OversizedError):
            self.oversized += 1
        elif isinstance(error, wire.VersionError):
            self.wrong_version += 1
        else:
            self.garbage += 1

    @property
    def rejected(self) -> int:
        """Datagrams that came in and were useless, duplicates not included."""
        return (self.garbage + self.wrong_version + self.forged + self.oversized
                + self.undecodable)

    def as_dict(self) -> dict[str, int]:
        """Return all totals by name."""
        return dataclasses.asdict(self)
