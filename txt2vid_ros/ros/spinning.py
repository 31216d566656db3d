"""The executor of a node on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from txt2vid_ros.ros.node_thread import NodeThread


class SpinningExecutor:
    """Calls a node's callbacks on a thread until it is closed or the context is shut down."""

    def __init__(self, node: Node, failed: Callable[[Exception], None]) -> None:
        """Start to spin `node`; `failed` gets what a callback raises, which ends the spinning."""
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._ending = Future()
        self._thread = NodeThread('executor', lambda stop: self._spin(), failed)

    def close(self, timeout: float = 5.0) -> None:
        """Stop; wait at most `timeout` seconds for a callback that is running."""
        # In this order: shutting down first would take the handles from a waiting executor.
        self._ending.set_result(None)
        self._thread.close(timeout)
        self._executor.shutdown(timeout_sec=timeout)

    def _spin(self) -> None:
        try:
            self._executor.spin_until_future_complete(self._ending)
        except ExternalShutdownException:
            return
