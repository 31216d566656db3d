"""The executor of nodes on a thread of its own, and the destruction of nodes after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import gc

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from txt2vid_ros.ros.node_thread import NodeThread


class SpinningExecutor:
    """Calls the callbacks of nodes on a thread until closed or the context is shut down."""

    def __init__(self, nodes: Sequence[Node], failed: Callable[[Exception], None]) -> None:
        """
        Start to spin nodes of one context.

        `failed` gets what a callback raises, which ends the spinning.
        """
        self._executor = SingleThreadedExecutor(context=nodes[0].context)
        for node in nodes:
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
