"""Leaving a graph without a trace."""

from __future__ import annotations

import gc

from rclpy.node import Node


def destroy(node: Node) -> None:
    """Destroy `node`, whose executor has been shut down, and its shared memory with it.

    An executor that has spun on a thread of its own can leave a suspended generator in a reference
    cycle, with its hold on the node's entities. A node in use is not destroyed before it is free,
    and at the end of the process never: one in ten left its segments in /dev/shm.
    """
    gc.collect()
    node.destroy_node()
