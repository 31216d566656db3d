"""Destruction of a node that leaves no segment in shared memory."""

from __future__ import annotations

import gc

from rclpy.node import Node


def destroy_cleanly(node: Node) -> None:
    """Destroy `node`, whose executor has been shut down and let go, with its shared memory.

    An executor that has spun on a thread of its own can leave a suspended generator in a reference
    cycle, which keeps hold of the node's entities. rclpy destroys a node only once nothing holds
    it, and what is still held at the end of the process it never destroys: one process in ten left
    its segments in /dev/shm.
    """
    gc.collect()
    node.destroy_node()
