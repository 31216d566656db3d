"""A participant beside the graph shares a process with others and leaves nothing behind."""

from __future__ import annotations

import dataclasses
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading

import pytest
from std_msgs.msg import String
from txt2vid_ros.graph.interfaces import CLIENT
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.side.graph_watch import GraphWatch
from txt2vid_ros.ros.side.side_node import SideNode
from txt2vid_ros.ros.side.speech_client import SpeechClient

TIMEOUT = 60.0
"""Seconds for anything that has to happen; a loaded machine takes its time."""


def shared_memory() -> set[str]:
    """Return the shared memory segments of Fast DDS that this process holds."""
    links = [str(link.readlink()) for link in Path('/proc/self/fd').iterdir() if link.is_symlink()]
    return {found[1] for link in links
            if (found := re.fullmatch(r'(/dev/shm/fastrtps_[0-9a-f]{16})_el', link))}


class Listener:
    """The texts that a side node receives."""

    def __init__(self, side: SideNode) -> None:
        self.texts: list[str] = []
        self._changed = threading.Condition()
        side.node.create_subscription(String, 'text', self._on_text, qos.INFO)

    def _on_text(self, message: String) -> None:
        with self._changed:
            self.texts.append(message.data)
            self._changed.notify_all()

    def wait(self, text: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.texts, TIMEOUT), self.texts


def test_two_in_one_process_hear_each_other_and_leave_no_shared_memory(ros_domain: int) -> None:
    before = shared_memory()
    with SideNode('one', '/side') as one, SideNode('two', '/side') as two:
        assert one.node.get_name() != two.node.get_name()
        listener = Listener(two)
        two.spin()
        one.node.create_publisher(String, 'text', qos.INFO).publish(String(data='hello'))
        listener.wait('hello')
        made = shared_memory() - before
    assert made
    assert not [segment for segment in made if Path(segment).exists()]


def test_one_that_is_closed_does_not_end_the_other(ros_domain: int) -> None:
    with SideNode('staying', '/side') as staying:
        listener = Listener(staying)
        staying.spin()
        leaving = SideNode('leaving', '/side')
        leaving.spin()
        leaving.close()
        leaving.close()
        staying.node.create_publisher(String, 'text', qos.INFO).publish(String(data='still'))
        listener.wait('still')


def test_it_reaches_the_domain_that_it_is_told(ros_domain: int,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    with SideNode('by_environment') as one:
        listener = Listener(one)
        one.spin()
        monkeypatch.setenv('ROS_DOMAIN_ID', str((ros_domain + 1) % 100))
        with SideNode('by_argument', domain=ros_domain) as two:
            two.node.create_publisher(String, 'text', qos.INFO).publish(String(data='here'))
            listener.wait('here')


def test_commands_do_nothing_that_the_policy_of_clients_does_not_allow(ros_domain: int) -> None:
    allowed = {kind: {f'/side/{name}' if name[0] != '/' else name for name in names}
               for kind, names in dataclasses.asdict(CLIENT).items()}
    with SpeechClient('/side') as client, GraphWatch('/side') as watch:
        for node in (client._node, watch._side.node):
            used = {kind: {name for name, _ in ask(node.get_name(), '/side')} for kind, ask in (
                ('publishes', node.get_publisher_names_and_types_by_node),
                ('subscribes', node.get_subscriber_names_and_types_by_node),
                ('calls', node.get_client_names_and_types_by_node),
                ('serves', node.get_service_names_and_types_by_node))}
            assert used['subscribes']
            assert not {kind: more for kind, names in used.items()
                        if (more := names - allowed[kind])}


def test_a_context_that_is_shut_down_from_outside_is_no_error(
        ros_domain: int, capfd: pytest.CaptureFixture[str]) -> None:
    before = shared_memory()
    with SideNode('robbed') as side:
        side.spin()
        made = shared_memory() - before
        side.node.context.shutdown()
    assert 'Traceback' not in capfd.readouterr().err
    assert not [segment for segment in made if Path(segment).exists()]


def test_what_a_callback_raises_is_logged_with_its_traceback(
        ros_domain: int, capfd: pytest.CaptureFixture[str]) -> None:
    raised = threading.Event()

    def slip(message: String) -> None:
        raised.set()
        raise ValueError('a slip')

    with SideNode('slipping') as side:
        side.node.create_subscription(String, 'text', slip, qos.INFO)
        side.spin()
        side.node.create_publisher(String, 'text', qos.INFO).publish(String(data='x'))
        assert raised.wait(TIMEOUT)
    said = capfd.readouterr().err
    assert 'internal error' in said and 'ValueError: a slip' in said


def test_control_c_leaves_no_shared_memory(ros_domain: int) -> None:
    script = (
        'import os, pathlib, re, time\n'
        'from txt2vid_ros.ros.side.side_node import SideNode\n'
        'with SideNode("interrupted") as side:\n'
        '    side.spin()\n'
        '    links = [link for link in pathlib.Path("/proc/self/fd").iterdir()\n'
        '             if link.is_symlink()]\n'
        '    locks = [each for each in map(os.readlink, links)\n'
        '             if re.search(r"fastrtps_[0-9a-f]{16}_el", each)]\n'
        '    print(*locks, flush=True)\n'
        '    time.sleep(60)\n')
    child = subprocess.Popen([sys.executable, '-c', script], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True,
                             cwd=Path(__file__).resolve().parents[2])
    assert child.stdout is not None
    locks = child.stdout.readline().split()
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=TIMEOUT)
    assert said.rstrip().endswith('KeyboardInterrupt')
    assert locks
    assert not [lock for lock in locks if Path(lock.removesuffix('_el')).exists()]
