"""Waits until the nodes that a voice is meant for listen to it."""

from __future__ import annotations

from collections.abc import Collection
import threading
import time

from rclpy.node import Node
from rclpy.publisher import Publisher

WAIT_SECONDS = 10.0
"""Seconds for which the first words are held; DDS repeats a lost announcement every three."""
POLL_SECONDS = 0.02


def missing(node: Node, publisher: Publisher, names: Collection[str]) -> list[str]:
    """
    Return those of the nodes `names` that would not get what is published now.

    A subscription that is known is not matched yet while fewer are matched than are known.
    """
    known = [each.node_name for each in node.get_subscriptions_info_by_topic(publisher.topic_name)]
    if publisher.get_subscription_count() < len(known):
        return sorted(names)
    return sorted(set(names) - set(known))


def wait_for_listeners(node: Node, publisher: Publisher, names: Collection[str],
                       stop: threading.Event) -> bool:
    """
    Wait until the nodes `names` get what is published; return False once `stop` is set.

    After WAIT_SECONDS those that are missing are named in a warning and not waited for.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while absent := missing(node, publisher, names):
        if time.monotonic() > deadline:
            node.get_logger().warning(
                f'{" and ".join(absent)} did not subscribe to {publisher.topic_name} within '
                f'{WAIT_SECONDS:.0f} s and will miss the first words. See whether they run')
            break
        if stop.wait(POLL_SECONDS):
            return False
    return not stop.is_set()
