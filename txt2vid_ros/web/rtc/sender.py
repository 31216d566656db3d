"""Sends what was coded once to one viewer: RTP, reports, retransmissions (RFC 3550, 4588)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import secrets
import struct

from aiortc.rtp import RtcpSdesPacket, RtcpSenderInfo, RtcpSourceInfo, RtcpSrPacket
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.web.rtc.h264 import Picture

HISTORY_PACKETS = 512
"""Packets that can be sent again."""
MOST_RESENT = 400
"""Packets that are sent again in a second at most."""
NTP_EPOCH_SECONDS = 2_208_988_800
"""Seconds from the epoch of NTP to that of Unix."""
CATCH_UP_STEP = SECOND // 1000
"""Nanoseconds between the pictures that bring a viewer up to date."""
CATCH_UP_PAUSE = SECOND // 2
"""Nanoseconds from one such burst to the next."""
HEAVY_LOSS = 0.2
"""Share of lost packets beyond which sending everything makes it worse."""
HEAVY_REPORTS = 3
"""Reports of heavy loss in a row after which key frames alone are sent."""
THIN_NANOSECONDS = 5 * SECOND
"""Nanoseconds for which that is done."""

Send = Callable[[bytes], bool]
_HEADER = struct.Struct('!BBHII')
_VERSION = 2 << 6
_MARKER = 1 << 7


@dataclasses.dataclass(frozen=True)
class TrackFormat:
    """How a track is numbered for one viewer."""

    payload_type: int
    clock_rate: int
    ssrc: int
    rtx_payload_type: int | None = None
    rtx_ssrc: int = 0
    cname: str = ''


@dataclasses.dataclass
class SenderStatistics:
    """Counts since the start."""

    packets: int = 0
    octets: int = 0
    resent: int = 0
    nacks: int = 0
    """Packets that the viewer asked for again."""
    key_frame_requests: int = 0
    unsent: int = 0
    """Packets that this machine's network would not take."""


