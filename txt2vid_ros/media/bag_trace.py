"""The ways of the utterances in a bag, without ROS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import DEFAULT, utterance_id
from txt2vid_ros.core.utterance_trace import TraceBook
from txt2vid_ros.media.bag import opened, typestore


def book_of_bag(bag: Path) -> TraceBook:
    """Return what a bag's topics trace, heard and voice/caption tell. Raises UserError."""
    book, store = TraceBook(), typestore()
    with opened(bag) as reader:
        chosen = {each.topic: each for each in reader.connections
                  if each.topic.rpartition('/')[2] in ('trace', 'heard', 'caption')}
        if not any(topic.endswith('/trace') for topic in chosen):
            raise UserError(f'{bag} has no topic trace', 'Record it with the others.')
        for connection, _, data in reader.messages(connections=chosen.values()):
            message: Any = store.deserialize_cdr(data, connection.msgtype)
            stamp = message.header.stamp.sec * SECOND + message.header.stamp.nanosec
            kind = connection.topic.rpartition('/')[2]
            if kind == 'trace':
                for status in message.status:
                    book.mark(status.name, status.hardware_id.rpartition('/')[2],
                              status.message, stamp)
            elif message.final and kind == 'heard':
                book.name(utterance_id(message.header.frame_id or DEFAULT, stamp), message.final)
            elif message.final:
                book.name_heard(stamp, message.final)
    return book
