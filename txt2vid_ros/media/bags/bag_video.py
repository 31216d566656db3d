"""The video that the pictures and the voice of a bag make, without ROS."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import itertools
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import Reader
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import STREAM_RATE, to_s16, VOICE_RATE
from txt2vid_ros.media.bags.bag import opened, typestore
from txt2vid_ros.media.output.file_encoder import encoding_to, FileEncoder
from txt2vid_ros.media.sample_format import MonoDecoder, SampleFormat
from txt2vid_ros.media.speech_timeline import SpeechTimeline

LATEST_ARRIVAL = 2 * SECOND
"""Nanoseconds after its stamp by which a message has been recorded."""
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
PICTURES = (COMPRESSED, 'sensor_msgs/msg/Image')
SOUND = 'audio_common_msgs/msg/AudioDataStamped'
SOUND_INFO = 'audio_common_msgs/msg/AudioInfo'


def video_of_bag(bag: Path, file: Path, fps: float,
                 progress: Callable[[float], None] = lambda seconds: None) -> float:
    """
    Make a video of a bag's pictures and voice; return its length in seconds.

    Both are placed by their stamps; only a few seconds are held at a time. `progress` gets the
    seconds done. Raises UserError.
    """
    with opened(bag) as reader:
        pictures = _connection(reader, *PICTURES, wanted='face/image_raw')
        if pictures is None:
            raise UserError(
                f'{bag} has no pictures',
                'Record face/image_raw/compressed too; or replay heard into a running receiver '
                'and record that.')
        voice = _connection(reader, SOUND, wanted='voice/audio')
        infos = [each for each in reader.connections if voice is not None
                 and each.msgtype == SOUND_INFO and each.topic == f'{voice.topic}_info']
        chosen = [each for each in (pictures, voice, *infos) if each is not None]
        store = typestore()
        with _VideoWriter(file, FrameGrid.at(fps), progress) as writer:
            # Sound that was recorded before the first statement of its format has it, too.
            for connection, logged, data in itertools.islice(
                    reader.messages(connections=infos) if infos else (), 1):
                writer.take(store.deserialize_cdr(data, connection.msgtype), SOUND_INFO, logged)
            for connection, logged, data in reader.messages(connections=chosen):
                writer.take(store.deserialize_cdr(data, connection.msgtype), connection.msgtype,
                            logged)
            return writer.finish()


def _connection(reader: Reader, *kinds: str, wanted: str) -> Any:
    """Return a connection of one of the kinds, preferring earlier kinds and the wanted name."""
    for kind in kinds:
        found = [each for each in reader.connections if each.msgtype == kind and each.msgcount]
        found.sort(key=lambda each: wanted not in each.topic)
        if found and (wanted in found[0].topic or kind in PICTURES):
            return found[0]
    return None


class _VideoWriter:
    """Puts pictures and sound on the frame grid as they come, and writes what is complete."""

    def __init__(self, file: Path, grid: FrameGrid, progress: Callable[[float], None]) -> None:
        self._file = file
        self._grid = grid
        self._progress = progress
        self._speech = SpeechTimeline()
        self._format = SampleFormat(VOICE_RATE)
        self._decoder = MonoDecoder()
        self._waiting: dict[int, NDArray[np.uint8]] = {}
        self._encoder: FileEncoder | None = None
        self._open_file = contextlib.ExitStack()
        self._size = (0, 0)
        self._first = self._next = 0
        self._picture: NDArray[np.uint8] | None = None

    def __enter__(self) -> _VideoWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Complete the file; after an error, remove it."""
        self._open_file.__exit__(kind, error, trace)

    def take(self, message: Any, kind: str, logged: int) -> None:
        """Take a message of type `kind` that was recorded at `logged` nanoseconds."""
        if kind == SOUND_INFO:
            self._format = SampleFormat.parse('voice/audio', message.sample_format,
                                              int(message.channels), int(message.sample_rate),
                                              message.coding_format)
            return
        stamp = message.header.stamp.sec * SECOND + message.header.stamp.nanosec
        if kind == SOUND:
            samples = self._decoder.decode(self._format, message.audio.data)
            if len(samples):
                self._speech.push(message.header.frame_id, stamp, samples, self._format.rate)
            else:
                self._speech.end(message.header.frame_id, stamp)
            return
        picture = _decoded(message, kind)
        if picture is not None:
            place = self._grid.index(stamp)
            if self._encoder is None:
                self._encoder = self._begin(place, picture)
            self._waiting[place] = picture
            self._write(self._encoder, self._grid.index(logged - LATEST_ARRIVAL))

    def finish(self) -> float:
        """Write what is left; return the length in seconds. Raises UserError without pictures."""
        if self._encoder is None:
            raise UserError('none of the pictures in the bag can be decoded',
                            'Record face/image_raw/compressed.')
        self._write(self._encoder, max(self._waiting, default=self._next) + 1)
        return self._grid.seconds(self._next - self._first)

    def _begin(self, place: int, picture: NDArray[np.uint8]) -> FileEncoder:
        self._size = picture.shape[1] // 2 * 2, picture.shape[0] // 2 * 2
        self._first = self._next = place
        return self._open_file.enter_context(
            encoding_to(self._file, self._size, self._grid.fps, STREAM_RATE))

    def _write(self, encoder: FileEncoder, until: int) -> None:
        """Write all places before `until`; a missing picture repeats the one before it."""
        while self._next < until:
            picture = self._waiting.pop(self._next, self._picture)
            self._picture = picture
            if picture is None:
                self._next += 1
                continue
            start, stop = (self._sample_time(place) for place in (self._next, self._next + 1))
            sound = self._speech.samples(start, stop, STREAM_RATE)
            scaled = cv2.resize(picture, self._size) if picture.shape[1::-1] != self._size \
                else picture
            encoder.write(cv2.cvtColor(scaled, cv2.COLOR_BGR2YUV_I420).tobytes(),
                          to_s16(sound).tobytes())
            self._next += 1
            self._speech.forget(start)
            self._progress(self._grid.seconds(self._next - self._first))

    def _sample_time(self, place: int) -> float:
        return round(self._grid.stamp(place) * STREAM_RATE / SECOND) / STREAM_RATE


def _decoded(message: Any, kind: str) -> NDArray[np.uint8] | None:
    """Return a picture as (height, width, 3) BGR; None if its format is unknown."""
    data = np.asarray(message.data, np.uint8)
    if kind == COMPRESSED:
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return None if decoded is None else np.asarray(decoded, np.uint8)
    if message.encoding not in ('bgr8', 'rgb8') or len(data) < message.height * message.step:
        return None
    rows = data[:message.height * message.step].reshape(message.height, message.step)
    picture = rows[:, :message.width * 3].reshape(message.height, message.width, 3)
    return np.ascontiguousarray(picture[..., ::-1] if message.encoding == 'rgb8' else picture)
