"""The ways of the utterances in a bag, without ROS."""

from __future__ import annotations

from pathlib import Path

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.monitoring.stage_mark import marks_of
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
            for mark in marks_of(store.deserialize_cdr(data, connection.msgtype)):
                book.take(mark)
    return book
