"""Opus once for all: by sample count, silence too, exact stamps, cut where it is interrupted."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.rtc.sound import AHEAD_SECONDS, SoundPacket, SpeechSound

START = 1_795_800_000 * SECOND + 123_456_789
RATE = 24_000


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def speech() -> SpeechTimeline:
    return SpeechTimeline()


def played(packets: list[SoundPacket]) -> NDArray[np.float32]:
    decoder = av.CodecContext.create('libopus', 'r')
    decoder.sample_rate, decoder.layout = 48_000, 'mono'
    return np.concatenate([
        frame.to_ndarray().reshape(-1) for packet in packets
        for frame in decoder.decode(av.Packet(packet.payload))]).astype(np.float32) / 32768


def run(sound: SpeechSound, clock: Clock, seconds: float) -> list[SoundPacket]:
    packets = sound.due()
    end = clock.time + int(seconds * SECOND)
    while clock.time < end:
        clock.time += int(sound.wait * SECOND) + 1
        packets += sound.due()
    return packets


def tone(seconds: float) -> NDArray[np.float32]:
    times = np.arange(int(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * 600 * times)).astype(np.float32)


def onset(packets: list[SoundPacket]) -> float:
    """Return the stamp in seconds since START at which the sound begins."""
    heard = np.abs(played(packets)) > 0.1
    return (packets[0].stamp - START) / SECOND + float(np.argmax(heard)) / 48_000


def test_silence_is_coded_too_and_nothing_is_left_out(
        speech: SpeechTimeline, clock: Clock) -> None:
    packets = run(SpeechSound(speech, clock), clock, 1.0)
    steps = np.diff([each.stamp for each in packets])
    assert len(packets) >= 50 and np.abs(steps - SECOND // 50).max() <= 1
    assert not played(packets).any()


def test_a_sound_is_at_its_stamp(speech: SpeechTimeline, clock: Clock) -> None:
    speech.push('a', START + SECOND // 2, tone(0.3), RATE)
    packets = run(SpeechSound(speech, clock), clock, 1.0)
    assert onset(packets) == pytest.approx(0.5, abs=0.002)


def test_an_interruption_is_heard_at_once(speech: SpeechTimeline, clock: Clock) -> None:
    sound = SpeechSound(speech, clock)
    speech.push('a', START + SECOND // 10, tone(3.0), RATE)
    packets = run(sound, clock, 0.5)
    assert sound.heard_until - clock.time <= (AHEAD_SECONDS + 0.021) * SECOND
    speech.end('a', max(clock.time, sound.heard_until))
    packets += run(sound, clock, 0.5)
    heard = np.abs(played(packets)) > 0.02
    last = (packets[0].stamp - START) / SECOND + (len(heard) - float(
        np.argmax(heard[::-1]))) / 48_000
    assert last == pytest.approx(0.5 + AHEAD_SECONDS, abs=0.06)


@pytest.mark.parametrize('jump', [-3600.0, 5.0])
def test_it_goes_on_after_the_clock_has_jumped(
        speech: SpeechTimeline, clock: Clock, jump: float) -> None:
    sound = SpeechSound(speech, clock)
    run(sound, clock, 0.2)
    clock.time += int(jump * SECOND)
    packets = sound.due()
    assert len(packets) == 1
    assert abs(packets[0].stamp - clock.time) < 0.05 * SECOND


def test_a_short_stall_is_caught_up(speech: SpeechTimeline, clock: Clock) -> None:
    sound = SpeechSound(speech, clock)
    before = run(sound, clock, 0.1)
    clock.time += SECOND // 5
    after = sound.due()
    assert len(after) in (9, 10, 11)
    assert after[0].stamp - before[-1].stamp == pytest.approx(SECOND // 50, abs=1)


def test_nothing_is_coded_while_nobody_listens(speech: SpeechTimeline, clock: Clock) -> None:
    sound = SpeechSound(speech, clock)
    for _ in range(5):
        clock.time += SECOND // 10
        sound.pass_by()
        assert sound.due() == []
        assert 0 < sound.wait <= 0.0201
    clock.time += int(sound.wait * SECOND) + 1
    assert len(sound.due()) == 1
