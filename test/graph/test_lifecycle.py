"""Every node of a running graph goes through its lifecycle any number of times."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import eventually, FAST, TalkingHead, TIMEOUT
from lifecycle import assert_cycles_leave_nothing
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import pytest
from ros_observer import end_of, Observer
from sensor_msgs.msg import Image
import sound_card
from txt2vid_ros.ros import qos
import xvfb


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    folder = tmp_path_factory.mktemp('lifecycle')
    options = [*FAST, '--skills', 'true', '--web', 'true', '--mic', 'false', '--responder', 'chat']
    environment = {'OPENAI_BASE_URL': 'http://127.0.0.1:9/v1', 'OPENAI_MODEL': 'none',
                   'OPENAI_API_KEY': ''}
    with contextlib.ExitStack() as stack:
        if not sound_card.missing():
            card = sound_card.SoundCard(folder / 'card', 'robot')
            card.plug()
            environment |= card.environment
            options += ['--loudspeaker-device', 'robot']
        if not xvfb.missing():
            environment |= stack.enter_context(xvfb.VirtualScreen()).environment
            options += ['--window', 'true']
        yield stack.enter_context(TalkingHead(folder, *options, environment=environment)).ready()


@pytest.mark.parametrize('node', [
    'tts', 'lipsync', 'stream', 'web', 'say', 'responder',
    pytest.param('loudspeaker', marks=pytest.mark.skipif(
        bool(sound_card.missing()), reason=sound_card.missing())),
    pytest.param('window', marks=pytest.mark.skipif(bool(xvfb.missing()), reason=xvfb.missing()))])
def test_after_twenty_cycles_it_speaks_and_holds_no_more_than_before(
        head: TalkingHead, node: str) -> None:
    with Observer(head) as observer:
        audio = observer.record(AudioDataStamped, 'voice/audio')
        pictures = observer.record(Image, 'face/image_raw', qos.IMAGE,
                                   keep=lambda message: message.header.stamp.sec)
        pid = head.node_pid(node)

        def works() -> None:
            first, seen = len(audio.messages), len(pictures.messages)
            observer.text('x')
            end_of(audio, first)
            pictures.wait(after=seen)

        assert_cycles_leave_nothing(observer, node, pid, works)
        assert head.node_pid(node) == pid


def test_who_is_shut_down_ends(head: TalkingHead) -> None:
    with Observer(head) as observer:
        pid = head.node_pid('lipsync')
        client = observer.node.create_client(ChangeState, 'lipsync/change_state')
        assert client.wait_for_service(TIMEOUT)
        # Its answer may be lost where it ends.
        client.call_async(ChangeState.Request(
            transition=Transition(id=Transition.TRANSITION_ACTIVE_SHUTDOWN)))
        eventually(lambda: not Path(f'/proc/{pid}').exists()
                   or Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z',
                   'the end of lipsync')
