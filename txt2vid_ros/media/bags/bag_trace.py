"""The ways of the utterances in a bag, without ROS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.monitoring.utterance_trace import TraceBook
from txt2vid_ros.media.bags.bag import opened, typestore

KIND = 'diagnostic_msgs/msg/DiagnosticArray'


def book_of_bag(bag: Path) -> TraceBook:
    """Return what a bag's topic trace tells. Raises UserError where it has none."""
    book, store = TraceBook(), typestore()
    with opened(bag) as reader:
        chosen = [each for each in reader.connections
                  if each.topic.endswith('/trace') and each.msgtype == KIND]
        if not any(each.msgcount for each in chosen):
            raise UserError(f'{bag} has nothing on the topic trace',
                            'Record that too: "txt2vid bag record" does.')
        for connection, _, data in reader.messages(connections=chosen):
            message: Any = store.deserialize_cdr(data, connection.msgtype)
            at = message.header.stamp.sec * SECOND + message.header.stamp.nanosec
            for status in message.status:
                text = ''.join(each.value for each in status.values if each.key == 'text')
                book.mark(status.name, status.hardware_id.rpartition('/')[2], status.message, at,
                          text)
    return book
