"""The sound of a bag is decoded as its AudioInfo says, and refused where that is not possible."""

from __future__ import annotations

from pathlib import Path
import subprocess

import numpy as np
import pytest
from rosbags.rosbag2 import Writer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.bags.bag import typestore
from txt2vid_ros.media.bags.bag_video import video_of_bag

STORE = typestore()
BEGIN = 1000 * SECOND


def header(stamp: int, frame_id: str = '') -> object:
    time = STORE.types['builtin_interfaces/msg/Time'](sec=stamp // SECOND, nanosec=stamp % SECOND)
    return STORE.types['std_msgs/msg/Header'](stamp=time, frame_id=frame_id)


def write_bag(folder: Path, sample_format: str, channels: int, sound: bytes,
              late: int = 0) -> Path:
    """Write a bag with a second of grey pictures and one message of sound at 24 kHz."""
    audio_info = STORE.types['audio_common_msgs/msg/AudioInfo'](
        channels=channels, sample_rate=24000, sample_format=sample_format, bitrate=0,
        coding_format='WAVE')
    data = STORE.types['audio_common_msgs/msg/AudioData'](np.frombuffer(sound, np.uint8))
    audio = STORE.types['audio_common_msgs/msg/AudioDataStamped'](
        header=header(BEGIN, 'ann#1'), audio=data)
    grey = np.full(64 * 48 * 3, 128, np.uint8)
    pictures = [STORE.types['sensor_msgs/msg/Image'](
        header=header(BEGIN + at * SECOND // 25), height=48, width=64, encoding='bgr8',
        is_bigendian=0, step=64 * 3, data=grey) for at in range(25)]
    with Writer(folder, version=9) as writer:
        for topic, held in (('/a/voice/audio_info', [audio_info]), ('/a/voice/audio', [audio]),
                            ('/a/face/image_raw', pictures)):
            connection = writer.add_connection(topic, held[0].__msgtype__, typestore=STORE)
            for at, message in enumerate(held):
                after = late if topic.endswith('info') else 0
                writer.write(connection, BEGIN + at * SECOND // 25 + after,
                             bytes(STORE.serialize_cdr(message, connection.msgtype)))
    return folder


def test_two_channels_of_floats_are_mixed(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000)
    frames = np.stack([tone, np.zeros_like(tone)], axis=1).astype('<f4')
    bag = write_bag(tmp_path / 'bag', 'F32LE', 2, frames.tobytes())
    video = tmp_path / 'out.mkv'
    assert video_of_bag(bag, video, 25.0) == pytest.approx(1.0)
    decoded = subprocess.run(
        ['ffmpeg', '-v', 'error', '-i', str(video), '-f', 'f32le', '-ac', '1', '-'],
        check=True, capture_output=True).stdout
    heard = np.frombuffer(decoded, np.float32)
    middle = heard[len(heard) // 4:len(heard) * 3 // 4]
    # On one side only: as loud as on both.
    assert np.sqrt(np.mean(middle ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize('late', [0, SECOND // 2])
def test_sound_is_decoded_by_its_own_format_even_if_that_was_recorded_later(
        tmp_path: Path, late: int) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(24000) / 24000)
    bag = write_bag(tmp_path / 'bag', 'F32LE', 1, tone.astype('<f4').tobytes(), late)
    video_of_bag(bag, tmp_path / 'out.mkv', 25.0)
    decoded = subprocess.run(
        ['ffmpeg', '-v', 'error', '-i', str(tmp_path / 'out.mkv'), '-f', 'f32le', '-'],
        check=True, capture_output=True).stdout
    heard = np.frombuffer(decoded, np.float32)[4800:-4800]
    assert np.sqrt(np.mean(heard ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_a_format_that_is_unknown_is_named(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', 'U8', 1, bytes(24000))
    with pytest.raises(UserError, match=r"voice/audio has 1 channel of 'U8' at 24000 Hz"):
        video_of_bag(bag, tmp_path / 'out.mkv', 25.0)
    assert not (tmp_path / 'out.mkv').exists()