class TrackSender:
    """
    Numbers the packets of one track for one viewer.

    RTP timestamps are counted from the stamps, and a sender report says which stamp (as wall clock
    time) belongs to which timestamp. So a player knows the stamp of what it plays, and both tracks
    fall on one clock. Nothing here waits: a packet that cannot be sent is lost.
    """

    def __init__(self, track: TrackFormat, send: Send, statistics: SenderStatistics) -> None:
        """`send` takes an RTP packet in the clear and returns whether it was sent."""
        self.track = track
        self._send = send
        self._statistics = statistics
        self._offset = secrets.randbits(32)
        # In the lower half, so that encryption does not see a wrap at once (RFC 3711, 3.3.1).
        self._sequence = secrets.randbits(15)
        self._rtx_sequence = secrets.randbits(15)
        self._packets = self._octets = 0
        self._history: dict[int, tuple[int, int, bytes]] = {}
        """Timestamp, marker and payload of the last packets, by their number."""
        self._budget, self._budget_second = MOST_RESENT, 0

    def packets(self, stamp: int, payloads: Sequence[bytes], marked: bool = True) -> None:
        """Send payloads of one time; the last one is `marked` as the end of a picture."""
        timestamp = self._timestamp(stamp)
        last = len(payloads) - 1
        for place, payload in enumerate(payloads):
            marker = _MARKER if marked and place == last else 0
            sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
            self._history[sequence] = timestamp, marker, payload
            self._history.pop((sequence - HISTORY_PACKETS) & 0xFFFF, None)
            self._packets += 1
            self._octets += len(payload)
            self._put(self._header(self.track.payload_type, marker, sequence, timestamp,
                                   self.track.ssrc) + payload)

    def resend(self, sequences: Sequence[int], now: int) -> None:
        """Send packets again that the viewer misses, within bounds."""
        self._statistics.nacks += len(sequences)
        if now // SECOND != self._budget_second:
            self._budget, self._budget_second = MOST_RESENT, now // SECOND
        for sequence in sequences:
            if (held := self._history.get(sequence & 0xFFFF)) is None or self._budget <= 0:
                continue
            self._budget -= 1
            self._statistics.resent += 1
            timestamp, marker, payload = held
            if self.track.rtx_payload_type is None:
                self._put(self._header(self.track.payload_type, marker, sequence & 0xFFFF,
                                       timestamp, self.track.ssrc) + payload)
                continue
            number, self._rtx_sequence = self._rtx_sequence, (self._rtx_sequence + 1) & 0xFFFF
            self._put(self._header(self.track.rtx_payload_type, marker, number, timestamp,
                                   self.track.rtx_ssrc)
                      + struct.pack('!H', sequence & 0xFFFF) + payload)

    def report(self, now: int) -> bytes:
        """Return a sender report with its source description, as of stamp `now`."""
        seconds, rest = divmod(now, SECOND)
        ntp = (seconds + NTP_EPOCH_SECONDS) << 32 | (rest << 32) // SECOND
        return bytes(RtcpSrPacket(self.track.ssrc, RtcpSenderInfo(
            ntp & (1 << 64) - 1, self._timestamp(now), self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF))) + bytes(RtcpSdesPacket([
                RtcpSourceInfo(self.track.ssrc, [(1, self.track.cname.encode())])]))

    def _timestamp(self, stamp: int) -> int:
        return (stamp * self.track.clock_rate // SECOND + self._offset) & 0xFFFFFFFF

    def _header(self, kind: int, marker: int, sequence: int, timestamp: int, ssrc: int) -> bytes:
        return _HEADER.pack(_VERSION, marker | kind, sequence, timestamp, ssrc)

    def _put(self, packet: bytes) -> None:
        if self._send(packet):
            self._statistics.packets += 1
            self._statistics.octets += len(packet)
        else:
            self._statistics.unsent += 1


class PictureSender(TrackSender):
    """
    Sends pictures, and brings who joins or has lost one up to date.

    The pictures since the last key frame are sent in one burst, a millisecond apart by their
    timestamps, which ends with the present one: their true times would tell the player that they
    are late, and it would show what follows later.
    """

    def __init__(self, track: TrackFormat, send: Send, statistics: SenderStatistics) -> None:
        """Begin with a viewer that has seen nothing."""
        super().__init__(track, send, statistics)
        self._lost = True
        """Whether the viewer cannot decode what comes next."""
        self._last = 0
        """The stamp that was last sent."""
        self._caught_up = 0
        self._heavy = 0
        """Reports of heavy loss in a row."""
        self._thin_until = 0

    def reported(self, share: float, now: int) -> None:
        """Note what share of the packets the viewer has lost of late."""
        self._heavy = self._heavy + 1 if share > HEAVY_LOSS else 0
        if self._heavy >= HEAVY_REPORTS:
            self._thin_until = now + THIN_NANOSECONDS

    def lost(self) -> None:
        """Note that the viewer asks for a key frame."""
        self._statistics.key_frame_requests += 1
        self._lost = True

    def show(self, picture: Picture, group: Sequence[Picture]) -> None:
        """Send the newest picture, the last one of `group` if that is not empty."""
        if picture.stamp <= self._last:
            # The clock was set back: timestamps go back too, and only a key frame makes sense.
            self._lost = self._lost or not picture.key_frame
            self._last = self._caught_up = self._thin_until = 0
        if picture.stamp < self._thin_until and not picture.key_frame:
            self._lost = True
        elif not self._lost or picture.key_frame:
            self._lost = False
            self._picture(picture.stamp, picture)
        elif (group and group[-1] is picture
              and picture.stamp - self._caught_up >= CATCH_UP_PAUSE):
            self._lost, self._caught_up = False, picture.stamp
            step = min(CATCH_UP_STEP, (picture.stamp - self._last) // len(group))
            for place, each in enumerate(group, 1 - len(group)):
                self._picture(picture.stamp + place * step, each)

    def _picture(self, stamp: int, picture: Picture) -> None:
        self._last = stamp
        self.packets(stamp, picture.payloads)
