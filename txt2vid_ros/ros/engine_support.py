"""What the engines, which know nothing of ROS, get of a node: its clock and its log."""

from __future__ import annotations

from collections.abc import Callable
import logging
import time
from typing import Any

from rclpy.lifecycle import LifecycleNode


class RosClock:
    """ROS time in the form that engines read; follows /clock where use_sim_time is set."""

    def __init__(self, node: LifecycleNode) -> None:
        """Take the node whose clock it is."""
        self._clock = node.get_clock()

    def now(self) -> int:
        """Return the present ROS time in nanoseconds."""
        if self._clock.ros_time_is_active:
            return int(self._clock.now().nanoseconds)
        # What rcl reads as well, without a message for each of the dozens of looks a frame.
        return time.time_ns()


class RosLogHandler(logging.Handler):
    """
    Forwards the log of the engines to the node's logger, and so to /rosout.

    Where several nodes share a process, one of them speaks for the engines of all.
    """

    def __init__(self, node: LifecycleNode) -> None:
        """Take the node in whose name the engines speak."""
        super().__init__(logging.DEBUG)
        logger = node.get_logger()
        # A lambda on a line of its own for each: rclpy allows one severity per line of source.
        self._levels: tuple[tuple[int, Callable[[str], Any]], ...] = (
            (logging.ERROR, lambda line: logger.error(line)),
            (logging.WARNING, lambda line: logger.warning(line)),
            (logging.INFO, lambda line: logger.info(line)),
            (0, lambda line: logger.debug(line)))

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record at the level of ROS that is nearest."""
        others = logging.getLogger('txt2vid_ros').handlers
        if next((each for each in others if isinstance(each, RosLogHandler)), self) is not self:
            return
        for level, write in self._levels:
            if record.levelno >= level:
                write(self.format(record))
                return
