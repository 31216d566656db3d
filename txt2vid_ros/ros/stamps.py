"""Keeps messages that are stamped far from now off the timeline, and warns about them."""

from __future__ import annotations

import time

from rclpy.node import Node
from txt2vid_ros.core.clock import SECOND

STAMP_TOLERANCE = 60.0
"""Seconds from now beyond which a stamp is an error: no node works that far ahead or late."""
WARNING_PERIOD = 10.0
"""Seconds between two warnings."""


class StampCheck:
    """Tells whether the stamps on a topic are plausible; warns now and then where they are not."""

    def __init__(self, node: Node, topic: str) -> None:
        """Take the node whose clock counts."""
        self._node = node
        self._topic = topic
        self._warned = -WARNING_PERIOD

    def fits(self, stamp: int) -> bool:
        """Return whether `stamp` (nanoseconds) lies within STAMP_TOLERANCE of now."""
        away = (stamp - self._node.get_clock().now().nanoseconds) / SECOND
        if abs(away) <= STAMP_TOLERANCE:
            return True
        if time.monotonic() - self._warned >= WARNING_PERIOD:
            self._warned = time.monotonic()
            where = 'in the future' if away > 0 else 'ago'
            self._node.get_logger().warning(
                f'{self._topic} is stamped {abs(away):.0f} s {where} and is not used. Synchronize '
                'the clocks of the machines; for a replayed bag set use_sim_time')
        return False
