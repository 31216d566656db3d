"""The executor of nodes on a thread of its own, and the destruction of nodes after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import gc
import threading
import time
from typing import Any

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from txt2vid_ros.ros.node_thread import NodeThread

try:
    from rclpy.event_handler import EventHandler
except ImportError:
    from rclpy.qos_event import QoSEventHandler as EventHandler  # of ROS 2 Humble

CLOSE_SECONDS = 4.0
"""Seconds for the callback that runs when a node is to end."""
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


class SpinningExecutor:
    """Calls the callbacks of nodes on a thread until closed or the context is shut down."""

    def __init__(self, nodes: Sequence[Node], failed: Callable[[Exception], None]) -> None:
        """
        Start to spin nodes of one context.

        `failed` gets what a callback raises, which ends the spinning.
        """
        self._executor = RareEventsExecutor(context=nodes[0].context)
        for node in nodes:
            self._executor.add_node(node)
        self._ending = threading.Event()
        self._thread = NodeThread('executor', lambda stop: self._spin(), failed)

    def close(self, timeout: float = CLOSE_SECONDS) -> None:
        """Stop; wait at most `timeout` seconds for a callback that is running."""
        deadline = time.monotonic() + timeout
        # In this order: shutting down first would take the handles from a waiting executor.
        self._ending.set()
        self._executor.create_task(lambda: None)    # a callback is what spin_once() returns after
        self._thread.close(timeout)
        self._executor.shutdown(timeout_sec=max(0.0, deadline - time.monotonic()))

    def _spin(self) -> None:
        # Not spin_until_future_complete(): with every callback it adds one more to be called in
        # the end, which was 266 bytes a message: 37 MB an hour of sound and pictures.
        try:
            while self._executor.context.ok() and not self._ending.is_set():
                self._executor.spin_once()
        except ExternalShutdownException:
            return


def destroy_cleanly(*nodes: Node) -> None:
    """
    Destroy nodes, whose executor has been shut down and let go, with their shared memory.

    An executor that has spun on a thread of its own can leave a suspended generator in a reference
    cycle, which keeps hold of the node's entities. rclpy destroys a node only once nothing holds
    it, and what is still held at the end of the process it never destroys: one process in ten left
    its segments in /dev/shm.
    """
    gc.collect()
    for node in nodes:
        node.destroy_node()
