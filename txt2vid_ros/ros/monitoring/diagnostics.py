"""The publication of a node's diagnostics, by diagnostic_updater where that is installed."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from txt2vid_ros.ros import messages
from txt2vid_ros.ros.monitoring.node_status import Status

PERIOD = 'diagnostic_updater.period'
"""The parameter that diagnostic_updater declares."""


def publish_regularly(node: Node, task: str, collect: Callable[[], Status | None]) -> None:
    """
    Publish what `collect` returns on /diagnostics, once a second; None is not published.

    The messages are the same with diagnostic_updater, which is in ROS installations and not among
    the wheels, as without it.
    """
    with contextlib.suppress(ImportError):
        _by_updater(node, task, collect)
        return
    publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def publish() -> None:
        status = collect()
        if status is not None:
            publisher.publish(messages.to_diagnostics(
                node.get_clock().now().nanoseconds, _name(node, task), node.get_namespace(),
                *status))

    node.create_timer(float(node.declare_parameter(PERIOD, 1.0).value), publish)


def _by_updater(node: Node, task: str, collect: Callable[[], Status | None]) -> None:
    from diagnostic_updater import Updater

    class NamedUpdater(Updater):
        """Names a status by the whole name of its node, as two faces may be on one machine."""

        def publish(self, msg: Any) -> None:
            """Publish the statuses that have figures; one without is told when a task is added."""
            told = [each for each in (msg if isinstance(msg, list) else [msg]) if each.values]
            for each in told:
                each.name = _name(node, each.name)
            if told:
                self.publisher.publish(DiagnosticArray(
                    header=messages.to_header(node.get_clock().now().nanoseconds),
                    status=[messages.plain_status(each) for each in told]))

    def fill(wrapper: Any) -> Any:
        status = collect()
        if status is not None:
            level, line, figures = status
            wrapper.summary(messages.LEVELS[level], line)
            for key, value in figures.items():
                wrapper.add(key, messages.as_text(value))
        return wrapper

    updater = NamedUpdater(node)
    updater.setHardwareID(node.get_namespace())
    updater.add(task, fill)


def _name(node: Node, task: str) -> str:
    return f'{node.get_fully_qualified_name()}: {task}'
