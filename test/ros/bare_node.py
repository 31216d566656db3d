"""A node without work of its own, for tests of the parts of nodes."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import time

import rclpy
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode

TIMEOUT = 60.0
"""Seconds for anything that has to happen; a loaded machine takes its time."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """None."""


class BareNode(ManagedNode):
    """An active node in the default context, whose callbacks are called by spin_until()."""

    NAME = 'bare'
    Parameters = Parameters

    def __init__(self) -> None:
        super().__init__(enable_rosout=False)
        self._executor = rclpy.executors.SingleThreadedExecutor()
        self._executor.add_node(self)
        self.trigger_configure()
        self.trigger_activate()

    def spin_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline
            self._executor.spin_once(timeout_sec=0.1)

    def end_test(self) -> None:
        self._executor.shutdown()
        self.destroy_node()

    def configure(self) -> None:
        return

    def start(self) -> None:
        return
