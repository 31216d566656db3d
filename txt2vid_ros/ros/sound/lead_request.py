"""How far ahead of their time the downstream nodes request sound or pictures."""

from __future__ import annotations

import collections
import math

from rclpy.node import Node
from std_msgs.msg import Float64
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import qos

REQUEST_LIFETIME = 5.0
"""Seconds for which a request holds; whoever makes it repeats it every second."""


class LeadRequest:
    """Follows a topic such as voice/lead: of the requests of several nodes the greatest counts."""

    def __init__(self, node: Node, first: float, largest: float, topic: str = 'voice/lead'
                 ) -> None:
        """Take `first` seconds until there is a request, and never more than `largest`."""
        self._node = node
        self._first = first
        self._largest = largest
        self._requests: collections.deque[tuple[float, float]] = collections.deque(maxlen=64)
        node.create_subscription(Float64, topic, self._on_lead, qos.LEAD)

    @property
    def seconds(self) -> float:
        """Return the greatest lead that a downstream node has requested lately."""
        now = self._now()
        recent = [lead for at, lead in self._requests.copy() if 0 <= now - at < REQUEST_LIFETIME]
        return float(min(max(recent, default=self._first), self._largest))

    def _on_lead(self, message: Float64) -> None:
        if math.isfinite(message.data):
            self._requests.append((self._now(), message.data))

    def _now(self) -> float:
        # By the clock of the timers that repeat the requests, which may be a slow, simulated one.
        return float(self._node.get_clock().now().nanoseconds / SECOND)
