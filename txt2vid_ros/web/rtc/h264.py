"""H.264 pictures as RTP carries them (RFC 6184, packetization mode 1)."""

from __future__ import annotations

import dataclasses
import re

LARGEST_PAYLOAD = 1200
"""Bytes of an RTP payload: with all headers it fits where IPv6 has to (RFC 8200, 1280)."""
_START_CODE = re.compile(rb'\x00*\x00\x00\x01')
_KIND = 0x1F
_IMPORTANCE = 0xE0
IDR, SEI, SPS, PPS, DELIMITER, END_SEQUENCE, END_STREAM, FILLER = 5, 6, 7, 8, 9, 10, 11, 12
_LEFT_OUT = {SEI, DELIMITER, END_SEQUENCE, END_STREAM, FILLER}
"""NAL units that no player needs."""
_FRAGMENT = 28
"""The type FU-A."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """One coded picture, cut into RTP payloads once for all viewers."""

    stamp: int
    """When it is seen, nanoseconds."""
    payloads: tuple[bytes, ...]
    key_frame: bool
    profile: str = ''
    """profile-level-id of a key frame's parameter set (RFC 6184, 8.1), six hexadecimal digits."""

    @property
    def size(self) -> int:
        """Return the bytes of all payloads."""
        return sum(map(len, self.payloads))


def picture(stamp: int, data: bytes) -> Picture | None:
    """Cut coded bytes (Annex B) into RTP payloads; None where they hold no picture."""
    payloads: list[bytes] = []
    key_frame, profile = False, ''
    for unit in nal_units(data):
        kind = unit[0] & _KIND
        if kind in _LEFT_OUT:
            continue
        if kind == SPS and len(unit) >= 4:
            profile = unit[1:4].hex()
        key_frame = key_frame or kind == IDR
        payloads += _fragments(unit)
    return Picture(stamp, tuple(payloads), key_frame, profile) if payloads else None


def nal_units(data: bytes) -> list[bytes]:
    """Return the NAL units of a byte stream (ISO 14496-10, Annex B)."""
    return [unit for unit in _START_CODE.split(data)[1:] if unit]


def _fragments(unit: bytes) -> list[bytes]:
    """Return a NAL unit as it is, or as FU-A packets of about equal size."""
    if len(unit) <= LARGEST_PAYLOAD:
        return [unit]
    body = unit[1:]
    count = -(-len(body) // (LARGEST_PAYLOAD - 2))
    step = -(-len(body) // count)
    indicator = unit[0] & _IMPORTANCE | _FRAGMENT
    kind = unit[0] & _KIND
    parts = [body[at:at + step] for at in range(0, len(body), step)]
    last = len(parts) - 1
    return [bytes((indicator, (place == 0) << 7 | (place == last) << 6 | kind)) + part
            for place, part in enumerate(parts)]
