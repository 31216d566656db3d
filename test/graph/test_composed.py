"""Nodes that share a process work as they do apart, through any number of lifecycles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import random
import signal
import socket

from audio_common_msgs.msg import AudioDataStamped
from graph_harness import Command, FAST, run, shared_memory, TalkingHead
from hri_msgs.msg import LiveSpeech
from lifecycle import assert_cycles_leave_nothing
import numpy as np
import pytest
from ros_observer import end_of, Observer
from sensor_msgs.msg import Image
from speech_clips import clip, RATE, write
from txt2vid_ros import graph
from txt2vid_ros.ros import qos

SENDER = ('mic', 'stt', 'link', 'playout')


class SenderProcess(Command):
    """The nodes of a sender, and the playout, in one process; its file is repeated for ever."""

    def __init__(self, folder: Path, address: str) -> None:
        self.namespace = f'/composed_{random.randrange(10**6)}'
        file = write(folder / 'speech.wav', np.concatenate(
            [clip('something').sound(), np.zeros(RATE, np.float32)]))
        settings = {'mic:source': 'file', 'mic:file': file, 'mic:loop': True, 'mic:speed': 4.0,
                    'link:role': 'sender', 'link:address': address}
        super().__init__(
            folder, *SENDER, '--ros-args', '-r', f'__ns:={self.namespace}',
            *(word for name, value in settings.items() for word in ('-p', f'{name}:={value}')),
            module='txt2vid_ros.nodes.composed', environment=graph.ENVIRONMENT)


@pytest.fixture(scope='module')
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SenderProcess]:
    """Start the process, and a receiver of its link in another."""
    folder = tmp_path_factory.mktemp('composed')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        address = f'127.0.0.1:{probe.getsockname()[1]}'
    with SenderProcess(folder, address) as process, Command(
            folder, '--ros-args', '-r', f'__ns:={process.namespace}', '-r', '__node:=far_link',
            '-p', f'address:={address}', '-p', 'state_file:="off"', domain=process.domain,
            module='txt2vid_ros.nodes.link'):
        yield process


@pytest.fixture(scope='module')
def observer(sender: SenderProcess) -> Iterator[Observer]:
    with Observer(sender) as observer:  # type: ignore[arg-type]
        yield observer


@pytest.mark.parametrize(('node', 'topic', 'kind'), [
    ('mic', 'mic/audio', AudioDataStamped), ('stt', 'speech', LiveSpeech),
    ('link', 'heard', LiveSpeech), ('playout', 'voice/audio', AudioDataStamped)])
def test_each_node_of_a_process_goes_through_twenty_cycles(
        sender: SenderProcess, observer: Observer, node: str, topic: str, kind: type) -> None:
    results = observer.record(kind, topic, qos.SPEECH if kind is LiveSpeech else None)

    def works() -> None:
        results.wait(lambda message: kind is AudioDataStamped or message.final,
                     after=len(results.messages))

    assert_cycles_leave_nothing(observer, node, sender.pid, works)


def test_a_face_of_one_process_speaks_and_ends_as_one(tmp_path: Path) -> None:
    with TalkingHead(tmp_path, *FAST, '--composed', 'true') as head, Observer(head) as observer:
        head.ready()
        audio = observer.record(AudioDataStamped, 'voice/audio')
        pictures = observer.record(Image, 'face/image_raw', qos.IMAGE,
                                   keep=lambda message: message.header.frame_id)
        observer.text('Hello.')
        end_of(audio)
        assert pictures.wait() == f'{head.namespace.strip("/")}/face'
        assert shared_memory(head.node_pid('composed'))
        assert head.stop(signal.SIGINT) == 0


def test_two_faces_of_one_process_have_namespaces_and_settings_of_their_own(
        tmp_path: Path) -> None:
    names = [f'/faces_{random.randrange(10**6)}_{number}' for number in range(2)]
    small = [word for setting in (
        'lipsync:engine:=flash', 'lipsync:width:=160', 'lipsync:height:=120',
        f'lipsync@{names[1]}:height:=90') for word in ('-p', setting)]
    with Command(tmp_path, *(f'lipsync@{name}' for name in names), '--ros-args', *small,
                 module='txt2vid_ros.nodes.composed', environment=graph.ENVIRONMENT) as process:
        for name in names:
            process.wait_line(rf'{name[1:]}\.lipsync.*showing the face')
        for name, height in zip(names, (120, 90), strict=True):
            with Observer(process, name) as observer:   # type: ignore[arg-type]
                pictures = observer.record(Image, 'face/image_raw', qos.IMAGE,
                                           keep=lambda message: message.height)
                assert pictures.wait() == height


@pytest.mark.parametrize(('words', 'line'), [
    (('tts', 'lipsink'), "'lipsink' is no node. Name some of"), ((), 'no node is named')])
def test_who_names_no_node_is_told_which_there_are(
        tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    status, text = run(tmp_path, *words, module='txt2vid_ros.nodes.composed')
    assert status == 2
    assert line in text
    assert 'playout' in text
