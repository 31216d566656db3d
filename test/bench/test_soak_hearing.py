"""A stream that began anew is heard in its pieces, each by its own times."""

from __future__ import annotations

from txt2vid_ros.bench.rig.viewer import presentation_time
from txt2vid_ros.bench.soak.hearing import unbroken
from txt2vid_ros.media.output.mpegts import PACKET_BYTES, VIDEO_PID


def packet(seconds: float) -> bytes:
    """Return a packet in which a picture begins."""
    ticks = round(seconds * 90_000)
    times = bytes([0x21 | ticks >> 29 & 0xE, ticks >> 22 & 0xFF, ticks >> 14 & 0xFE | 1,
                   ticks >> 7 & 0xFF, ticks << 1 & 0xFE | 1])
    begun = bytes([0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x10])
    return (begun + b'\0\0\1\xe0\0\0\x80\x80\x05' + times).ljust(PACKET_BYTES, b'\xff')


def test_a_stream_is_cut_where_another_one_begins() -> None:
    before = b''.join(packet(500 + place / 25) for place in range(50))
    after = b''.join(packet(1 + place / 25) for place in range(30))
    assert presentation_time(packet(500.04)) == 500.04
    assert unbroken(before + after) == [before, after]
    assert unbroken(before) == [before]
    assert unbroken(b'') == []
