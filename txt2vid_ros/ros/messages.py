"""Conversion of messages to the types of the engines and back."""

from __future__ import annotations

import array
from collections.abc import Iterable, Mapping, Sequence
import dataclasses
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from txt2vid_ros.core import pcm
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.monitoring.stage_mark import StageMark
from txt2vid_ros.core.mouth import MouthTrack, SHAPE_INDEX, SHAPES

LEVELS = {'ok': DiagnosticStatus.OK, 'warn': DiagnosticStatus.WARN,
          'error': DiagnosticStatus.ERROR}
ASKED = 'brows_up'
"""The joint that the clause of a question has besides those of the mouth."""
LEVEL_NAMES = {value: name for name, value in LEVELS.items()}


def to_time(stamp: int) -> Time:
    """Return nanoseconds as a Time message."""
    return Time(sec=stamp // SECOND, nanosec=stamp % SECOND)


def from_time(time: Time) -> int:
    """Return a Time message as nanoseconds."""
    return int(time.sec) * SECOND + int(time.nanosec)


def to_header(stamp: int, frame_id: str = '') -> Header:
    """Return a Header; `stamp` is nanoseconds."""
    return Header(stamp=to_time(stamp), frame_id=frame_id)


def _bytes(data: NDArray[Any]) -> array.array[int]:
    # rclpy takes an array.array as it is, but checks bytes and numpy arrays element by element.
    held = array.array('B')
    held.frombytes(memoryview(np.ascontiguousarray(data).data).cast('B'))
    return held


def to_audio(utterance: str, stamp: int, samples: NDArray[np.float32]) -> AudioDataStamped:
    """Return mono float32 samples in -1..1 as s16; no samples mark the end of the utterance."""
    message = AudioDataStamped()
    message.header.stamp = to_time(stamp)
    message.header.frame_id = utterance
    message.audio.data = _bytes(pcm.to_s16(samples))
    return message


def audio_info(rate: int) -> AudioInfo:
    """Return the AudioInfo of mono s16 PCM at `rate` Hz."""
    return AudioInfo(channels=1, sample_rate=rate, sample_format='S16LE', bitrate=rate * 16,
                     coding_format='WAVE')


def to_speech(speaker: str, stamp: int, locale: str, confidence: float, *, partial: str = '',
              final: str = '') -> LiveSpeech:
    """Return LiveSpeech (REP-155); the first word began at `stamp` (nanoseconds)."""
    message = LiveSpeech(incremental=partial, final=final, confidence=float(confidence),
                         locale=locale)
    message.header.stamp = to_time(stamp)
    message.header.frame_id = speaker
    return message


def to_speakers(speakers: Iterable[tuple[str, str, Sequence[str]]]) -> DiagnosticArray:
    """Return who can speak: a status for each speaker id, with its voice and its languages."""
    return DiagnosticArray(status=[DiagnosticStatus(name=speaker, values=[
        KeyValue(key='voice', value=voice),
        KeyValue(key='languages', value=' '.join(languages))])
        for speaker, voice, languages in speakers])


def from_speakers(message: DiagnosticArray) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the speaker ids of a message, each with its voice and its languages."""
    found = []
    for status in message.status:
        values = {each.key: each.value for each in status.values}
        found.append((status.name, values.get('voice', ''),
                      tuple(values.get('languages', '').split())))
    return found


def to_trajectory(utterance: str, track: MouthTrack) -> JointTrajectory:
    """Return mouth shapes as joints; the stamp is the time of the first point."""
    start = round(float(track.times[0]) * SECOND)
    asked = {ASKED: 1.0} if track.asked else {}
    message = JointTrajectory(joint_names=[*SHAPES, *asked])
    message.header.stamp = to_time(start)
    message.header.frame_id = utterance
    for time, pose in zip(track.times, track.poses, strict=True):
        after = max(0, round(float(time) * SECOND) - start)
        message.points.append(JointTrajectoryPoint(
            positions=array.array('d', [*pose.tolist(), *asked.values()]),
            time_from_start=Duration(sec=after // SECOND, nanosec=after % SECOND)))
    return message


def from_trajectory(message: JointTrajectory) -> MouthTrack | None:
    """
    Return the mouth shapes of a message, or None where it has none that are known.

    Joints that are neither in SHAPES nor ASKED are ignored, missing ones are at rest, and points
    that go back in time or lack a position are left out.
    """
    columns = [(at, SHAPE_INDEX[name]) for at, name in enumerate(message.joint_names)
               if name in SHAPE_INDEX]
    start = from_time(message.header.stamp) / SECOND
    times: list[float] = []
    poses: list[NDArray[np.float32]] = []
    for point in message.points:
        time = start + point.time_from_start.sec + point.time_from_start.nanosec / SECOND
        if len(point.positions) != len(message.joint_names) or (times and time <= times[-1]):
            continue
        pose = np.zeros(len(SHAPES), np.float32)
        for at, shape in columns:
            pose[shape] = min(max(point.positions[at], 0.0), 1.0)
        times.append(time)
        poses.append(pose)
    if not columns or not times or not np.isfinite(poses).all():
        return None
    return MouthTrack(np.asarray(times, np.float64), np.asarray(poses, np.float32),
                      ASKED in message.joint_names)


def to_image(frame: NDArray[np.uint8], stamp: int, frame_id: str) -> Image:
    """Return a BGR picture (height, width, 3) as bgr8."""
    height, width = frame.shape[:2]
    message = Image(height=height, width=width, encoding='bgr8', step=width * 3)
    message.header.stamp = to_time(stamp)
    message.header.frame_id = frame_id
    message.data = _bytes(frame)
    return message


def to_compressed(jpeg: NDArray[np.uint8], stamp: int, frame_id: str) -> CompressedImage:
    """Return the bytes of a JPEG with the format string that image_transport uses."""
    message = CompressedImage(format='bgr8; jpeg compressed bgr8')
    message.header.stamp = to_time(stamp)
    message.header.frame_id = frame_id
    message.data = _bytes(jpeg)
    return message


def to_diagnostics(stamp: int, name: str, hardware: str, level: str, line: str,
                   figures: Mapping[str, Any]) -> DiagnosticArray:
    """Return what a node says of itself; `level` is 'ok', 'warn' or 'error'."""
    message = DiagnosticArray(status=[DiagnosticStatus(
        level=LEVELS[level], name=name, message=line, hardware_id=hardware,
        values=[KeyValue(key=key, value=as_text(value)) for key, value in figures.items()])])
    message.header.stamp = to_time(stamp)
    return message


def plain_status(status: DiagnosticStatus) -> DiagnosticStatus:
    """Return a status of a class derived from DiagnosticStatus as that itself."""
    return DiagnosticStatus(level=status.level, name=status.name, message=status.message,
                            hardware_id=status.hardware_id, values=status.values)


@dataclasses.dataclass(frozen=True)
class NodeReport:
    """What a node says of itself."""

    node: str
    """Its name, without the namespace."""
    kind: str
    level: str
    line: str
    values: Mapping[str, str]


def from_diagnostics(message: DiagnosticArray, namespace: str) -> list[NodeReport]:
    """Return what a message tells of the nodes of a namespace."""
    prefix = f'/{namespace.strip("/")}/'.replace('//', '/')
    found = []
    for status in message.status:
        node, _, kind = status.name.removeprefix(prefix).partition(': ')
        if status.name.startswith(prefix) and '/' not in node:
            found.append(NodeReport(
                node, kind, LEVEL_NAMES.get(status.level, 'error'), status.message,
                {each.key: each.value for each in status.values}))
    return found


def to_mark(mark: StageMark) -> DiagnosticArray:
    """Return a mark as a message."""
    return DiagnosticArray(header=to_header(mark.at), status=[DiagnosticStatus(
        name=mark.utterance, hardware_id=mark.node, message=mark.stage,
        values=[KeyValue(key=key, value=value) for key, value in (
            ('text', mark.text), ('link_id', mark.link_id)) if value])])


def as_text(value: Any) -> str:
    """Return a figure as diagnostics tell it."""
    return f'{value:.4g}' if isinstance(value, float) else str(value)
