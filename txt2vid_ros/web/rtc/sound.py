"""The speech as Opus packets, coded once for all viewers."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.pcm import STREAM_RATE, to_s16
from txt2vid_ros.media.speech_timeline import SpeechTimeline

PACKET_SAMPLES = 960
"""Samples of a packet: 20 ms."""
BITRATE = 64_000
LOOKAHEAD_SAMPLES = 312
"""Samples by which libopus's output lags its input (opus_encoder_ctl, OPUS_GET_LOOKAHEAD)."""
AHEAD_SECONDS = 0.02
"""Seconds by which sound leaves before its time. Pictures leave 40 ms after theirs, once they are
coded, and are shown at once; browsers hold sound back for 50 to 80 ms."""
LEAD_SECONDS = AHEAD_SECONDS + 0.05
"""Seconds before it is heard that speech has to be on the timeline: a packet is 20 ms long, and
resampling sees 30 ms beyond it."""
LONGEST_STALL_SECONDS = 0.5
"""Seconds that are caught up; after a longer stall or a jump of the clock it goes on from now."""


@dataclasses.dataclass(frozen=True)
class SoundPacket:
    """A coded packet, and when its first decoded sample is heard (nanoseconds)."""

    stamp: int
    payload: bytes


class SpeechSound:
    """
    Codes the speech of a timeline packet by packet, silence too.

    Packet n holds the samples from n * PACKET_SAMPLES on, counted from the epoch, and is made
    AHEAD_SECONDS before the first of them is heard. Sound that has been coded can no longer be
    silenced.
    """

    def __init__(self, speech: SpeechTimeline, clock: Clock) -> None:
        """Take the speech and the clock of its stamps."""
        self._speech = speech
        self._clock = clock
        self._next = 0
        """The number of the next packet; 0 before the first."""
        self._encoder = _encoder()

    @property
    def heard_until(self) -> int:
        """Return until when sound has been coded, nanoseconds; 0 before the first packet."""
        return _stamp(self._next * PACKET_SAMPLES)

    @property
    def wait(self) -> float:
        """Return the seconds until the next packet is due."""
        return max(0.0, (self.heard_until - self._clock.now()) / SECOND - AHEAD_SECONDS)

    def pass_by(self) -> None:
        """Leave out what is due, because nobody listens."""
        self._next = self._number() + 1

    def due(self) -> list[SoundPacket]:
        """Return the packets that are due."""
        now = self._number()
        if abs(now - self._next) * PACKET_SAMPLES > LONGEST_STALL_SECONDS * STREAM_RATE:
            self._next = now
        packets = []
        while self._next <= now:
            packets.append(self._packet(self._next * PACKET_SAMPLES))
            self._next += 1
        return packets

    def _number(self) -> int:
        """Return the number of the newest packet that is due."""
        until = self._clock.now() + int(AHEAD_SECONDS * SECOND)
        return until * STREAM_RATE // SECOND // PACKET_SAMPLES

    def _packet(self, begin: int) -> SoundPacket:
        # Counted from the second in which it begins, so that no float loses a sample.
        whole, first = divmod(begin, STREAM_RATE)
        samples = self._speech.samples(whole + first / STREAM_RATE,
                                       whole + (first + PACKET_SAMPLES) / STREAM_RATE,
                                       STREAM_RATE)
        frame = av.AudioFrame.from_ndarray(to_s16(samples)[None, :], 's16', 'mono')
        frame.sample_rate = STREAM_RATE
        frame.pts = begin
        coded = b''.join(bytes(packet) for packet in self._encoder.encode(frame))
        return SoundPacket(_stamp(begin - LOOKAHEAD_SAMPLES), coded)


def _stamp(sample: int) -> int:
    return sample * SECOND // STREAM_RATE


def _encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create('libopus', 'w')
    encoder.sample_rate = STREAM_RATE
    encoder.layout = 'mono'
    encoder.format = 's16'
    encoder.bit_rate = BITRATE
    encoder.time_base = Fraction(1, STREAM_RATE)
    encoder.options = {'application': 'audio', 'frame_duration': '20'}
    return encoder
