"""Messages carry what engines exchange, and malformed ones do not reach the engines."""

from __future__ import annotations

import array

from audio_common_msgs.msg import AudioDataStamped
import numpy as np
import pytest
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from txt2vid_ros.core.mouth import MouthTrack, SHAPES
from txt2vid_ros.core.pcm import from_s16
from txt2vid_ros.media.sample_format import SampleFormat
from txt2vid_ros.ros import messages

STAMP = 1_700_000_000_123_456_789


def test_stamps_keep_every_nanosecond() -> None:
    for stamp in (STAMP, 0, -1, 999_999_999):
        assert messages.from_time(messages.to_time(stamp)) == stamp


def test_sound_survives_as_s16() -> None:
    samples = np.linspace(-1.5, 1.5, 960, dtype=np.float32)
    message = messages.to_audio('anna#1', STAMP, samples)
    assert message.header.frame_id == 'anna#1'
    assert len(message.audio.data) == 1920
    assert from_s16(message.audio.data) == pytest.approx(np.clip(samples, -1, 1), abs=1e-4)


def test_an_odd_last_byte_of_sound_is_cut() -> None:
    message = AudioDataStamped()
    message.audio.data = array.array('B', [0, 64, 7])
    assert SampleFormat(24000).decode(message.audio.data).tolist() == [0.5]


def test_mouth_shapes_survive() -> None:
    times = np.array([100.0, 100.04, 101.5])
    poses = np.random.default_rng(1).random((3, len(SHAPES))).astype(np.float32)
    message = messages.to_trajectory('anna#1', MouthTrack(times, poses))
    track = messages.from_trajectory(message)
    assert track is not None
    assert track.times == pytest.approx(times)
    assert track.poses == pytest.approx(poses)


def test_joints_that_are_not_known_are_left_out_and_missing_ones_rest() -> None:
    message = JointTrajectory(joint_names=['nose', 'jaw_open'])
    message.points = [JointTrajectoryPoint(positions=[0.3, 1.7])]
    track = messages.from_trajectory(message)
    assert track is not None
    assert track.poses[0].tolist() == [1.0] + [0.0] * (len(SHAPES) - 1)


@pytest.mark.parametrize('message', [
    JointTrajectory(),
    JointTrajectory(joint_names=['jaw_open']),
    JointTrajectory(joint_names=['nose'], points=[JointTrajectoryPoint(positions=[0.5])]),
    JointTrajectory(joint_names=['jaw_open'], points=[JointTrajectoryPoint(positions=[])]),
    JointTrajectory(joint_names=['jaw_open'],
                    points=[JointTrajectoryPoint(positions=[float('nan')])]),
], ids=['nothing', 'no points', 'unknown joint', 'no positions', 'no number'])
def test_a_message_without_mouth_shapes_is_none(message: JointTrajectory) -> None:
    assert messages.from_trajectory(message) is None


def test_points_that_go_back_in_time_are_left_out() -> None:
    message = JointTrajectory(joint_names=['jaw_open'])
    for seconds in (0, 2, 1, 3):
        point = JointTrajectoryPoint(positions=[seconds / 4])
        point.time_from_start.sec = seconds
        message.points.append(point)
    track = messages.from_trajectory(message)
    assert track is not None
    assert track.times.tolist() == [0, 2, 3]


@pytest.mark.parametrize('asked', [False, True])
def test_a_question_is_known_by_a_joint_of_its_own(asked: bool) -> None:
    track = MouthTrack(np.array([5.0, 5.5]), np.zeros((2, len(SHAPES)), np.float32), asked)
    message = messages.to_trajectory('anna#1', track)
    assert ('brows_up' in message.joint_names) == asked
    back = messages.from_trajectory(message)
    assert back is not None
    assert back.asked == asked
    assert np.array_equal(back.poses, track.poses)
