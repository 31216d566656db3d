"""Bags, read without ROS: what is in them, and the video that their pictures and voice make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from rosbags.typesys.store import Typestore
import yaml

from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.media.output.file_encoder import FileEncoder
from txt2vid_ros.media.sample_format import SampleFormat
from txt2vid_ros.media.speech_timeline import SpeechTimeline

RATE = 48000
LATE = 2 * SECOND
"""Nanoseconds after which nothing that belongs to a moment is still to come in a bag."""
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
PICTURES = ('sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/Image')
SOUND = 'audio_common_msgs/msg/AudioDataStamped'
INFO = 'audio_common_msgs/msg/AudioInfo'


def typestore() -> Typestore:
    """Return the types of ROS 2 Jazzy and of this project's messages."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, definition in DEFINITIONS.items():
        store.register(get_types_from_msg(definition, name))
    return store


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic in a bag."""

    name: str
    kind: str
    count: int


@dataclasses.dataclass(frozen=True)
class Summary:
    """What is in a bag."""

    storage: str
    seconds: float
    messages: int
    topics: list[Topic]


@contextlib.contextmanager
def opened(bag: Path) -> Iterator[Reader]:
    """Open a bag. Raises UserError where it is none."""
    try:
        reader = Reader(bag)
        reader.open()
    except (ReaderError, OSError, ValueError, KeyError, AssertionError) as error:
        raise UserError(f'{bag} cannot be read as a bag: {" ".join(str(error).split())}',
                        'Give the folder in which its metadata.yaml lies.') from error
    try:
        yield reader
    finally:
        reader.close()


def summary(bag: Path) -> Summary:
    """Return what is in a bag. Raises UserError."""
    with opened(bag) as reader:
        topics = [Topic(each.topic, each.msgtype, each.msgcount) for each in reader.connections]
        told = yaml.safe_load((bag / 'metadata.yaml').read_text('utf-8'))
        storage = told['rosbag2_bagfile_information']['storage_identifier']
        return Summary(storage, reader.duration / SECOND if reader.message_count else 0.0,
                       reader.message_count, sorted(topics, key=lambda each: each.name))


def render(bag: Path, file: Path, fps: float,
           progress: Callable[[float], None] = lambda seconds: None) -> float:
    """Make a video of a bag's pictures and voice; return its length in seconds.

    Both lie where their stamps say; only a few seconds are held at a time. Raises UserError, also
    for sound in a format that cannot be decoded.
    """
    with opened(bag) as reader:
        pictures = _connection(reader, *PICTURES, wanted='face/image_raw')
        if pictures is None:
            raise UserError(
                f'{bag} has no pictures',
                'Record face/image_raw/compressed too; or replay heard into a running receiver '
                'and record that.')
        voice = _connection(reader, SOUND, wanted='voice/audio')
        chosen = [each for each in reader.connections
                  if each in (pictures, voice) or each.topic.endswith('voice/audio_info')]
        film = _Film(file, FrameGrid.at(fps), progress)
        store = typestore()
        try:
            for connection, logged, data in reader.messages(connections=chosen):
                film.take(store.deserialize_cdr(data, connection.msgtype), connection.msgtype,
                          logged)
            return film.finish()
        finally:
            film.close()


def _connection(reader: Reader, *kinds: str, wanted: str) -> Any:
    """Return the connection of one of the kinds, the first kind and the wanted name first."""
    for kind in kinds:
        found = [each for each in reader.connections if each.msgtype == kind and each.msgcount]
        found.sort(key=lambda each: wanted not in each.topic)
        if found and (wanted in found[0].topic or kind in PICTURES):
            return found[0]
    return None


class _Film:
    """Puts pictures and sound on the frame grid as they come, and writes what is complete."""

    def __init__(self, file: Path, grid: FrameGrid, progress: Callable[[float], None]) -> None:
        self._file = file
        self._grid = grid
        self._progress = progress
        self._speech = SpeechTimeline()
        self._format = SampleFormat(VOICE_RATE)
        self._waiting: dict[int, NDArray[np.uint8]] = {}
        self._encoder: FileEncoder | None = None
        self._size = (0, 0)
        self._first = self._next = 0
        self._picture: NDArray[np.uint8] | None = None

    def take(self, message: Any, kind: str, logged: int) -> None:
        if kind == INFO:
            self._format = SampleFormat.parse('voice/audio', message.sample_format,
                                              int(message.channels), int(message.sample_rate))
            return
        stamp = message.header.stamp.sec * SECOND + message.header.stamp.nanosec
        if kind == SOUND:
            samples = self._format.decode_mono(message.audio.data)
            if len(samples):
                self._speech.push(message.header.frame_id, stamp, samples, self._format.rate)
            else:
                self._speech.end(message.header.frame_id, stamp)
            return
        picture = _decoded(message, kind)
        if picture is not None:
            place = self._grid.index(stamp)
            if self._encoder is None:
                self._begin(place, picture)
            self._waiting[place] = picture
            self._write(self._grid.index(logged - LATE))

    def finish(self) -> float:
        if self._encoder is None:
            raise UserError('none of the pictures in the bag can be decoded',
                            'Record face/image_raw/compressed.')
        self._write(max(self._waiting, default=self._next) + 1)
        encoder, self._encoder = self._encoder, None
        encoder.__exit__(None, None, None)
        return self._grid.seconds(self._next - self._first)

    def close(self) -> None:
        if self._encoder is not None:
            # Not finished: what there is of the file is removed.
            self._encoder.__exit__(RuntimeError, None, None)
            self._encoder = None

    def _begin(self, place: int, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        self._size = (width, height)
        self._first = self._next = place
        self._encoder = FileEncoder(self._file, width, height, self._grid.fps, RATE)

    def _write(self, until: int) -> None:
        """Write all places before `until`; a missing picture is the one before it."""
        assert self._encoder is not None
        while self._next < until:
            picture = self._waiting.pop(self._next, self._picture)
            self._picture = picture
            if picture is None:
                self._next += 1
                continue
            start, stop = (self._sample_time(place) for place in (self._next, self._next + 1))
            sound = self._speech.samples(start, stop, RATE)
            fitted = cv2.resize(picture, self._size) if picture.shape[1::-1] != self._size \
                else picture
            self._encoder.write(cv2.cvtColor(fitted, cv2.COLOR_BGR2YUV_I420).tobytes(),
                                (np.clip(sound, -1, 1) * 32767).astype('<i2').tobytes())
            self._next += 1
            self._speech.forget(start)
            self._progress(self._grid.seconds(self._next - self._first))

    def _sample_time(self, place: int) -> float:
        return round(self._grid.stamp(place) * RATE / SECOND) / RATE


def _decoded(message: Any, kind: str) -> NDArray[np.uint8] | None:
    """Return a picture as BGR; None where it is in no format that we know."""
    data = np.asarray(message.data, np.uint8)
    if kind == PICTURES[0]:
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return None if decoded is None else np.asarray(decoded, np.uint8)
    if message.encoding not in ('bgr8', 'rgb8') or len(data) < message.height * message.step:
        return None
    rows = data[:message.height * message.step].reshape(message.height, message.step)
    picture = rows[:, :message.width * 3].reshape(message.height, message.width, 3)
    return np.ascontiguousarray(picture[..., ::-1] if message.encoding == 'rgb8' else picture)
