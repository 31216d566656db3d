"""One end that is sent the face: a browser over WHEP, or a server that the face is pushed to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
import random
import secrets

from aiortc.rtp import (
    AnyRtcpPacket,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
)
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.web.rtc.h264 import Picture
from txt2vid_ros.web.rtc.peer.transport import PeerTransport
from txt2vid_ros.web.rtc.sdp.offers import OfferedMedia
from txt2vid_ros.web.rtc.sender import (
    PictureSender,
    SenderStatistics,
    TrackFormat,
    TrackSender,
)
from txt2vid_ros.web.rtc.sound import SoundPacket
from txt2vid_ros.web.tasks import cancelled

REPORT_SECONDS = 1.0
FIRST_REPORT_SECONDS = 0.1
"""Seconds to the second report: the first may be lost, and players need one to bring picture and
sound in step."""


class Recipient:
    """Sends the tracks that its peer takes, and answers what it asks for."""

    def __init__(self, transport: PeerTransport, tracks: dict[str, TrackFormat], clock: Clock,
                 statistics: SenderStatistics) -> None:
        """Take the tracks by kind, 'video' and 'audio', either of which may be missing."""
        self._transport = transport
        self._clock = clock
        self._video = (PictureSender(tracks['video'], transport.send, statistics)
                       if 'video' in tracks else None)
        self._audio = (TrackSender(tracks['audio'], transport.send, statistics)
                       if 'audio' in tracks else None)
        self._senders: list[TrackSender] = [each for each in (self._video, self._audio) if each]
        self._by_source = {each.track.ssrc: each for each in self._senders}
        self._connected = False
        transport.receive(on_rtcp=self._answer)

    def show(self, picture: Picture, group: Sequence[Picture]) -> None:
        """Send a picture, the last one of `group`."""
        if self._connected and self._video is not None:
            self._video.show(picture, group)

    def play(self, packet: SoundPacket) -> None:
        """Send a packet of sound."""
        if self._connected and self._audio is not None:
            self._audio.packets(packet.stamp, [packet.payload], marked=False)

    async def run(self, group: Sequence[Picture]) -> None:
        """Send until the peer is gone; begin with the pictures since the last key frame."""
        self._connected = True
        self._report()
        if group:
            self.show(group[-1], group)
        reports = asyncio.ensure_future(self._reports())
        try:
            await self._transport.gone()
        finally:
            self._connected = False
            await cancelled(reports)
            self._transport.send_report(bytes(RtcpByePacket(list(self._by_source))))

    async def _reports(self) -> None:
        await asyncio.sleep(FIRST_REPORT_SECONDS)
        while True:
            self._report()
            # RFC 3550, 6.2: so that those of many viewers do not fall together.
            await asyncio.sleep(REPORT_SECONDS * random.uniform(0.5, 1.5))

    def _report(self) -> None:
        now = self._clock.now()
        for each in self._senders:
            self._transport.send_report(each.report(now))

    def _answer(self, packet: AnyRtcpPacket) -> None:
        """Take what the peer reports or asks for."""
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            if (sender := self._by_source.get(packet.media_ssrc)) is not None:
                sender.resend(packet.lost, self._clock.now())
        elif (isinstance(packet, RtcpPsfbPacket)
              and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR) and self._video is not None):
            self._video.lost()
        elif isinstance(packet, (RtcpRrPacket, RtcpSrPacket)) and self._video is not None:
            for report in packet.reports:
                if report.ssrc == self._video.track.ssrc:
                    self._video.reported(report.fraction_lost / 256, self._clock.now())


def track_formats(media: Sequence[OfferedMedia]) -> dict[str, TrackFormat]:
    """Return how the sections that are taken are numbered, by kind."""
    name = secrets.token_hex(8)
    return {each.kind: TrackFormat(
        each.payload_type, each.codec.clockRate, secrets.randbits(32), each.rtx,
        secrets.randbits(32), name) for each in media if each.codec is not None}
