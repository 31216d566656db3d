"""Who states something on a topic has the last word on it, whatever strangers publish there."""

from __future__ import annotations

from bare_node import BareNode
import pytest
from std_msgs.msg import String
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.monitoring.statement import Statement

MINE = String(data='http://127.0.0.1:8080')


def test_a_stranger_is_contradicted_once_for_each_time_it_speaks(bare_node: BareNode) -> None:
    statement = Statement(bare_node, String, 'stream/url')
    statement.state(MINE)
    heard: list[str] = []
    bare_node.create_subscription(String, 'stream/url', lambda told: heard.append(told.data), 10)
    stranger = bare_node.create_publisher(String, 'stream/url', qos.INFO)
    bare_node.spin_until(lambda: stranger.get_subscription_count() == 2)

    def upheld() -> bool:
        statement.uphold()
        return heard.count(MINE.data) > said

    for _ in range(2):
        said = heard.count(MINE.data)
        stranger.publish(String(data='http://192.0.2.1:80'))
        bare_node.spin_until(upheld)
    assert heard[-1] == MINE.data
    # What it hears of itself is no contradiction.
    statement.uphold()
    assert not statement._contradicted


def test_two_owners_do_not_contradict_each_other(bare_node: BareNode) -> None:
    statement = Statement(bare_node, String, 'stream/url', owns=lambda: False)
    statement.state(MINE)
    stranger = bare_node.create_publisher(String, 'stream/url', qos.INFO)
    heard: list[str] = []
    bare_node.create_subscription(String, 'stream/url', lambda told: heard.append(told.data), 10)
    bare_node.spin_until(lambda: stranger.get_subscription_count() == 2)
    stranger.publish(String(data='another'))
    bare_node.spin_until(lambda: statement._contradicted)
    statement._stated_at = 0.0
    statement.uphold()
    stranger.publish(String(data='last'))
    bare_node.spin_until(lambda: 'last' in heard)
    assert heard.count(MINE.data) == 0


def test_one_who_comes_later_is_told_again_and_nobody_is_blamed(
        bare_node: BareNode, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = Statement(bare_node, String, 'stream/url')
    statement.state(MINE)
    other = bare_node.create_publisher(String, 'stream/url', qos.INFO)
    bare_node.spin_until(lambda: other.get_subscription_count() == 1)
    statement.uphold()
    statement._stated_at = 0.0
    warned: list[str] = []
    monkeypatch.setattr(bare_node.get_logger(), 'warning', warned.append)
    heard: list[str] = []
    bare_node.create_subscription(String, 'stream/url', lambda told: heard.append(told.data), 10)

    def upheld() -> bool:
        statement.uphold()
        return bool(heard)

    bare_node.spin_until(upheld)
    assert heard[-1] == MINE.data and not warned
