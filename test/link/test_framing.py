"""Datagrams in streams: any cut of the stream gives the same, any garbage is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.link.transport.framing import (
    cobs_decode,
    cobs_encode,
    CobsDeframer,
    Deframer,
    length_prefixed,
    LengthDeframer,
)

DATAGRAMS = st.lists(st.binary(min_size=1, max_size=300), max_size=8)
CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=20)
KINDS = [(LengthDeframer, length_prefixed), (CobsDeframer, lambda data: cobs_encode(data) + b'\0')]


def pour(deframer: Deframer, stream: bytes, cuts: list[int], most: int) -> list[bytes]:
    taken: list[bytes] = []
    at = turn = 0
    while at < len(stream) or deframer.ready:
        if not deframer.ready:
            size = cuts[turn % len(cuts)]
            deframer.feed(stream[at:at + size])
            at, turn = at + size, turn + 1
        taken += deframer.take(most)
    return taken


@pytest.mark.parametrize(('kind', 'frame'), KINDS, ids=['length', 'zeros'])
@given(datagrams=DATAGRAMS, cuts=CUTS, most=st.integers(1, 5))
def test_any_cut_of_the_stream_gives_the_datagrams(kind, frame, datagrams, cuts, most) -> None:
    stream = b''.join(frame(datagram) for datagram in datagrams)
    assert pour(kind(), stream, cuts, most) == datagrams


@pytest.mark.parametrize('kind', [LengthDeframer, CobsDeframer])
@given(garbage=st.binary(max_size=500), cuts=CUTS)
def test_garbage_gives_datagrams_that_do_not_hang_on_its_cut(kind, garbage, cuts) -> None:
    whole = pour(kind(), garbage, [len(garbage) + 1], 1000)
    assert pour(kind(), garbage, cuts, 3) == whole
    assert sum(map(len, whole)) <= len(garbage)


@given(datagram=st.binary(min_size=1, max_size=100), garbage=st.binary(max_size=200))
def test_a_line_is_in_step_again_after_the_next_zero(datagram: bytes, garbage: bytes) -> None:
    stream = garbage + b'\0' + cobs_encode(datagram) + b'\0'
    assert pour(CobsDeframer(), stream, [7], 5)[-1] == datagram


def test_a_line_without_zeros_is_bounded() -> None:
    deframer = CobsDeframer()
    for _ in range(50):
        deframer.feed(b'\xff' * 4096)
        deframer.take(10)
    assert len(deframer._bytes) < 80_000


@given(st.binary(max_size=2000))
def test_stuffed_frames_hold_no_zero_and_come_back(data: bytes) -> None:
    assert b'\0' not in cobs_encode(data)
    assert cobs_decode(cobs_encode(data)) == data


@pytest.mark.parametrize('size', [253, 254, 255, 508, 1000])
def test_long_frames_are_stuffed_in_blocks(size: int) -> None:
    assert cobs_decode(cobs_encode(b'x' * size)) == b'x' * size


def test_damaged_frames_are_told() -> None:
    assert cobs_decode(b'\x05ab') is None
    assert cobs_decode(b'\x02a\x00') is None
