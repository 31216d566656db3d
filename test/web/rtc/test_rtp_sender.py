"""What one viewer is sent: numbers, times, reports, what is sent again."""

from __future__ import annotations

import itertools
import subprocess

from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.rtp import RtcpPacket, RtcpSrPacket, RtpPacket, unwrap_rtx
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.web.rtc.h264 import LARGEST_PAYLOAD, nal_units, Picture, picture
from txt2vid_ros.web.rtc.sender import (
    HISTORY_PACKETS,
    MOST_RESENT,
    PictureSender,
    SenderStatistics,
    TrackFormat,
    TrackSender,
)

FRAME = SECOND // 25
START = 1_795_800_000 * SECOND
TRACK = TrackFormat(96, 90_000, 1234, 97, 5678, 'someone')


class Wire:
    """Collects packets as the viewer gets them."""

    def __init__(self, works: bool = True) -> None:
        self.data: list[bytes] = []
        self.works = works

    def send(self, packet: bytes) -> bool:
        if self.works:
            self.data.append(packet)
        return self.works

    @property
    def packets(self) -> list[RtpPacket]:
        return [RtpPacket.parse(each) for each in self.data]

    def times(self) -> list[int]:
        """Return the timestamp of each picture, as it ends."""
        return [each.timestamp for each in self.packets if each.marker]


def pictures(count: int, key_every: int = 12, first: int = 0) -> list[Picture]:
    return [Picture(START + n * FRAME, (bytes([n % 256]) * 10,), n % key_every == 0)
            for n in range(first, first + count)]


def show(sender: PictureSender, number: int) -> None:
    """Send a picture with those since the first one."""
    group = pictures(number + 1)
    sender.show(group[-1], group)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def statistics() -> SenderStatistics:
    return SenderStatistics()


def test_units_are_cut_as_players_put_them_together() -> None:
    data = subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x480:rate=25',
         '-frames:v', '2', '-vcodec', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p',
         '-f', 'h264', 'pipe:1'], capture_output=True, check=True).stdout
    made = picture(START, data)
    assert made is not None and made.key_frame and made.profile.startswith('42c0')
    assert max(map(len, made.payloads)) <= LARGEST_PAYLOAD
    assert any(each[0] & 31 == 28 for each in made.payloads)
    received = b''.join(H264PayloadDescriptor.parse(each)[1] for each in made.payloads)
    sent = [unit for unit in nal_units(data) if unit[0] & 31 not in (6, 9)]
    assert nal_units(received) == sent


def test_timestamps_and_reports_tell_the_stamp(wire: Wire, statistics: SenderStatistics) -> None:
    """A player finds the stamp of a frame by the report, to a tick, before and after it."""
    sender = TrackSender(TRACK, wire.send, statistics)
    for n in range(3):
        sender.packets(START + n * FRAME + 17, [b'a', b'b'])
    report = RtcpPacket.parse(sender.report(START + 5 * SECOND))[0]
    assert isinstance(report, RtcpSrPacket)
    info = report.sender_info
    wall = (info.ntp_timestamp / 2 ** 32 - 2_208_988_800) * SECOND
    for n, packet in enumerate(wire.packets[::2]):
        ticks = (packet.timestamp - info.rtp_timestamp + 2 ** 31) % 2 ** 32 - 2 ** 31
        assert abs(wall + ticks * SECOND / 90_000 - (START + n * FRAME + 17)) < 50_000
    assert (info.packet_count, info.octet_count) == (6, 6)
    assert [each.marker for each in wire.packets] == [0, 1] * 3
    assert len({each.sequence_number for each in wire.packets}) == 6


