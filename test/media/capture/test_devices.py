"""A microphone works by whatever it offers, and one that is not there is waited for."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
import subprocess
import sys
import threading

from fake_portaudio import FakePortAudio
import numpy as np
import pytest
from rig import until
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import SECOND, SystemClock
from txt2vid_ros.core.errors import UnavailableError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media import device_faults, portaudio
from txt2vid_ros.media.capture import capture_loop, device_source
from txt2vid_ros.media.capture.capture_loop import CaptureLoop
from txt2vid_ros.media.capture.device_source import DeviceSource
from txt2vid_ros.media.capture.source import SoundBlock
from txt2vid_ros.media.portaudio import INPUT


class CountingClock:
    """Follows the sound: now is when the block that is given would have ended."""

    def __init__(self) -> None:
        self.time = 1_000 * SECOND

    def now(self) -> int:
        return self.time


def tone(times: np.ndarray) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * times)


@pytest.fixture
def card() -> FakePortAudio:
    return FakePortAudio()


def record(card: FakePortAudio, wanted: str, blocks: int, **options: object) -> list[SoundBlock]:
    """Return what a device source gives for a number of blocks."""
    clock = CountingClock()
    source = DeviceSource(clock, wanted, lambda: card)
    source.open()
    stream = card.streams[-1]
    for _ in range(blocks):
        clock.time += round(stream.blocksize / stream.rate * SECOND)
        stream.give(tone, **options)
    stream.unplug()
    given = []
    with pytest.raises(UnavailableError):
        while (block := source.read(threading.Event())) is not None:
            given.append(block)
    source.close()
    assert stream.closed
    return given


@pytest.mark.parametrize(('rate', 'channels'), [
    (16000, 1), (8000, 1), (48000, 2), (44100, 2), (96000, 2), (192000, 1)])
def test_any_rate_and_number_of_channels_becomes_mono_at_16_khz(
        card: FakePortAudio, rate: int, channels: int) -> None:
    card.plug('card', rate, channels)
    blocks = record(card, '', 50)
    sound = np.concatenate([block.samples for block in blocks])
    assert len(sound) == pytest.approx(SPEECH_RATE, rel=0.07)  # some stays in the filter
    middle = sound[4000:12000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * SPEECH_RATE / len(middle) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize('adc', [True, False])
@pytest.mark.parametrize('rate', [16000, 44100])
def test_stamps_are_the_capture_times_of_the_samples(
        card: FakePortAudio, rate: int, adc: bool) -> None:
    card.plug('card', rate, 1)
    blocks = record(card, '', 90, adc=adc)
    # The clock says now when a block ends; with the time of the converter, 3 ms later.
    begin = 1_000 * SECOND - (3_000_000 if adc else 0)
    counted = 0
    for block in blocks:
        assert block.stamp - begin == pytest.approx(counted / SPEECH_RATE * SECOND, abs=1e6)
        counted += len(block.samples)


def test_a_device_is_found_by_index_name_part_and_default(card: FakePortAudio) -> None:
    for name in ('HDA Intel: ALC295', 'USB Headset', 'USB Headset Pro'):
        card.plug(name)
    card.default.device = [2, -1]
    assert portaudio.find(card, INPUT, '').name == 'USB Headset Pro'
    assert portaudio.find(card, INPUT, '0').name == 'HDA Intel: ALC295'
    assert portaudio.find(card, INPUT, 'USB Headset').index == 1
    assert portaudio.find(card, INPUT, 'alc295').index == 0
    with pytest.raises(UnavailableError,
                       match=r'matches 2 devices.*1 USB Headset; 2 USB Headset Pro'):
        portaudio.find(card, INPUT, 'usb')


def test_a_wrong_name_lists_what_exists(card: FakePortAudio) -> None:
    card.plug('Webcam')
    with pytest.raises(UnavailableError, match=r"'mike' matches no device.*0 Webcam"):
        DeviceSource(SystemClock(), 'mike', lambda: card).open()


def test_without_any_device_the_remedy_is_told(card: FakePortAudio) -> None:
    with pytest.raises(UnavailableError, match=r'no sound device.*/dev/snd.*mic.source'):
        DeviceSource(SystemClock(), '', lambda: card).open()


def test_without_portaudio_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError('PortAudio library not found')

    monkeypatch.setattr(portaudio.importlib, 'import_module', missing)
    with pytest.raises(UserError, match='libportaudio2'):
        portaudio.load()

    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(portaudio.importlib, 'import_module', absent)
    with pytest.raises(UserError, match='sounddevice'):
        portaudio.load()


def test_an_overrun_is_counted_and_leaves_a_gap_in_the_stamps(card: FakePortAudio) -> None:
    card.plug('card', 16000, 1)
    clock = CountingClock()
    source = DeviceSource(clock, '', lambda: card)
    source.open()
    stop = threading.Event()
    card.streams[0].give(tone)
    first = source.read(stop)
    clock.time += SECOND
    card.streams[0].give(tone, overflow=True)
    second = source.read(stop)
    assert first and second
    assert second.stamp - first.stamp == SECOND
    assert source.statistics.overruns == 1
    # Nobody reads: what does not fit is lost, counted and marked.
    for _ in range(device_source.QUEUED_BLOCKS + 5):
        card.streams[0].give(tone)
    for _ in range(device_source.QUEUED_BLOCKS):
        source.read(stop)
    card.streams[0].give(tone)
    source.read(stop)
    assert source.statistics.overruns == 2
    source.close()


class Session:
    """A recorder on a card, on its thread."""

    def __init__(self, card: FakePortAudio, wanted: str) -> None:
        self.chunks: list[SoundBlock] = []
        self.recorder = CaptureLoop(DeviceSource(SystemClock(), wanted, lambda: card),
                                    self.chunks.append)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.recorder.run, args=(self._stop,))
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_lost_sound_is_told_once_and_is_a_warning_for_a_while(
        card: FakePortAudio, caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch) -> None:
    card.plug('headset', 16000, 1)
    session = Session(card, '')
    try:
        assert card.opened.wait(60)
        for overflow in (False, True, True, False, False):
            card.streams[-1].give(tone, overflow=overflow)
        until(lambda: '2 times so far' in session.recorder.faults.warning, 'the warning')
        assert not session.recorder.faults.fault
        monkeypatch.setattr(device_faults, 'WARNING_SECONDS', 0.0)
        assert session.recorder.faults.warning == ''
    finally:
        session.close()
    lines = [line for line in caplog.messages if 'sound was lost' in line]
    assert len(lines) == 1 and 'headset' in lines[0] and 'Close other programs' in lines[0]


@pytest.mark.parametrize('fault', ['unplugged', 'silent'])
def test_an_unplugged_device_is_told_once_and_taken_up_again(
        card: FakePortAudio, caplog: pytest.LogCaptureFixture, fault: str,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_loop, 'OPEN_BACKOFF', Backoff(first=0.05, largest=0.05))
    monkeypatch.setattr(device_source, 'UNPLUGGED_SECONDS', 0.2)
    caplog.set_level(logging.INFO, 'txt2vid_ros')
    session = Session(card, 'headset')
    try:
        until(lambda: session.recorder.faults.fault != '', 'the fault')
        assert 'no sound device' in session.recorder.faults.fault
        card.plug('USB headset', 16000, 1)
        assert card.opened.wait(60)
        stream = card.streams[-1]
        for _ in range(3):
            stream.give(tone)
        until(lambda: session.chunks and not session.recorder.faults.fault, 'sound')
        if fault == 'unplugged':
            card.devices.clear()
            stream.unplug()
        card.opened.clear()
        until(lambda: session.recorder.faults.fault != '', 'the loss')
        if fault == 'unplugged':
            card.plug('USB headset', 16000, 1)
        before = len(session.chunks)
        assert card.opened.wait(60)
        for _ in range(3):
            card.streams[-1].give(tone)
        until(lambda: len(session.chunks) > before and not session.recorder.faults.fault,
              'sound again')
        assert card.refreshed
    finally:
        session.close()
    lines = [line for line in caplog.messages if 'no longer delivers sound' in line]
    assert len(lines) == 1
    assert any('delivers sound again' in line for line in caplog.messages)


def test_a_busy_device_is_waited_for(card: FakePortAudio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_loop, 'OPEN_BACKOFF', Backoff(first=0.05, largest=0.05))
    card.plug('card', 16000, 1)
    card.busy = True
    session = Session(card, '')
    try:
        until(lambda: 'cannot be opened' in session.recorder.faults.fault, 'the fault')
        card.busy = False
        assert card.opened.wait(60)
        card.streams[-1].give(tone)
        card.streams[-1].give(tone)
        until(lambda: bool(session.chunks), 'sound')
    finally:
        session.close()


def test_the_rates_of_a_device_are_listed(card: FakePortAudio) -> None:
    card.plug('card', 48000, 2, rates=(44100, 48000))
    assert portaudio.rates(card, INPUT, portaudio.devices(card, INPUT)[0]) == [44100, 48000]
    card.busy = True
    assert portaudio.rates(card, INPUT, portaudio.devices(card, INPUT)[0]) == []


READ = """
import json, sys, threading
from txt2vid_ros.media.capture.device_source import DeviceSource
from txt2vid_ros.core.clock import SystemClock
source, stop, sound = DeviceSource(SystemClock(), 'desk'), threading.Event(), []
source.open()
while len(sound) < 16000:
    sound += source.read(stop).samples.tolist()
source.close()
print(json.dumps([source.name, sound]))
"""


def test_sound_comes_through_the_real_portaudio_library(tmp_path: Path) -> None:
    """ALSA plays a file as a microphone would, but without a clock: nothing of time is said."""
    recorded = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8 * SPEECH_RATE) / SPEECH_RATE)
    (tmp_path / 'tone.raw').write_bytes((recorded * 32767).astype('<i2').tobytes())
    config = tmp_path / 'asound.conf'
    config.write_text(
        '</usr/share/alsa/alsa.conf>\n'
        'pcm.canned { type file slave.pcm "null" file "/dev/null" format "raw"'
        f' infile "{tmp_path / "tone.raw"}" }}\n'
        'pcm.desk { type plug slave { pcm "canned" format S16_LE channels 1 rate 16000 }'
        ' hint { show on description "Desk" } }\n')
    done = subprocess.run(
        [sys.executable, '-c', READ], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, 'ALSA_CONFIG_PATH': str(config)})
    assert done.returncode == 0, done.stderr
    name, sound = json.loads(done.stdout.splitlines()[-1])
    assert name == 'desk'
    middle = np.array(sound[4000:12000])
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * SPEECH_RATE / len(middle) == pytest.approx(440, abs=3)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.03)
