"""Two ends of a call, each a graph of its own: cards, speech both ways, hanging up."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import shutil
from typing import Any

import cv2
from graph_harness import Command, eventually, run, TalkingHead
from hri_msgs.msg import LiveSpeech
import numpy as np
import pytest
from ros_observer import Observer, Recording
from sensor_msgs.msg import Image
from std_msgs.msg import Empty, String
from txt2vid_ros.bench.rig.running_graph import free_port
from txt2vid_ros.link import keys
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT
from txt2vid_ros.ros import qos

SMALL = ('--tts', 'clap', '--web', 'false', '--width', '320', '--height', '240', '--fps', '10')
MINE = Path(__file__).parents[1] / 'portraits' / 'turned.jpg'


class End(TalkingHead):
    """`txt2vid call` with state and domain of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        folder.mkdir()
        super().__init__(folder, *words, *SMALL, command='call',
                         environment={'XDG_STATE_HOME': str(folder / 'state')})


@pytest.fixture(scope='module')
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp('key') / 'call.key'
    keys.generate(file)
    return file


@pytest.fixture(scope='module')
def ends(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Iterator[tuple[End, End]]:
    """Return who waits and shows her face, and who calls without one."""
    folder = tmp_path_factory.mktemp('call')
    address = f'127.0.0.1:{free_port()}'
    with End(folder / 'anna', '--listen', address, '--key', str(key), '--name', 'Anna',
             '--me', str(MINE), '--share-face', '--voice', 'clap:clap') as anna, \
            End(folder / 'bert', '--peer', address, '--key', str(key), '--name', 'Bert') as bert:
        for end in (anna, bert):
            end.wait_line('ready to speak')
            end.wait_line('showing the face')
        yield anna, bert


def peer_of(states: Recording, good: Any) -> dict[str, Any]:
    """Wait for what an end says of its peer."""
    return dict(json.loads(states.wait(lambda message: good(json.loads(message.data))).data))


def test_each_end_learns_who_the_other_one_is_and_shows_the_face(ends: tuple[End, End]) -> None:
    anna, bert = ends
    with Observer(anna) as there, Observer(bert) as here:
        states = here.record(String, 'call/peer', qos.INFO)
        seen = peer_of(states, lambda peer: peer['face'] == 'picture')
        assert (seen['name'], seen['locale'], seen['state']) == ('Anna', 'en', 'connected')
        own = peer_of(there.record(String, 'call/peer', qos.INFO),
                      # A preview of 3 kB is taken before it.
                      lambda peer: peer['own_card']['state'] == 'taken'
                      and peer['own_card']['bytes'] > 5000)
        assert own['name'] == 'Bert' and own['face'] == 'none'
        assert own['own_card']['face'] and own['own_card']['bytes'] < 31_000
        # Her face replaces the built-in one in the picture.
        eventually(lambda: 'txt2vid-call' in here.get_parameter('lipsync', 'people'), 'her face')
        pictures = here.record(Image, 'face/image_raw', qos.IMAGE, keep=_mean_colour)
        # A preview, and the whole face.
        kept = max((bert.folder / 'state').rglob('face.jpg'), key=lambda file: file.stat().st_size)
        face = cv2.imread(str(kept))
        face = cv2.resize(face, (240 * face.shape[1] // face.shape[0], 240))
        pictures.wait(lambda colour: np.abs(colour - _middle(face)).max() < 8)


def _middle(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    return np.asarray(frame[60:height - 60, width // 2 - 60:width // 2 + 60].mean(axis=(0, 1)))


def _mean_colour(image: Image) -> np.ndarray:
    return _middle(np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3))


def test_what_is_typed_is_said_at_the_other_end_both_ways(ends: tuple[End, End]) -> None:
    anna, bert = ends
    for speaker, listener in ((anna, bert), (bert, anna)):
        with Observer(listener) as there:
            heard = there.record(LiveSpeech, 'peer/heard', qos.SPEECH)
            captions = there.record(LiveSpeech, 'voice/caption', qos.CAPTION)
            # The voice of claps takes a second for each character.
            for text in ('Hi.', 'So.'):
                status, said = run(speaker.folder, 'say', '--peer', '--namespace',
                                   speaker.namespace, text, domain=speaker.domain)
                assert status == 0, said
                heard.wait(lambda message, text=text: message.final == text)
                captions.wait(lambda message, text=text: message.final.strip() == text)
    assert [message.final for message in heard.messages] == ['Hi.', 'So.']


def test_what_robots_ask_their_own_face_does_not_speak_as_the_peer(ends: tuple[End, End]) -> None:
    anna, _ = ends
    status, text = run(anna.folder, 'say', '--namespace', anna.namespace, '--timeout', '3', 'Hi.',
                       domain=anna.domain)
    assert status == 2 and 'listens on' in text, text


def test_whoever_hangs_up_ends_the_command_and_the_other_end_is_told(
        ends: tuple[End, End], key: Path) -> None:
    anna, bert = ends
    told: list[str] = []
    with Observer(anna) as there:
        heard = there.record(LiveSpeech, 'peer/heard', qos.SPEECH,
                             keep=lambda message: told.append(message.final) or message.final)
        states = there.record(String, 'call/peer', qos.INFO, keep=lambda message: told.append(
            json.loads(message.data)['state']) or message)
        bert.remember()
        with Observer(bert) as observer:
            hang_up = observer.publisher(Empty, 'call/hang_up', qos.TEXT)
            observer.text('And now good bye.')
            hang_up.publish(Empty())
            assert bert.wait() == 0, bert.text
        bert.assert_nothing_left()
        peer_of(states, lambda peer: peer['state'] == 'ended')
        # What was said last is known before the end.
        heard.wait(lambda final: final == 'And now good bye.')
        assert told.index('And now good bye.') < told.index('ended')

        # Who is called again goes on, and Ctrl-C hangs up as well.
        before = len(states.messages)
        with End(anna.folder.parent / 'carl', '--peer', address_of(anna), '--key', str(key),
                 '--name', 'Carl') as carl:
            states.wait(lambda message: json.loads(message.data)['state'] == 'connected', before)
            carl.wait_line('ready to speak')
            before = len(states.messages)
            assert carl.stop() == 0
            assert 'hanging up' in carl.text
        states.wait(lambda message: json.loads(message.data)['state'] == 'ended', before)
    # The second one has nobody to tell any more.
    assert anna.stop() == 0
    assert 'may not know' not in anna.text


def address_of(end: End) -> str:
    """Return where an end waits."""
    return end.wait_line(r'peer of the link over udp, (\S+)')[1]


def test_a_face_stays_here_without_consent(tmp_path: Path) -> None:
    status, text = run(tmp_path, 'call', '--listen', '127.0.0.1:0', '--share-face')
    assert status == 2 and '--share-face needs --me' in text
    with Command(tmp_path, 'call', '--listen', '127.0.0.1:0', '--me', str(BUILT_IN_PORTRAIT),
                 '--web', 'false', '--http', 'off', '--tts', 'clap', '--engine', 'flash') as end:
        end.wait_line('your face stays here; --share-face')
    assert not list(tmp_path.rglob('*.card'))
    shutil.rmtree(tmp_path)
