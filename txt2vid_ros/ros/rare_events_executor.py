"""An executor whose messages cost half, because it looks at events of the middleware rarely."""

from __future__ import annotations

import time
from typing import Any

from rclpy.executors import SingleThreadedExecutor

try:
    from rclpy.event_handler import EventHandler
except ImportError:
    from rclpy.qos_event import QoSEventHandler as EventHandler  # of ROS 2 Humble

EVENT_SECONDS = 1.0
"""Seconds from one look at the events of publishers and subscriptions to the next."""


class RareEventsExecutor(SingleThreadedExecutor):
    """
    Waits for the events of publishers and subscriptions now and then only.

    There are two for each of them, which tell of others that do not fit. For each message rclpy
    makes a set of all that is waited for, and they are most of it: half of what a message costs.
    An event stays until it is looked at, which needs something else to happen, such as a timer.
    """

    def __init__(self, **arguments: Any) -> None:
        """Take the arguments of SingleThreadedExecutor."""
        super().__init__(**arguments)
        self._next_look = 0.0
        self._looking, self._looked = False, False

    def can_execute(self, entity: Any) -> bool:
        """Return whether an entity is waited for now."""
        if isinstance(entity, EventHandler):
            if not self._looking:
                return False
            self._looked = True
        return bool(super().can_execute(entity))

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for one callback and call it."""
        now = time.monotonic()
        if self._looked:
            self._looking, self._looked = False, False
            self._next_look = now + EVENT_SECONDS
        elif now >= self._next_look:
            self._looking = True
        super().spin_once(timeout_sec)
