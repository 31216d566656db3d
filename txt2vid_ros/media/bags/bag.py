"""Reads and summarizes bags without ROS."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
from pathlib import Path

from rosbags.rosbag2 import Reader, ReaderError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
import yaml

# The messages that the standard set lacks (REP-155 and audio_common).
DEFINITIONS = {
    'audio_common_msgs/msg/AudioData': 'uint8[] data',
    'audio_common_msgs/msg/AudioDataStamped':
        'std_msgs/Header header\naudio_common_msgs/AudioData audio',
    'audio_common_msgs/msg/AudioInfo':
        'uint8 channels\nuint32 sample_rate\nstring sample_format\nuint32 bitrate\n'
        'string coding_format',
    'hri_msgs/msg/LiveSpeech':
        'std_msgs/Header header\nstring incremental\nstring final\nfloat64 confidence\n'
        'string locale',
}


def typestore() -> Typestore:
    """Return the types of ROS 2 Jazzy and of this project's messages."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, definition in DEFINITIONS.items():
        store.register(get_types_from_msg(definition, name))
    return store


@dataclasses.dataclass(frozen=True)
class BagTopic:
    """A topic in a bag: its name, its message type and how many messages it has."""

    name: str
    kind: str
    count: int


@dataclasses.dataclass(frozen=True)
class BagSummary:
    """What is in a bag: storage format, length in seconds, number of messages, topics."""

    storage: str
    seconds: float
    messages: int
    topics: list[BagTopic]


@contextlib.contextmanager
def opened(bag: Path) -> Iterator[Reader]:
    """Open a bag. Raises UserError if it cannot be read as one."""
    try:
        reader = Reader(bag)
        reader.open()
    except (ReaderError, OSError, ValueError, KeyError, AssertionError) as error:
        raise UserError(f'{bag} cannot be read as a bag: {" ".join(str(error).split())}',
                        'Give the folder that contains its metadata.yaml.') from error
    try:
        yield reader
    finally:
        reader.close()


def summary(bag: Path) -> BagSummary:
    """Return what is in a bag. Raises UserError."""
    with opened(bag) as reader:
        topics = [BagTopic(each.topic, each.msgtype, each.msgcount) for each in reader.connections]
        told = yaml.safe_load((bag / 'metadata.yaml').read_text('utf-8'))
        storage = told['rosbag2_bagfile_information']['storage_identifier']
        return BagSummary(storage, reader.duration / SECOND if reader.message_count else 0.0,
                          reader.message_count, sorted(topics, key=lambda each: each.name))
