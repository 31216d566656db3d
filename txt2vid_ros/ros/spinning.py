"""The executor of nodes on a thread of its own, and the destruction of nodes after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import gc
import threading
import time

from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from txt2vid_ros.core.process.exit_deadline import exit_after
from txt2vid_ros.ros.node_thread import NodeThread
from txt2vid_ros.ros.rare_events_executor import RareEventsExecutor

CLOSE_SECONDS = 4.0
"""Seconds for the callback that runs when a node is to end."""
DESTROY_SECONDS = 3.0
"""Seconds in which the middleware lets go of nodes, a tenth of one as a rule."""


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


def destroy_cleanly(*nodes: Node, status: int = 1) -> None:
    """
    Destroy nodes, whose executor has been shut down and let go, with their shared memory.

    An executor that has spun on a thread of its own can leave a suspended generator in a reference
    cycle, which keeps hold of the node's entities. rclpy destroys a node only once nothing holds
    it, and what is still held at the end of the process it never destroys: one process in ten left
    its segments in /dev/shm.

    Where the middleware hangs, the process ends with `status`. Fast DDS 2.14, as the wheels build
    it, may hang for ever when other participants leave at the same moment (1 of 670 ends of nodes
    whose graph ended as one): it waits for a callback, keeps the lock that the callback needs, and
    its deadline overflows (https://github.com/eProsima/Fast-DDS/issues/6513).
    """
    gc.collect()
    with exit_after(DESTROY_SECONDS, status):
        for node in nodes:
            node.destroy_node()
