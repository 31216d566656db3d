"""How an end of the link behaves; the two ends may differ in all of it."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.protocol.seal import TAG_SIZES


@dataclasses.dataclass(frozen=True)
class LinkConfig:
    """Settings of one end."""

    rate: float = 0.0
    """Bits a second on the wire, headers included; 0 for no limit."""
    mtu: int = 1200
    """Bytes of the largest datagram, headers of the transport not included."""
    max_age: float = 30.0
    """Seconds after which an utterance that has not arrived is dropped."""
    tag_bytes: int = 4
    """Length of the authentication tag; both ends use the sender's."""
    header_bytes: int = 28
    """What the transport adds to a datagram on the wire: 28 for UDP over IPv4."""
    bits_per_byte: int = 8
    """On the wire: 10 for a serial line with start and stop bits."""
    incremental: bool = False
    """Whether interim texts are sent where the rate leaves room."""
    queue: int = 256
    """Utterances that may wait; beyond that, the oldest is dropped."""
    max_characters: int = 20_000
    """Longer texts are refused."""
    keepalive: float = 30.0
    """Seconds of silence of the other end after which a calling peer asks whether it is there;
    0 for never. So it notices a restart of the other end, which cannot call, and keeps the way
    open through address translation."""

    def __post_init__(self) -> None:
        """Refuse values out of range. Raises UserError."""
        checks = [
            (self.rate == 0 or self.rate >= 20, 'rate', 'at least 20 bit/s, or 0 for no limit'),
            (64 <= self.mtu <= 65_000, 'mtu', '64 to 65000 bytes'),
            (1 <= self.max_age <= 40, 'max_age', '1 to 40 seconds'),
            (self.tag_bytes in TAG_SIZES, 'tag_bytes', f'one of {TAG_SIZES}'),
            (1 <= self.queue <= 100_000, 'queue', '1 to 100000 utterances'),
        ]
        for in_range, name, range_text in checks:
            if not in_range:
                raise UserError(f'{name} is {getattr(self, name)}', f'It may be {range_text}')

    def wire_bits(self, datagram: bytes) -> int:
        """Return what a datagram costs on the wire."""
        return (len(datagram) + self.header_bytes) * self.bits_per_byte

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a datagram of speech besides its body: header and tag."""
        return 2 + self.tag_bytes

    @property
    def data_bytes(self) -> int:
        """Return the bytes of a datagram of data at most: on a slow link, what takes 4 s."""
        if not self.rate:
            return self.mtu
        return min(self.mtu, max(64, int(4 * self.rate / self.bits_per_byte) - self.header_bytes))

    @property
    def merge_bytes(self) -> int:
        """Up to what size utterances share a datagram: on a slow link, one of about 6 s."""
        if not self.rate:
            return self.mtu
        return min(self.mtu, max(128, int(6 * self.rate / self.bits_per_byte)))
