"""A microphone over WebRTC as mono sound with the time it was captured at."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import time

from aiortc.rtp import AnyRtcpPacket, RtpPacket
import av
from av.error import FFmpegError
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE, STREAM_RATE
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.source import SourceStatistics
from txt2vid_ros.media.jitter.skew_estimator import SkewEstimator
from txt2vid_ros.media.jitter.wrapping import nearest
from txt2vid_ros.web.rtc.peer.transport import PeerTransport
from txt2vid_ros.web.rtc.sound import LOOKAHEAD_SAMPLES

HELD_PACKETS = 4
"""Packets that wait for one that is late; then it counts as lost."""
LONGEST_SILENCE_SECONDS = 2.0
"""Seconds that are missing and are filled with silence; a longer gap is one in the stamps."""
UNUSED_SECONDS = 20.0
"""Seconds without a packet after which a microphone gives its place to another."""
JUMP_SECONDS = 0.1
"""Seconds by which a block is moved in one go: something is missing, or a clock was set."""
MOST_STEP_SECONDS = 0.001
"""Seconds by which it is moved otherwise, while the line is being learned."""

Heard = Callable[[int, NDArray[np.float32]], None]
"""Takes the stamp (ns) of the first sample, and mono samples at SPEECH_RATE."""


@dataclasses.dataclass
class MicrophoneStatistics(SourceStatistics):
    """Counts since the start, of one microphone after the other."""

    packets: int = 0
    lost: int = 0
    undecodable: int = 0


class Microphone:
    """
    Puts packets in order, decodes them and says when each sample was captured.

    Time is counted from RTP timestamps: the line under all arrivals (SkewEstimator) maps them to
    this machine's clock, so that jitter does not move a sample and no drift adds up. What is
    missing, or was not sent because it was silent, is silence.
    """

    def __init__(self, transport: PeerTransport, payload_type: int, clock: Clock,
                 heard: Heard, statistics: MicrophoneStatistics) -> None:
        """Take packets of one payload type; `heard` gets the sound."""
        self._transport = transport
        self._payload_type = payload_type
        self._clock = clock
        self._heard = heard
        self._statistics = statistics
        self._source: int | None = None
        self._heard_at = 0.0
        """When the last packet came, on the monotonic clock."""
        self._start_over()
        transport.receive(on_rtp=self._take, on_rtcp=_unused)

    async def run(self) -> None:
        """Listen until the peer is gone, or has sent no sound for UNUSED_SECONDS."""
        self._heard_at = time.monotonic()
        await self._transport.gone(
            lambda: time.monotonic() - self._heard_at < UNUSED_SECONDS)

    def _start_over(self) -> None:
        self._decoder = av.CodecContext.create('libopus', 'r')
        self._decoder.sample_rate = STREAM_RATE
        self._decoder.layout = 'mono'
        self._conditioner = Conditioner(STREAM_RATE, self._statistics)
        self._line: SkewEstimator | None = None
        self._expected: int | None = None
        """The number of the next packet, counted on beyond 16 bits."""
        self._due = 0
        """The stamp of the next sample, if nothing is missing."""
        self._waiting: dict[int, tuple[RtpPacket, int]] = {}
        """Packets that came before their turn, and when."""
        self._first = self._newest = self._end = self._origin = 0
        """Timestamps: that the line counts from, of the newest packet, after it. And the line's
        origin, nanoseconds."""

    def _take(self, packet: RtpPacket) -> None:
        if packet.payload_type != self._payload_type or not packet.payload:
            return
        self._heard_at = time.monotonic()
        self._statistics.packets += 1
        if packet.ssrc != self._source:
            self._source = packet.ssrc
            self._start_over()
        now = self._clock.now()
        if self._expected is None:
            self._expected = packet.sequence_number
            self._newest = self._end = packet.timestamp
        number = nearest(packet.sequence_number, self._expected, 16)
        if number < self._expected:
            # A copy, or later than the sound it belongs to.
            return
        self._waiting[number] = packet, now
        while self._waiting and (self._expected in self._waiting
                                 or len(self._waiting) > HELD_PACKETS):
            number = min(self._waiting)
            self._statistics.lost += number - self._expected
            self._expected = number + 1
            self._decode(*self._waiting.pop(number))

    def _decode(self, packet: RtpPacket, arrival: int) -> None:
        begin = nearest(packet.timestamp, self._newest, 32)
        try:
            frames = self._decoder.decode(av.Packet(packet.payload))
        except (FFmpegError, ValueError):
            self._statistics.undecodable += 1
            return
        samples = [frame.to_ndarray().reshape(-1) for frame in frames]
        if not samples:
            return
        self._newest = begin
        gap = begin - self._end
        if not 0 <= gap <= LONGEST_SILENCE_SECONDS * STREAM_RATE:
            # Another clock, or nothing for so long that what was held back belongs to the past.
            self._conditioner = Conditioner(STREAM_RATE, self._statistics)
            gap = 0
        block = np.concatenate([np.zeros(gap, samples[0].dtype), *samples])
        self._end = begin + len(block) - gap
        stamp = self._stamp(begin - gap, arrival)
        held = round(self._conditioner.pending * SECOND)
        mono = self._conditioner.process(block)
        if len(mono):
            self._heard(self._followed(stamp - held, len(mono)), mono)

    def _stamp(self, begin: int, arrival: int) -> int:
        """Return when a timestamp was captured; the newest packet came at `arrival`."""
        if self._line is None or self._line.observe(self._position(self._end), arrival) is None:
            self._line, self._origin, self._first = SkewEstimator(arrival), arrival, begin
            self._line.observe(self._position(self._end), arrival)
        return self._origin + round(
            self._line.undelayed(self._position(begin - LOOKAHEAD_SAMPLES)) * SECOND)

    def _followed(self, stamp: int, count: int) -> int:
        """Return the stamp of the next block: it moves to the line in steps that nobody hears."""
        off = stamp - self._due
        if abs(off) < JUMP_SECONDS * SECOND:
            most = int(MOST_STEP_SECONDS * SECOND)
            stamp = self._due + min(max(off, -most), most)
        self._due = stamp + count * SECOND // SPEECH_RATE
        return stamp

    def _position(self, timestamp: int) -> int:
        return (timestamp - self._first) * SPEECH_RATE // STREAM_RATE


def _unused(packet: AnyRtcpPacket) -> None:
    return
