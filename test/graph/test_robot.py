"""The graph of a robot: its loudspeaker and its screen, from a missing device to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
import signal

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import eventually, TalkingHead
import numpy as np
from numpy.typing import NDArray
import pytest
from ros_observer import end_of, Observer, Recording
from sensor_msgs.msg import Image
import sound_card
from sound_card import DELAY, SoundCard
from sound_sink import RATE
from std_srvs.srv import Trigger
from txt2vid_ros.core import pcm
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.ros import messages, qos
import xvfb

pytestmark = [
    pytest.mark.xdist_group('robot'),
    pytest.mark.skipif(bool(sound_card.missing()), reason=sound_card.missing())]

STILL = ('--engine', 'viseme', '--engine-options', 'viseme.life=false',
         '--width', '320', '--height', '240')
CLAPS = 2
TRIES = 5
"""A machine that is held up lets this card, which cannot say so, run out of sound."""


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('robot')


@pytest.fixture(scope='module')
def card(folder: Path) -> SoundCard:
    return SoundCard(folder / 'card', 'robot')


@pytest.fixture(scope='module')
def screen() -> Iterator[xvfb.VirtualScreen | None]:
    if xvfb.missing():
        yield None
        return
    with xvfb.VirtualScreen() as screen:
        yield screen


@pytest.fixture(scope='module')
def head(folder: Path, card: SoundCard, screen: xvfb.VirtualScreen | None
         ) -> Iterator[TalkingHead]:
    window = ('--window', 'true') if screen else ()
    with TalkingHead(folder, '--tts', 'clap', *STILL, *window, '--loudspeaker-device', 'robot',
                     '--param', f'loudspeaker.latency={DELAY}',
                     environment=card.environment | (screen.environment if screen else {})
                     ) as head:
        yield head.ready()


@pytest.fixture(scope='module')
def loudspeaker(observer: Observer) -> Callable[[str], str]:
    """Return a function that waits until a word is in the diagnostics, and returns their line."""
    diagnostics = observer.record(
        DiagnosticArray, '/diagnostics', keep=lambda array: array.status[0])

    def wait(word: str) -> str:
        return str(diagnostics.wait(lambda status: status.name.endswith(': loudspeaker')
                                    and word in status.message, len(diagnostics.messages)).message)
    return wait


@pytest.fixture(scope='module')
def plugged(head: TalkingHead, card: SoundCard, loudspeaker: Callable[[str], str]) -> SoundCard:
    """Plug the card in that the node has looked for in vain."""
    assert "'robot' matches no device" in loudspeaker('matches no device')
    card.plug()
    loudspeaker('playing on robot')
    return card


def said(observer: Observer, audio: Recording, text: str) -> tuple[int, NDArray[np.float32]]:
    """Have a text said to its end; return when it began (nanoseconds), and its samples."""
    before = len(audio.messages)
    observer.text(text)
    utterance = end_of(audio, before).header.frame_id
    chunks = [each for each in audio.of(utterance) if len(each.audio.data)]
    return (messages.from_time(chunks[0].header.stamp),
            np.concatenate([pcm.from_s16(bytes(each.audio.data)) for each in chunks]))


def heard(card: SoundCard, start: int, seconds: float) -> NDArray[np.float32]:
    """Wait until the card has played so many seconds from `start` on, and return them."""
    stop = start + round(seconds * SECOND)
    eventually(lambda: card.until(stop), 'it to be heard')
    return card.heard(start, stop)


def test_a_device_that_is_missing_is_named_with_those_that_are_there(
        head: TalkingHead, plugged: SoundCard) -> None:
    line, = [line for line in head.lines if 'matches no device' in line]
    assert 'loudspeaker.device' in line and 'desk' in line
    assert 'robot plays again' in head.text


def claps(sound: NDArray[np.float32], rate: int, begun: float) -> list[tuple[float, float]]:
    """Return of each second from `begun` on when its clap is heard, seconds, and its energy."""
    found = []
    for second in range(CLAPS):
        low = round((begun + second) * rate)
        energy = sound[low:low + rate].astype(float) ** 2
        total = float(energy.sum())
        centre = float(energy @ np.arange(len(energy))) / max(total, 1e-9) / rate
        found.append((centre, total / rate))
    return found


def test_what_is_said_is_heard_whole_and_at_its_stamps(
        observer: Observer, audio: Recording, plugged: SoundCard) -> None:
    tries = []
    for _ in range(TRIES):
        begun, sent = said(observer, audio, 'x' * CLAPS)
        sound = heard(plugged, begun - SECOND // 5, CLAPS + 0.4)
        tries.append([(at - wanted_at, energy / wanted) for (at, energy), (wanted_at, wanted)
                      in zip(claps(sound, RATE, 0.2), claps(sent, VOICE_RATE, 0.0), strict=True)])
        if all(abs(late) < 0.02 and abs(share - 1) < 0.05 for late, share in tries[-1]):
            return
    raise AssertionError(f'late by seconds, and share of the energy: {tries}')


def test_volume_and_mute_change_while_it_speaks(
        observer: Observer, audio: Recording, plugged: SoundCard) -> None:
    peaks = []
    for volume, mute in ((0.5, False), (0.5, True), (1.0, False)):
        assert observer.set_parameter('loudspeaker', 'volume', volume)[0]
        assert observer.set_parameter('loudspeaker', 'mute', mute)[0]
        begun, sent = said(observer, audio, 'x')
        loudest = np.abs(heard(plugged, begun - SECOND // 10, len(sent) / VOICE_RATE)).max()
        peaks.append(float(loudest / np.abs(sent).max()))
    assert peaks == pytest.approx([0.5, 0.0, 1.0], abs=0.05)
    assert not observer.set_parameter('loudspeaker', 'volume', 3.0)[0]


def test_an_interruption_is_silence(
        observer: Observer, audio: Recording, plugged: SoundCard) -> None:
    before = len(audio.messages)
    observer.text('x' * 20)
    begun = messages.from_time(audio.wait(after=before).header.stamp)
    heard(plugged, begun, 1.2)
    observer.call(Trigger, 'tts/interrupt', Trigger.Request())
    ended = messages.from_time(end_of(audio, before).header.stamp)
    # Of 20 seconds; what the card already had is heard.
    sound = heard(plugged, ended + round((DELAY + 0.1) * SECOND), 1.5)
    assert not sound.any()


def test_an_unplugged_device_is_played_on_once_it_is_back(
        head: TalkingHead, observer: Observer, audio: Recording, plugged: SoundCard,
        loudspeaker: Callable[[str], str]) -> None:
    lines = len(head.lines)
    pid = head.node_pid('loudspeaker')
    plugged.unplug()
    loudspeaker('no device')
    assert 'robot no longer plays. Plug it in again' in head.wait_line(
        'no longer plays.*', after=lines).string
    plugged.plug()
    loudspeaker('playing on robot')
    begun, sent = said(observer, audio, 'x')
    assert np.abs(heard(plugged, begun, len(sent) / VOICE_RATE)).max() > 0.1
    assert head.node_pid('loudspeaker') == pid


def test_the_screen_shows_the_face(
        observer: Observer, screen: xvfb.VirtualScreen | None, folder: Path) -> None:
    if screen is None:
        pytest.skip(xvfb.missing())
    picture = observer.record(Image, 'face/image_raw', qos.IMAGE).wait()
    face = np.asarray(picture.data, np.uint8).reshape(picture.height, picture.width, 3)
    seen = screen.picture()
    cv2.imwrite(str(folder / 'screen.png'), seen)
    assert np.abs(seen.astype(int) - cv2.resize(face, screen.size)).max() <= 2


def test_who_closes_the_window_ends_only_that(
        head: TalkingHead, screen: xvfb.VirtualScreen | None) -> None:
    if screen is None:
        pytest.skip(xvfb.missing())
    screen.close_windows()
    head.wait_line('window has ended; the others go on')
    frames = head.status()['frames']
    head.wait_status(lambda status: status['frames'] > frames + 25, 'more pictures')
    assert 'starting it again' not in head.text


def test_it_ends_cleanly(head: TalkingHead) -> None:
    assert head.stop(signal.SIGINT) == 0
