"""A loudspeaker works by whatever it offers, and one that is not there is waited for."""

from __future__ import annotations

from collections.abc import Iterator
import logging
import threading

from fake_portaudio import FakePortAudio
import numpy as np
import pytest
from rig import until
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import SECOND, SystemClock
from txt2vid_ros.media import device_faults
from txt2vid_ros.media.playback import device_output, playback_loop
from txt2vid_ros.media.playback.device_output import DeviceOutput
from txt2vid_ros.media.playback.playback_loop import PlaybackLoop
from txt2vid_ros.media.playback.player import SpeechPlayer
from txt2vid_ros.media.speech_timeline import SpeechTimeline

LOUD = np.full(24000, 0.5, np.float32)


class Session:
    """A playback loop on a card, on its thread."""

    def __init__(self, card: FakePortAudio, wanted: str) -> None:
        self.speech = SpeechTimeline()
        self.player = SpeechPlayer(self.speech, SystemClock())
        self.output = DeviceOutput(self.player, wanted, 0.05, api=lambda: card)
        self.loop = PlaybackLoop(self.output)
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.loop.run(self._stop)
        except ZeroDivisionError as error:
            self.error = error

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    monkeypatch.setattr(playback_loop, 'OPEN_BACKOFF', Backoff(first=0.05, largest=0.05))
    return FakePortAudio()


@pytest.fixture
def session(card: FakePortAudio) -> Iterator[Session]:
    session = Session(card, 'robot')
    yield session
    session.close()


@pytest.mark.parametrize(('channels', 'rates', 'expected'), [
    (2, (48000,), (48000, 2)), (1, (16000,), (16000, 1)), (8, (44100, 48000), (48000, 2))])
def test_the_voice_comes_from_the_first_two_channels(
        card: FakePortAudio, session: Session, channels: int, rates: tuple[int, ...],
        expected: tuple[int, int]) -> None:
    card.plug('the robot', 48000, channels, rates)
    assert card.opened.wait(60)
    stream = card.streams[-1]
    assert (stream.rate, stream.channels) == expected
    session.speech.push('a#1', SystemClock().now() - SECOND // 2, LOUD, 24000)
    block = stream.ask()
    assert block.shape == (stream.rate // 100, stream.channels)
    assert block == pytest.approx(0.5, abs=0.02)


def test_a_wrong_name_lists_what_exists_once_and_is_waited_for(
        card: FakePortAudio, session: Session, caplog: pytest.LogCaptureFixture) -> None:
    card.plug('HDMI')
    until(lambda: 'HDMI' in session.loop.faults.fault, 'the fault')
    before = card.refreshed
    until(lambda: card.refreshed > before + 2, 'more tries')
    card.plug('the robot')
    assert card.opened.wait(60)
    card.streams[-1].ask()
    until(lambda: session.loop.playing and not session.loop.faults.fault, 'it to play')
    lines = [line for line in caplog.messages if "'robot' matches no device" in line]
    assert len(lines) == 1
    assert 'loudspeaker.device' in lines[0] and '0 HDMI' in lines[0]


@pytest.mark.parametrize('fault', ['unplugged', 'silent'])
def test_an_unplugged_device_is_told_once_and_taken_up_again(
        card: FakePortAudio, session: Session, fault: str, caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO, 'txt2vid_ros')
    card.plug('the robot')
    assert card.opened.wait(60)
    card.streams[-1].ask()
    until(lambda: session.loop.playing, 'it to play')
    card.opened.clear()
    if fault == 'unplugged':
        card.streams[-1].unplug()
    else:
        monkeypatch.setattr(device_output, 'UNPLUGGED_SECONDS', 0.2)
    until(lambda: 'no longer plays' in session.loop.faults.fault, 'the fault')
    monkeypatch.setattr(device_output, 'UNPLUGGED_SECONDS', 60.0)
    until(lambda: card.opened.is_set() and not card.streams[-1].closed, 'it to be opened')
    card.streams[-1].ask()
    until(lambda: session.loop.playing and not session.loop.faults.fault, 'it to play again')
    assert all(stream.closed for stream in card.streams[:-1])
    assert sum('no longer plays' in line for line in caplog.messages) == 1
    assert 'the robot plays again' in caplog.messages[-1]


def test_a_device_that_runs_out_of_sound_is_a_warning_for_a_while(
        card: FakePortAudio, session: Session, caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch) -> None:
    card.plug('the robot')
    assert card.opened.wait(60)
    for underflow in (False, True, True, False):
        card.streams[-1].ask(underflow=underflow)
    until(lambda: '2 times so far' in session.loop.faults.warning, 'the warning')
    until(lambda: sum('ran out of sound' in line for line in caplog.messages) == 1, 'one line')
    monkeypatch.setattr(device_faults, 'WARNING_SECONDS', 0.0)
    assert session.loop.faults.warning == ''


def test_devices_are_not_looked_for_while_another_stream_of_the_process_is_open(
        card: FakePortAudio) -> None:
    other, session = Session(card, 'other'), None
    try:
        card.plug('the other')
        assert card.opened.wait(60)
        card.opened.clear()
        session = Session(card, 'robot')
        until(lambda: bool(session.loop.faults.fault), 'the fault')
        before = card.refreshed
        card.plug('the robot')
        assert card.opened.wait(60)
        assert card.refreshed == before
        assert not card.streams[0].closed
    finally:
        other.close()
        if session is not None:
            session.close()


def test_an_error_of_ours_in_the_callback_ends_it_with_that_error(
        card: FakePortAudio, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    card.plug('the robot')
    assert card.opened.wait(60)
    monkeypatch.setattr(session.player, 'block', lambda delay, count: 1 / 0)
    with pytest.raises(card.CallbackAbort):
        card.streams[-1].ask()
    until(lambda: session.error is not None, 'the error')
