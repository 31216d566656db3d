"""Face boxes over time, against the golden cases."""

from __future__ import annotations

from arrays import Golden
import numpy as np
import pytest
from txt2vid_ros.lipsync.face import boxes


@pytest.mark.parametrize('count', [1, 2, 3, 4, 5, 9])
def test_smoothing_equals_the_golden_cases(golden: Golden, count: int) -> None:
    data = golden('crop_paste_golden.npz')
    before = data[f'boxes_in{count}'].copy()
    np.testing.assert_array_equal(boxes.smoothed(before), data[f'boxes_out{count}'])
    np.testing.assert_array_equal(before, data[f'boxes_in{count}'])


def test_pads_equal_the_golden_case(golden: Golden) -> None:
    data = golden('crop_paste_golden.npz')
    padded = boxes.padded(data['rect_xyxy'][None], data['pads_tblr'], (320, 180))[0]
    top, bottom, left, right = data['box_y1y2x1x2']
    assert padded.tolist() == [left, top, right, bottom]


def test_pads_stop_at_the_edge() -> None:
    box = np.array([[5, 5, 90, 60]])
    assert boxes.padded(box, (10, 50, 10, 50), (100, 80)).tolist() == [[0, 0, 100, 80]]


def test_lost_frames_are_interpolated() -> None:
    seen = np.array([False, True, False, False, True, False])
    track = np.arange(6)[:, None] * 10.0 + np.arange(4)
    track[~seen] = 0
    filled = boxes.interpolated(track, seen)
    assert filled[:, 0].tolist() == [10, 10, 20, 30, 40, 40]
    assert filled[:, 3].tolist() == [13, 13, 23, 33, 43, 43]


def test_short_gaps_count_as_seen_and_long_ones_fade() -> None:
    seen = np.ones(40, bool)
    seen[5:8] = False
    seen[20:30] = False
    presence = boxes.presence(seen, longest_gap=5)
    assert np.all(presence[:17] == 1) and np.all(presence[33:] == 1)
    assert np.all(presence[20:30] == 0)
    assert np.all(np.diff(presence[16:21]) < 0) and np.all(np.diff(presence[29:34]) > 0)


def test_a_face_lost_at_both_ends() -> None:
    seen = np.zeros(10, bool)
    seen[5] = True
    assert boxes.presence(seen, longest_gap=1)[[0, 9]].tolist() == [0, 0]
    assert np.all(boxes.presence(seen, longest_gap=5) == 1)


def test_the_nearest_face_is_the_same_person() -> None:
    faces = np.array([[0.0, 0, 10, 10], [50, 0, 60, 10]])
    assert boxes.nearest(faces, None) == 0
    assert boxes.nearest(faces, np.array([48.0, 2, 57, 12])) == 1
