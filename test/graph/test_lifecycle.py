"""Every node of a running graph goes through its lifecycle any number of times."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import eventually, FAST, TalkingHead, TIMEOUT
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import pytest
from ros_observer import end_of, Observer
from sensor_msgs.msg import Image
import sound_card
import xvfb

from txt2vid_ros.ros import qos

pytestmark = pytest.mark.xdist_group('bad input')

CYCLES = 20
STEPS = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
         Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)


@pytest.fixture(scope='module')
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkingHead]:
    folder = tmp_path_factory.mktemp('lifecycle')
    options, environment = [*FAST], {}
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


def cycle(observer: Observer, node: str) -> None:
    for step in STEPS:
        answer = observer.call(ChangeState, f'{node}/change_state', ChangeState.Request(
            transition=Transition(id=step)))
        assert answer.success, step


def held_by(pid: int) -> tuple[int, int]:
    """Return how many files are open and how many threads run in a process."""
    files, threads = (sum(1 for _ in Path(f'/proc/{pid}/{kind}').iterdir())
                      for kind in ('fd', 'task'))
    return files, threads


def resident(pid: int) -> float:
    """Return the resident memory of a process, MB."""
    return int(Path(f'/proc/{pid}/statm').read_text().split()[1]) * os.sysconf('SC_PAGESIZE') / 1e6


def entities(observer: Observer, node: str) -> dict[str, int]:
    """Return how many publishers and subscriptions a node has on each topic."""
    graph, space = observer.node, observer.node.get_namespace()
    found: dict[str, int] = {}
    for ends in (graph.get_publisher_names_and_types_by_node,
                 graph.get_subscriber_names_and_types_by_node):
        for topic, _ in ends(node, space):
            for infos in (graph.get_publishers_info_by_topic,
                          graph.get_subscriptions_info_by_topic):
                found[f'{infos.__name__} {topic}'] = sum(
                    each.node_name == node for each in infos(topic))
    return found


@pytest.mark.parametrize('node', [
    'tts', 'lipsync', 'stream',
    pytest.param('loudspeaker', marks=pytest.mark.skipif(
        bool(sound_card.missing()), reason=sound_card.missing())),
    pytest.param('window', marks=pytest.mark.skipif(bool(xvfb.missing()), reason=xvfb.missing()))])
def test_after_twenty_cycles_it_speaks_and_holds_no_more_than_before(
        head: TalkingHead, node: str) -> None:
    with Observer(head) as observer:
        audio = observer.record(AudioDataStamped, 'voice/audio')
        pictures = observer.record(Image, 'face/image_raw', qos.IMAGE,
                                   keep=lambda message: message.header.stamp.sec)
        # What is loaded or cached once is there after the first.
        cycle(observer, node)
        pid, before = head.node_pid(node), entities(observer, node)
        files, threads = held_by(pid)
        memory = resident(pid)
        for number in range(CYCLES):
            cycle(observer, node)
            if number % 5 == 4:
                first, seen = len(audio.messages), len(pictures.messages)
                observer.text('x')
                end_of(audio, first)
                pictures.wait(after=seen)
        eventually(lambda: entities(observer, node) == before, 'the entities of before')
        # What it works with is opened little by little; what a cycle leaves behind adds up.
        eventually(lambda: held_by(pid)[0] < files + CYCLES and held_by(pid)[1] < threads + CYCLES,
                   f'{files} files and {threads} threads; now {held_by(pid)}')
        assert resident(pid) - memory < 25
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
