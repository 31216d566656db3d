"""What a node states on a latched topic, and states again where somebody else contradicts it."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any

from txt2vid_ros.ros import qos
from txt2vid_ros.ros.node import ManagedNode

AGAIN_SECONDS = 1.0
"""Seconds between two statements, so that two who contradict each other do not flood the topic."""


class Statement:
    """
    The last message on its topic is this node's.

    Whoever listens believes what came last, and messages do not tell who sent them (rclpy's
    MessageInfo has no id of the publisher). So it is the owner that listens, and corrects.
    """

    def __init__(self, node: ManagedNode, kind: type[Any], topic: str,
                 owns: Callable[[], bool] = lambda: True) -> None:
        """
        Publish messages of `kind`; to be made in configure().

        `owns` tells whether the topic is this node's alone: otherwise nothing is said again.
        """
        self._node = node
        self._topic = topic
        self._owns = owns
        self._publisher = node.publisher(kind, topic, qos.INFO)
        self._stated: Any = None
        self._stated_at = 0.0
        self._contradicted = False
        self._asked = False
        """Whether somebody has come since who may have got another's message last."""
        self._readers = 0
        self._lock = threading.Lock()
        node.create_subscription(kind, topic, self._on_stated, qos.INFO)

    def state(self, message: Any) -> None:
        """State something from now on; to be called once the node is active."""
        with self._lock:
            self._stated, self._stated_at = message, time.monotonic()
            self._contradicted = self._asked = False
        self._publisher.publish(message)

    def uphold(self) -> None:
        """State it again where it was contradicted; to be called once a second."""
        readers = self._publisher.get_subscription_count()
        with self._lock:
            # Who comes later gets the last message of each publisher, in any order.
            self._asked |= (readers > self._readers
                            and self._node.count_publishers(self._topic) > 1)
            self._readers = readers
            contradicted = self._contradicted
            wanted = ((contradicted or self._asked) and self._stated is not None
                      and time.monotonic() - self._stated_at >= AGAIN_SECONDS)
            message = self._stated
        if wanted and self._owns():
            if contradicted:
                self._node.get_logger().warning(
                    f'another node publishes something else on {self._topic}, which is stated '
                    'here: stated again')
            self.state(message)

    def _on_stated(self, message: Any) -> None:
        with self._lock:
            self._contradicted = message != self._stated
        self.uphold()
