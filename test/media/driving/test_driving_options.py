"""Turning, scaling, cropping and looping of driving media."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.driving.options import CrossFaded, DrivingOptions, Frame


@pytest.fixture
def picture(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a picture of 60x40 with one bright quarter, at the top left."""
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[:20, :30] = 200
    path = tmp_path / 'quarter.png'
    cv2.imwrite(str(path), frame)
    return path


@pytest.fixture
def video(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a video of 64x48 at 10 frames a second whose 30 frames get brighter."""
    path = tmp_path / 'brighter.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for k in range(30):
        writer.write(np.full((48, 64, 3), 8 * k, np.uint8))
    writer.release()
    return path


def brightness(media: DrivingMedia) -> list[float]:
    return [float(np.mean(frame)) for frame in media.frames]


@pytest.mark.parametrize(('options', 'size', 'bright'), [
    ({}, (60, 40), (5, 5)),
    ({'rotate': 90}, (40, 60), (5, 35)),
    ({'rotate': 180}, (60, 40), (35, 55)),
    ({'rotate': 270}, (40, 60), (55, 5)),
    ({'resize_factor': 2}, (30, 20), (5, 5)),
    ({'crop': (0, 20, 0, 30)}, (30, 20), (19, 29)),
    ({'crop': (10, -1, 20, -1)}, (40, 30), (5, 5)),
    ({'rotate': 90, 'crop': (0, 30, 20, 40)}, (20, 30), (5, 15)),
])
def test_a_picture_is_scaled_turned_and_cropped(
        picture: pathlib.Path, options: dict[str, Any], size: tuple[int, int],
        bright: tuple[int, int]) -> None:
    media = load_driving(picture, options=DrivingOptions(**options))
    assert media.size == size
    assert media.frames[0][bright][0] == 200


def test_options_come_before_the_frame_is_fitted(picture: pathlib.Path) -> None:
    media = load_driving(picture, width=80, height=80, options=DrivingOptions(crop=(0, 20, 0, 20)))
    assert media.size == (80, 80)
    assert media.frames[0].min() == 200     # no bars: what is left is square


def test_every_option_changes_the_digest(picture: pathlib.Path) -> None:
    choices: list[dict[str, Any]] = [
        {}, {'static': True}, {'rotate': 180}, {'resize_factor': 2}, {'crop': (0, 20, 0, 20)},
        {'loop': 'cross-fade'}]
    digests = {load_driving(picture, options=DrivingOptions(**one)).digest for one in choices}
    assert len(digests) == len(choices)
    assert load_driving(picture).digest in digests


@pytest.mark.parametrize(('options', 'said'), [
    ({'resize_factor': 0}, 'resize_factor is 0'),
    ({'rotate': 45}, 'rotate is 45'),
    ({'fps': -1.0}, 'fps is -1'),
    ({'crop': (0, 0, 0)}, 'crop is'),
    ({'crop': (0, -2, 0, -1)}, 'crop is'),
    ({'loop': 'jump'}, "loop is 'jump'"),
    ({'backdrop': 'green'}, "face.backdrop is 'green'. Write it as #rrggbb"),
])
def test_options_that_cannot_be_are_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        DrivingOptions(**options)
    assert caught.value.remedy


def test_a_crop_that_leaves_nothing_is_named(picture: pathlib.Path) -> None:
    with pytest.raises(UserError, match='leaves nothing of a picture of 60x40'):
        load_driving(picture, options=DrivingOptions(crop=(50, 60, 0, -1)))


def test_a_picture_without_room_for_a_face_is_too_small_not_cropped(
        tmp_path: pathlib.Path) -> None:
    file = tmp_path / 'one.png'
    cv2.imwrite(str(file), np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(UserError, match='1x1 pixels, which are too few'):
        load_driving(file)


def test_static_takes_the_first_frame_alone(video: pathlib.Path) -> None:
    media = load_driving(video, options=DrivingOptions(static=True))
    assert len(media.frames) == 1 and brightness(media)[0] < 4
    assert {media.index_at(t) for t in (0.0, 1.0, 77.7)} == {0}


def test_a_video_is_shown_at_the_rate_asked_for(video: pathlib.Path) -> None:
    media = load_driving(video, options=DrivingOptions(fps=5))
    assert media.fps == 5 and len(media.frames) == 15
    assert np.all(np.diff(brightness(media)) > 0)


def test_ping_pong_turns_back_at_the_end(video: pathlib.Path) -> None:
    media = load_driving(video)
    assert media.fps == pytest.approx(10)
    shown = [media.index_at((k + 0.5) / 10) for k in range(70)]
    assert shown[:30] == list(range(30)) and shown[30:58] == list(range(28, 0, -1))
    assert max(abs(a - b) for a, b in itertools.pairwise(shown)) == 1


def test_cross_fade_goes_on_forwards_without_a_jump(video: pathlib.Path) -> None:
    media = load_driving(video, options=DrivingOptions(loop='cross-fade'))
    assert len(media.frames) == 25
    shown = [float(np.mean(media.frames[media.index_at((k + 0.5) / 10)])) for k in range(75)]
    steps = np.abs(np.diff(shown))
    # The clip jumps by 232 where it would start anew; the fade spreads that over half a second.
    assert steps.max() < 60
    assert shown[25:50] == shown[:25]
    np.testing.assert_allclose(shown[5:25], [8 * k for k in range(5, 25)], atol=4)


def test_a_clip_of_two_frames_has_no_fade() -> None:
    frames: list[Frame] = [np.full((4, 4, 3), k, np.uint8) for k in (10, 20)]
    looped = CrossFaded(frames, 12)
    assert [frame[0, 0, 0] for frame in looped] == [10, 20]
    assert [frame[0, 0, 0] for frame in looped[:]] == [10, 20]
