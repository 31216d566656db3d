"""KISS and AX.25: byte by byte, and speech through a TNC on TCP and on a serial line."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib

from fake_tnc import FakeTnc
from hypothesis import given
from hypothesis import strategies as st
from link_running import receiver, say, sender, SerialCable
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.transport import open_transport, TransportOptions
from txt2vid_ros.link.transport.ax25 import Callsign, ui_header, UiHeader
from txt2vid_ros.link.transport.kiss import kiss_decode, kiss_encode, kiss_framing

NEAR = TransportOptions(callsign='DL1ABC-7', peer_callsign='dl2xyz')
FAR = TransportOptions(callsign='DL2XYZ', peer_callsign='DL1ABC-7')
TEXTS = ['This is sentence number one.', 'And here comes another.', 'That is all.']


@pytest.fixture
def tnc() -> Iterator[FakeTnc]:
    with contextlib.closing(FakeTnc()) as tnc:
        yield tnc


def test_the_frames_are_those_of_the_specification() -> None:
    """The examples of Chepponis and Karn: TEST to port 0, Hello to port 5, C0 DB to port 0."""
    assert kiss_encode(b'TEST') == b'\xc0\x00TEST\xc0'
    assert kiss_encode(b'Hello', 5) == b'\xc0\x50Hello\xc0'
    assert kiss_encode(b'\xc0\xdb') == b'\xc0\x00\xdb\xdc\xdb\xdd\xc0'


def test_a_ui_frame_is_that_of_the_specification() -> None:
    """Addresses shifted left, command bit in the first, end bit in the last, UI, no layer 3."""
    header = UiHeader(Callsign('DL1ABC', 7), Callsign('QST'))
    assert header.wrap(b'x').hex(' ') == (
        'a2 a6 a8 40 40 40 e0 88 98 62 82 84 86 6f 03 f0 78')


@given(st.binary(max_size=60), st.integers(0, 15), st.integers(1, 9))
def test_any_bytes_come_back_in_pieces_of_any_size(data: bytes, port: int, size: int) -> None:
    deframer = kiss_framing(port).deframer()
    stream = b'noise' + kiss_encode(data, port) * 2 + kiss_encode(b'other', (port + 1) % 16)
    taken: list[bytes] = []
    for at in range(0, len(stream), size):
        deframer.feed(stream[at:at + size])
        taken += deframer.take(9)
    assert [each for each in taken if each != b'oise'] == [data, data]


@given(st.binary(max_size=40), st.binary(max_size=80))
def test_hostile_streams_raise_nothing_and_keep_little(start: bytes, junk: bytes) -> None:
    deframer = kiss_framing(0, ui_header('DL1ABC', 'DL2XYZ')).deframer()
    deframer.feed(start + kiss_encode(junk) + kiss_encode(b'\x82' * 90) + junk)
    assert deframer.take(100) == []
    kiss_decode(junk)


def test_only_what_the_peer_sends_to_us_is_taken_repeated_or_not() -> None:
    ours, theirs = ui_header('DL1ABC-7', 'DL2XYZ'), ui_header('DL2XYZ', 'DL1ABC-7')
    other = ui_header('DL3OTH', 'DL1ABC-7')
    assert ours and theirs and other
    frame = theirs.wrap(b'hello')
    assert ours.unwrap(frame) == b'hello'
    repeated = (frame[:13] + bytes([frame[13] & ~1]) + Callsign('DB0REP').pack(0x81) + frame[14:])
    assert ours.unwrap(repeated) == b'hello'
    assert [ours.unwrap(each) for each in (ours.wrap(b'x'), other.wrap(b'x'), frame[:15], b'',
                                           frame[:14] + b'\x2f\xf0x')] == [None] * 5


def test_speech_through_a_tnc_on_tcp(tnc: FakeTnc) -> None:
    near, far = (open_transport('kiss-tcp', role, tnc.address, options)
                 for role, options in (('sender', NEAR), ('receiver', FAR)))
    assert near.header_bytes == 20 and not near.loopback
    config = LinkConfig(rate=9600, mtu=128, header_bytes=near.header_bytes)
    with receiver(far, config) as (end, heard), sender(near, config) as (runner, _):
        for text in TEXTS:
            say(runner, text)
            tnc.put_on_air(b'\0' + b'\x82' * 40)        # somebody else's
        heard.wait_for_texts(TEXTS)
        assert end.end.counters.rejected == 0
    assert {Callsign.unpack(frame[8:15]) for frame in tnc.frames} >= {
        Callsign('DL1ABC', 7), Callsign('DL2XYZ')}


def test_speech_over_modems_on_serial_lines_without_ax25() -> None:
    with contextlib.closing(SerialCable()) as cable:
        options = TransportOptions(baud=9600, kiss_port=12)     # whose byte is a FEND
        near, far = (open_transport('kiss-serial', role, end, options)
                     for role, end in zip(('receiver', 'sender'), cable.ends, strict=True))
        assert near.header_bytes == 0 and near.bits_per_byte == 8
        config = LinkConfig(rate=9600, mtu=40, header_bytes=0)
        with receiver(near, config) as (_, heard), sender(far, config) as (runner, _):
            for text in TEXTS:
                say(runner, text)
            heard.wait_for_texts(TEXTS)


@pytest.mark.parametrize(('own', 'peer', 'match'), [
    ('DL1ABC-16', 'DL2XYZ', "callsign: 'DL1ABC-16' is no call sign"),
    ('DL1ABC', '', "peer_callsign: '' is no call sign"), ('TOOLONGCALL', 'DL2XYZ', 'callsign'),
    ('', 'DL2XYZ', 'callsign')])
def test_call_signs_that_are_none_are_named(own: str, peer: str, match: str) -> None:
    with pytest.raises(UserError, match=match):
        open_transport('kiss-tcp', 'sender', '127.0.0.1:8001', TransportOptions(
            callsign=own, peer_callsign=peer))
