"""A microphone over RTP: in order, without a drift, gaps as silence, whatever the network does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
import itertools
import random
from typing import Any

from aiortc.rtp import RtpPacket
import av
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.web.rtc.microphone import Microphone, MicrophoneStatistics

START = 1_795_800_000 * SECOND
PACKET = SECOND // 50
TRANSIT = SECOND // 50
TYPE = 111


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        return self.time


class Transport:
    """Takes the place of the encrypted path."""

    def receive(self, on_rtp: Callable[[RtpPacket], None], on_rtcp: Callable[[Any], None]) -> None:
        self.on_rtp = on_rtp


class Bench:
    """A microphone under test, and the sound it brings."""

    def __init__(self) -> None:
        self.clock, self.transport = Clock(), Transport()
        self.blocks: list[tuple[int, NDArray[np.float32]]] = []
        self.statistics = MicrophoneStatistics()
        self.microphone = Microphone(
            self.transport, TYPE, self.clock,  # type: ignore[arg-type]
            lambda stamp, samples: self.blocks.append((stamp, samples)), self.statistics)

    def arrive(self, packet: RtpPacket, at: int) -> None:
        self.clock.time = at
        self.transport.on_rtp(packet)

    @property
    def samples(self) -> NDArray[np.float32]:
        return np.concatenate([samples for _, samples in self.blocks])

    def errors(self) -> NDArray[np.float64]:
        """Return by how many seconds each block is off the end of the one before."""
        return np.array([(after[0] - before[0]) / SECOND - len(before[1]) / 16_000
                         for before, after in itertools.pairwise(self.blocks)])

    def heard_at(self, seconds: float) -> float:
        """Return the loudness of the 20 ms that were captured so long after the start."""
        wanted = START + int(seconds * SECOND)
        parts = [samples[max(0, (wanted - stamp) * 16_000 // SECOND):][:320]
                 for stamp, samples in self.blocks
                 if stamp <= wanted < stamp + len(samples) * SECOND // 16_000]
        return float(np.abs(parts[0]).max()) if parts and len(parts[0]) else -1.0


@pytest.fixture
def bench() -> Bench:
    return Bench()


def packets(seconds: float, *, first: int = 65_500, timestamp: int = 2 ** 32 - 5000,
            ssrc: int = 7) -> list[RtpPacket]:
    """Return a tone of 440 Hz; numbers and timestamps wrap round within the first second."""
    encoder = av.CodecContext.create('libopus', 'w')
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, 'mono', 's16'
    encoder.time_base = Fraction(1, 48_000)
    made = []
    for n in range(int(seconds * 50)):
        times = np.arange(n * 960, n * 960 + 960) / 48_000
        tone = (12_000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None, :], 's16', 'mono')
        frame.sample_rate, frame.pts = 48_000, n * 960
        payload = b''.join(bytes(each) for each in encoder.encode(frame))
        made.append(RtpPacket(TYPE, 0, (first + n) & 0xFFFF, (timestamp + n * 960) & 0xFFFFFFFF,
                              ssrc, payload))
    return made


def due(n: int) -> int:
    """Return when packet n arrives where nothing delays it."""
    return START + (n + 1) * PACKET + TRANSIT


def test_the_sound_is_unbroken_and_stamped_when_it_was_captured(bench: Bench) -> None:
    for n, each in enumerate(packets(3.0)):
        bench.arrive(each, due(n))
    assert len(bench.samples) > 2.9 * 16_000
    assert np.abs(bench.errors()).max() < 1e-6
    spectrum = np.abs(np.fft.rfft(bench.samples[8000:40_000]))
    assert np.argmax(spectrum) * 16_000 / 32_000 == pytest.approx(440, abs=1)
    # Captured when it was sent, as far as arrivals can tell; less what Opus looks ahead.
    assert bench.blocks[0][0] == pytest.approx(START + TRANSIT - 6_500_000, abs=100_000)


def test_jitter_moves_no_sample(bench: Bench) -> None:
    rng = random.Random(5)
    for n, each in enumerate(packets(6.0)):
        bench.arrive(each, due(n) + rng.randint(0, SECOND // 60))
    assert np.abs(bench.errors()).max() <= 0.0011
    last_stamp, last = bench.blocks[-1]
    assert last_stamp + len(last) * SECOND // 16_000 <= due(299)
    assert abs(sum(bench.errors())) < 0.02


def test_a_clock_that_runs_fast_is_followed(bench: Bench) -> None:
    for n, each in enumerate(packets(60.0)):
        bench.arrive(each, START + TRANSIT + int((n + 1) * PACKET * 0.9998))
    stamp, samples = bench.blocks[-1]
    behind = due(2999) - int(60 * SECOND * 0.0002) - stamp - len(samples) * SECOND // 16_000
    assert 0 <= behind < 0.05 * SECOND


def test_packets_out_of_order_and_twice_are_put_in_order(bench: Bench) -> None:
    sent = packets(2.0)
    order = [n + (1 if n % 10 == 4 else -1 if n % 10 == 5 else 0) for n in range(100)]
    for n, place in enumerate(order):
        bench.arrive(sent[place], due(n))
        bench.arrive(sent[place], due(n))
    assert bench.statistics.lost == 0
    assert len(bench.samples) > 1.9 * 16_000
    assert np.abs(bench.samples[3200:]).max() < 0.45
    assert np.abs(np.diff(bench.samples[3200:])).max() < 0.1


def test_lost_packets_are_silence_of_their_length(bench: Bench) -> None:
    for n, each in enumerate(packets(3.0)):
        if not 70 <= n < 80:
            bench.arrive(each, due(n))
    assert bench.statistics.lost == 10
    assert len(bench.samples) > 2.9 * 16_000
    assert np.abs(bench.errors()).max() < 0.0011
    assert bench.heard_at(1.52) < 0.01 < 0.2 < min(bench.heard_at(1.2), bench.heard_at(1.8))


def test_silence_that_was_not_sent_is_silence(bench: Bench) -> None:
    """Discontinuous transmission: numbers go on, timestamps jump."""
    sent = packets(1.0)
    for n, each in enumerate(sent):
        bench.arrive(each, due(n))
    for n, each in enumerate(packets(1.0, first=65_550, timestamp=2 ** 32 - 5000 + 70 * 960)):
        bench.arrive(each, due(70 + n))
    assert np.abs(bench.errors()).max() < 0.0011
    assert bench.heard_at(1.2) < 0.02 < 0.2 < bench.heard_at(2.0)


def test_a_long_gap_is_one_in_the_stamps(bench: Bench) -> None:
    for n, each in enumerate(packets(1.0)):
        bench.arrive(each, due(n))
    for n, each in enumerate(packets(1.0, first=65_550, timestamp=2 ** 32 - 5000 + 500 * 960)):
        bench.arrive(each, due(500 + n))
    assert bench.errors().max() == pytest.approx(9.0, abs=0.05)
    assert len(bench.samples) < 2.0 * 16_000


def test_another_source_starts_over(bench: Bench) -> None:
    for n, each in enumerate(packets(1.0)):
        bench.arrive(each, due(n))
    for n, each in enumerate(packets(1.0, first=3, timestamp=77, ssrc=8)):
        bench.arrive(each, due(50 + n))
    assert len(bench.samples) > 1.85 * 16_000
    assert bench.blocks[-1][0] == pytest.approx(START + 2 * SECOND, abs=SECOND // 10)


def test_garbage_is_counted_and_survived(bench: Bench) -> None:
    rng = random.Random(2)
    for n, each in enumerate(packets(2.0)):
        if n % 3 == 0:
            each.payload = rng.randbytes(rng.randint(1, 300))
        if n % 7 == 0:
            each.timestamp = rng.getrandbits(32)
        bench.arrive(each, due(n))
    bench.arrive(RtpPacket(TYPE, 0, 1, 1, 7, b''), due(100))
    bench.arrive(RtpPacket(96, 0, 1, 1, 7, b'\x01'), due(100))
    assert bench.blocks and bench.statistics.undecodable
    assert bench.statistics.packets == 100
