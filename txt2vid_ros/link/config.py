"""How an end of the link behaves; the two ends may differ in all of it."""

from __future__ import annotations

import dataclasses
import math

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.protocol.seal import TAG_SIZES

MAX_AGE = 3600
"""Seconds."""
_KEEPALIVE_BYTES = 12
"""Of the body of a keepalive or its answer, roughly."""
_SLOW_BYTES = 150
_SHORT_AGE = 40
"""Seconds of `max_age` for which start times of two bytes are enough."""


@dataclasses.dataclass(frozen=True)
class LinkConfig:
    """Settings of one end."""

    rate: float = 0.0
    """Bits a second on the wire, headers included; 0 for no limit."""
    duty_cycle: float = 0.0
    """Share of any hour that this end may be on the air, 0 to 1; `rate` is then the bit rate on
    the air. 0 for no limit."""
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
    keepalive: float = 25.0
    """Seconds of silence of the other end after which a calling peer asks whether it is there;
    0 for never. So it notices a restart of the other end, which cannot call, and keeps the way
    open through address translation, which many routers end after 30 s of silence. What the other
    end says to a translation that has ended anyway arrives after the next question, before it is
    too old."""

    def __post_init__(self) -> None:
        """Refuse values out of range. Raises UserError."""
        checks = [
            (self.rate == 0 or self.rate >= 20, 'rate', 'at least 20 bit/s, or 0 for no limit'),
            (40 <= self.mtu <= 65_000, 'mtu', '40 to 65000 bytes'),
            (1 <= self.max_age <= MAX_AGE, 'max_age', f'1 to {MAX_AGE} seconds'),
            (self.tag_bytes in TAG_SIZES, 'tag_bytes', f'one of {TAG_SIZES}'),
            (0 <= self.duty_cycle <= 1, 'duty_cycle', '0 to 1, such as 0.01'),
            (1 <= self.queue <= 100_000, 'queue', '1 to 100000 utterances'),
        ]
        for in_range, name, range_text in checks:
            if not in_range:
                raise UserError(f'{name} is {getattr(self, name)}', f'It may be {range_text}')

        self._check_duty_cycle()

    def _check_duty_cycle(self) -> None:
        if self.duty_cycle and not self.rate:
            raise UserError('duty_cycle needs rate, the bit rate on the air',
                            'Set rate to what the radio sends in a second')
        seconds = self.wire_bits(bytes(self.mtu)) / self.rate if self.rate else 0.0
        if self.duty_cycle and seconds > self.duty_cycle * 3600 / 4:
            raise UserError(
                f'duty_cycle is {self.duty_cycle}, {self.duty_cycle * 3600:.0f} s of an hour, and '
                f'a datagram of mtu {self.mtu} takes {seconds:.0f} s at {self.rate:.0f} bit/s',
                'Set a smaller mtu, down to 40, or what the radio sends in a second as rate')

    @property
    def least_hello_pause(self) -> float:
        """Return the seconds between two HELLO that leave half of the air time to speech."""
        if not self.duty_cycle:
            return 0.0
        return 2 * self.wire_bits(bytes(40)) / self.rate / self.duty_cycle

    def wire_bits(self, datagram: bytes) -> int:
        """Return what a datagram costs on the wire."""
        return (len(datagram) + self.header_bytes) * self.bits_per_byte

    @property
    def long_starts(self) -> bool:
        """Whether speech may be so old that its start time needs a third byte."""
        return self.max_age > _SHORT_AGE

    @property
    def keepalive_pause(self) -> float:
        """Return the seconds of silence before a keepalive: a tenth of the air time at most."""
        if not (self.keepalive and self.duty_cycle):
            return self.keepalive
        bits = self.wire_bits(bytes(self.frame_bytes + _KEEPALIVE_BYTES))
        return max(self.keepalive, 10 * bits / self.rate / self.duty_cycle)

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a datagram of a session besides its body: header and tag."""
        return 2 + self.tag_bytes

    @property
    def sound_overhead(self) -> int:
        """Return the bytes of a datagram of sound besides its body, its counter being longer."""
        return self.frame_bytes + 1

    @property
    def data_bytes(self) -> int:
        """
        Return the bytes of a datagram of data at most: what takes a second.

        Where headers would be most of that, 150 bytes with them, or what takes 4 s.
        """
        if not self.rate:
            return self.mtu
        a_second = self.rate / self.bits_per_byte
        wire_bytes = int(max(a_second, min(_SLOW_BYTES, 4 * a_second)))
        return min(self.mtu, max(64, wire_bytes - self.header_bytes))

    @property
    def merge_bytes(self) -> int:
        """Up to what size utterances share a datagram: on a slow link, one of about 6 s."""
        if not self.rate:
            return self.mtu
        return min(self.mtu, max(128, int(6 * self.rate / self.bits_per_byte)))


def queue_for(max_age: float) -> int:
    """Return how many utterances are said in `max_age` seconds: one every 2 s, at least 256."""
    return max(256, math.ceil(max_age / 2))
