"""How far ahead of its time the nodes behind want to be given the voice."""

from __future__ import annotations

import collections
import math
import time

from rclpy.node import Node
from std_msgs.msg import Float64

from txt2vid_ros.ros import qos

MEMORY = 5.0
"""Seconds for which a consumer's wish for lead holds; they repeat it every second."""


class LeadWish:
    """Follows voice/lead: several consumers may wish, and the greatest wish counts."""

    def __init__(self, node: Node, first: float, largest: float) -> None:
        """Take `first` seconds until there is a wish, and never more than `largest`."""
        self._first = first
        self._largest = largest
        self._wishes: collections.deque[tuple[float, float]] = collections.deque(maxlen=64)
        node.create_subscription(Float64, 'voice/lead', self._on_lead, qos.LEAD)

    @property
    def seconds(self) -> float:
        """Return the greatest lead that a node behind has lately asked for."""
        since = time.monotonic() - MEMORY
        recent = [lead for at, lead in self._wishes.copy() if at > since]
        return float(min(max(recent, default=self._first), self._largest))

    def _on_lead(self, message: Float64) -> None:
        if math.isfinite(message.data):
            self._wishes.append((time.monotonic(), message.data))