def test_what_is_missed_is_sent_again_on_its_own_stream(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = TrackSender(TRACK, wire.send, statistics)
    sender.packets(START, [bytes([n]) for n in range(10)])
    sent = wire.packets
    sender.resend([sent[3].sequence_number, sent[4].sequence_number, 60_000], START)
    again = wire.packets[10:]
    assert [each.ssrc for each in again] == [TRACK.rtx_ssrc] * 2
    restored = unwrap_rtx(again[0], 96, 1234)
    assert (restored.sequence_number, restored.timestamp, restored.payload) == (
        sent[3].sequence_number, sent[3].timestamp, sent[3].payload)
    assert statistics.resent == 2 and statistics.nacks == 3


def test_who_has_no_retransmission_stream_gets_the_same_packet(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = TrackSender(TrackFormat(96, 90_000, 1), wire.send, statistics)
    sender.packets(START, [b'a', b'b'])
    sender.resend([wire.packets[0].sequence_number], START)
    assert wire.data[2] == wire.data[0]


def test_a_greedy_viewer_is_bounded(wire: Wire, statistics: SenderStatistics) -> None:
    sender = TrackSender(TRACK, wire.send, statistics)
    sender.packets(START, [b'x'] * (HISTORY_PACKETS + 100))
    numbers = [each.sequence_number for each in wire.packets]
    wire.data.clear()
    for _ in range(5):
        sender.resend(numbers, START)
    assert len(wire.data) == MOST_RESENT
    sender.resend(numbers[:100], START + SECOND)
    assert len(wire.data) == MOST_RESENT, 'what is too old has been forgotten'


def test_who_joins_sees_the_present_at_once(wire: Wire, statistics: SenderStatistics) -> None:
    """The burst begins with the key frame and ends at the present; times never go back."""
    sender = PictureSender(TRACK, wire.send, statistics)
    group = pictures(10)
    sender.show(group[-1], group)
    assert [each.payload[0] for each in wire.packets] == list(range(10))
    for n in range(10, 14):
        show(sender, n)
    times = wire.times()
    steps = [(after - before) % 2 ** 32 for before, after in itertools.pairwise(times)]
    assert steps == [90] * 9 + [3600] * 4


def test_a_viewer_that_lost_a_picture_is_brought_up_to_date(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = PictureSender(TRACK, wire.send, statistics)
    for n in range(9):
        show(sender, n)
    wire.data.clear()
    sender.lost()
    show(sender, 9)
    assert [each.payload[0] for each in wire.packets] == list(range(10))
    sender.lost()
    show(sender, 10)
    assert len(wire.data) == 10, 'not again within half a second'
    for n in (11, 12):
        sender.show(pictures(n + 1)[n], [])
    assert [each.payload[0] for each in wire.packets[10:]] == [12], 'but from the next key frame'


def test_without_a_kept_group_a_viewer_begins_at_the_next_key_frame(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = PictureSender(TRACK, wire.send, statistics)
    for each in pictures(14)[5:]:
        sender.show(each, [])
    assert [each.payload[0] for each in wire.packets] == [12, 13]


def test_a_clock_that_is_set_back_does_not_stop_the_picture(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = PictureSender(TRACK, wire.send, statistics)
    for each in pictures(40):
        sender.show(each, [])
    wire.data.clear()
    for each in pictures(14):
        sender.show(each, [])
    assert len(wire.data) == 14


def test_a_viewer_that_loses_much_is_sent_key_frames_for_a_while(
        wire: Wire, statistics: SenderStatistics) -> None:
    sender = PictureSender(TRACK, wire.send, statistics)
    for _ in range(3):
        sender.reported(0.1, START)
    sender.show(pictures(1)[0], [])
    show(sender, 1)
    assert len(wire.data) == 2
    for _ in range(3):
        sender.reported(0.3, START)
    wire.data.clear()
    for n in range(2, 124):
        show(sender, n)
    assert [each.payload[0] for each in wire.packets] == list(range(12, 124, 12))
    wire.data.clear()
    for n in range(125, 130):
        show(sender, n)
    assert len(wire.data) > 5, 'then it is brought up to date'


def test_a_full_socket_loses_packets_and_counts_them(statistics: SenderStatistics) -> None:
    wire = Wire(works=False)
    TrackSender(TRACK, wire.send, statistics).packets(START, [b'a', b'b'])
    assert (statistics.packets, statistics.unsent) == (0, 2)
