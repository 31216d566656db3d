"""Reads and summarizes bags without ROS."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
from pathlib import Path
import sqlite3
import struct

from rosbags.rosbag2 import Reader, ReaderError
from rosbags.serde import SerdeError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.yaml_text import read_yaml
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
    except Exception as error:
        # rosbags takes the word of a bag for what is in it, and raises whatever follows from it.
        raise UserError(f'{bag} cannot be read as a bag: {" ".join(str(error).split())[:300]}',
                        'Give the folder that contains its metadata.yaml.') from error
    try:
        yield reader
    except (ReaderError, SerdeError, sqlite3.Error, struct.error) as error:
        raise UserError(f'{bag} is damaged: {" ".join(str(error).split())[:300]}',
                        'Record it again, or copy it again.') from error
    finally:
        reader.close()


def _storage(bag: Path) -> str:
    """Return in what a bag is stored, as it says itself. Raises UserError."""
    try:
        told = read_yaml((bag / 'metadata.yaml').read_text('utf-8'))
        return str(told['rosbag2_bagfile_information']['storage_identifier'])
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError) as error:
        raise UserError(f'{bag}: its metadata.yaml does not say how it is stored',
                        'Record it again, or copy it again.') from error


def summary(bag: Path) -> BagSummary:
    """Return what is in a bag. Raises UserError."""
    with opened(bag) as reader:
        topics = [BagTopic(each.topic, each.msgtype, each.msgcount) for each in reader.connections]
        storage = _storage(bag)
        return BagSummary(storage, reader.duration / SECOND if reader.message_count else 0.0,
                          reader.message_count, sorted(topics, key=lambda each: each.name))
