"""Those who have to listen are waited for, though not forever."""

from __future__ import annotations

import threading

from bare_node import BareNode
import pytest
from std_msgs.msg import String
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.sound import listeners


def go_on(node: BareNode, *names: str, stop: bool = False) -> bool:
    stopped = threading.Event()
    if stop:
        stopped.set()
    publisher = node.create_publisher(String, 'voice', qos.TEXT)
    return listeners.wait_for_listeners(node, publisher, names, stopped)


def test_nobody_is_waited_for_where_nobody_has_to_listen(
        bare_node: BareNode, capfd: pytest.CaptureFixture[str]) -> None:
    assert go_on(bare_node)
    assert 'subscribe' not in capfd.readouterr().err


def test_who_does_not_come_is_named_and_not_waited_for(
        bare_node: BareNode, monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(listeners, 'WAIT_SECONDS', 0.3)
    assert go_on(bare_node, 'lipsync', 'stream')
    said = capfd.readouterr().err
    assert said.count('lipsync and stream did not subscribe to /voice within') == 1


def test_an_end_cuts_the_wait_short(bare_node: BareNode) -> None:
    assert not go_on(bare_node, 'lipsync', stop=True)
