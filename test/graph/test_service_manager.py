"""A service manager such as systemd hears when the face can be seen, and for as long as it can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
import signal
import socket
import threading

from diagnostic_msgs.msg import DiagnosticArray
from graph_harness import eventually, FAST, TalkingHead, TIMEOUT
import pytest
from rclpy.node import NodeNameNonExistentError
from txt2vid_ros.core.process.service_manager import ServiceManager
from txt2vid_ros.graph.interfaces import EVERY_NODE, INTERFACES
from txt2vid_ros.ros import messages
from txt2vid_ros.ros.side import readiness
from txt2vid_ros.ros.side.readiness import Readiness
from txt2vid_ros.ros.side.side_node import SideNode


class Manager:
    """The socket of a service manager, and what has come."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self.heard: list[str] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                said = self._socket.recv(4096).decode()
            except OSError:
                return
            with self._changed:
                self.heard += said.split('\n')
                self._changed.notify_all()

    def wait(self, wanted: Callable[[list[str]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self.heard), TIMEOUT), self.heard

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def assert_within_its_policy(head: TalkingHead) -> None:
    """Assert that the running nodes use what the policy of their graph allows, and no more."""
    with SideNode('looker', domain=head.domain) as side:
        for name in ('tts', 'lipsync', 'stream'):
            used = EVERY_NODE + INTERFACES[name]
            for look, names in (
                    (side.node.get_publisher_names_and_types_by_node, used.publishes),
                    (side.node.get_subscriber_names_and_types_by_node, used.subscribes),
                    (side.node.get_service_names_and_types_by_node, used.serves),
                    (side.node.get_client_names_and_types_by_node, used.calls)):
                may = {each if each.startswith('/') else f'{head.namespace}/' + each.replace(
                    '~', name) for each in names}
                must = may - {'/clock', '/parameter_events'}
                eventually(partial(uses, look, name, head.namespace, must), f'{name}: {must}')
                assert uses(look, name, head.namespace, set()) <= may | {'nothing'}


def uses(look: Callable[[str, str], list[tuple[str, list[str]]]], name: str, namespace: str,
         wanted: set[str]) -> set[str]:
    """Return the names that a node uses, none as long as some of the wanted are missing."""
    try:
        found = {each for each, _ in look(name, namespace)}
    except NodeNameNonExistentError:
        return set()
    return (found or {'nothing'}) if wanted <= found else set()


def test_the_manager_hears_of_the_face_and_of_its_end(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / 'notify'))
    try:
        with TalkingHead(tmp_path, *FAST, environment={
                'NOTIFY_SOCKET': str(tmp_path / 'notify'), 'WATCHDOG_USEC': '1500000'}) as head:
            manager.wait(lambda heard: 'READY=1' in heard)
            assert head.status()['on_time'] > 0     # so the face was on the stream before that
            assert manager.heard[0] == 'READY=1'
            manager.wait(lambda heard: heard.count('WATCHDOG=1') >= 3)
            node = Path(f'/proc/{head.node_pid("stream")}/environ').read_bytes()
            assert b'ROS_DOMAIN_ID' in node and b'NOTIFY_SOCKET' not in node
            assert_within_its_policy(head)
            assert head.stop(signal.SIGTERM) == 0
        manager.wait(lambda heard: heard[-1] == 'STOPPING=1')
    finally:
        manager.close()


def test_the_watchdog_is_fed_only_while_pictures_come(
        ros_domain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, 'MISSING_SECONDS', 0.6)
    address = f'@txt2vid-test-{ros_domain}-{id(monkeypatch)}'
    manager = Manager(f'\0{address[1:]}')
    figures = {'on_time': 0}
    try:
        with SideNode('stream', '/a') as side, Readiness(
                ServiceManager({'NOTIFY_SOCKET': address, 'WATCHDOG_USEC': '300000'}), '/a',
                'stream'):
            publisher = side.node.create_publisher(DiagnosticArray, '/diagnostics', 10)

            def diagnose() -> None:
                publisher.publish(messages.to_diagnostics(
                    0, '/a/stream: stream', '/a', 'ok', 'running', dict(figures)))

            def fed() -> int:
                diagnose()
                return manager.heard.count('WATCHDOG=1')

            eventually(lambda: publisher.get_subscription_count(), 'who listens')
            for _ in range(20):
                diagnose()      # frames, and no face on them
            assert 'READY=1' not in manager.heard

            def shown() -> int:
                figures['on_time'] += 25
                return fed()

            eventually(lambda: shown() > 2, 'the watchdog is fed')
            # The pictures stay away: what was due before that may still come.
            before = -1

            def silent() -> bool:
                nonlocal before
                last, before = before, fed()
                return last == before and not idle.wait(1.0) and fed() == before

            idle = threading.Event()
            eventually(silent, 'the watchdog is not fed any more')
            eventually(lambda: shown() > before, 'it is fed again')
    finally:
        manager.close()


def test_who_is_not_meant_by_the_watchdog_feeds_none() -> None:
    assert ServiceManager({'WATCHDOG_USEC': '5000000'}).watchdog_seconds == 5.0
    for other in ({'WATCHDOG_USEC': '5000000', 'WATCHDOG_PID': '1'}, {'WATCHDOG_USEC': 'x'}, {}):
        assert ServiceManager(other).watchdog_seconds == 0
    assert not ServiceManager({}).listens
    ServiceManager({}).tell('READY=1')


def test_a_manager_that_has_gone_does_not_end_it(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ServiceManager({'NOTIFY_SOCKET': str(tmp_path / 'gone')}).tell('READY=1')
    assert 'cannot be told READY=1: No such file or directory' in caplog.text
