"""What the topic trace carries: that an utterance passed a stage of a node."""

from __future__ import annotations

import dataclasses
from typing import Any

from txt2vid_ros.core.clock import SECOND


@dataclasses.dataclass(frozen=True)
class StageMark:
    """That an utterance passed a stage of a node at `at` nanoseconds."""

    utterance: str
    node: str
    """Its whole name."""
    stage: str
    at: int
    text: str = ''
    """The beginning of its text, where that is known at this stage."""
    link_id: str = ''
    """What both ends of a text link know it by; '' where it does not pass one."""

    @property
    def node_name(self) -> str:
        """Return the name of the node without its namespace."""
        return self.node.rpartition('/')[2]


def marks_of(message: Any) -> list[StageMark]:
    """Return the marks of a diagnostic_msgs/DiagnosticArray, of ROS or out of a bag."""
    stamp = message.header.stamp
    at = int(stamp.sec) * SECOND + int(stamp.nanosec)
    marks = []
    for each in message.status:
        values = {pair.key: pair.value for pair in each.values}
        marks.append(StageMark(each.name, each.hardware_id, each.message, at,
                               values.get('text', ''), values.get('link_id', '')))
    return marks
