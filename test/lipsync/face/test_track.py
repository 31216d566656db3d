"""The face is found once, wherever it is and however large, and remembered on disk."""

from __future__ import annotations

import dataclasses
import io
import mmap
import pathlib
import sys
from typing import Any

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face import cache, mesh_points
from txt2vid_ros.lipsync.face.mesh import FaceMesh, MESH_POINTS
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving


@pytest.fixture(scope='module')
def mesh() -> FaceMesh:
    return FaceMesh()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def portrait(width: int = 640) -> np.ndarray:
    return np.array(load_driving(width=width).frames[0])


def media(*frames: np.ndarray, digest: str = 'a' * 64) -> DrivingMedia:
    return DrivingMedia(list(frames), 25, digest, pathlib.Path('somebody.png'))


def never() -> FaceMesh:
    raise AssertionError('the networks were asked for')


def test_the_mesh_lies_on_the_face(mesh: FaceMesh) -> None:
    picture = portrait()
    points = find_face(media(picture), lambda: mesh).points[0]
    lips = points[list(mesh_points.LOWER_OUTER), :2]
    eyes = points[[33, 263], :2]
    assert eyes[0, 0] < lips[:, 0].min() < lips[:, 0].max() < eyes[1, 0]
    # The teeth of her smile are the brightest thing between the lips.
    between = points[[13, 14], :2].mean(0).astype(int)
    assert picture[between[1], between[0]].min() > 150


def test_a_face_of_80_pixels_in_a_large_picture_is_found(mesh: FaceMesh) -> None:
    picture = np.full((960, 1280, 3), 120, np.uint8)
    small = portrait(256)  # her face is about 80 pixels wide in it
    picture[600:600 + small.shape[0], 900:900 + small.shape[1]] = small
    points = find_face(media(picture), lambda: mesh).points[0]
    assert 60 < np.ptp(points[:, 0]) < 110
    assert 900 < points[:, 0].mean() < 1156


def test_a_face_that_fills_the_picture_is_found(mesh: FaceMesh) -> None:
    picture = cv2.resize(portrait(960)[150:620, 250:720], (1200, 1200))
    points = find_face(media(picture), lambda: mesh).points[0]
    assert np.ptp(points[:, 0]) > 600


def test_a_tilted_head_is_found(mesh: FaceMesh) -> None:
    matrix = cv2.getRotationMatrix2D((320, 240), 30, 1)
    turned = cv2.warpAffine(portrait(), matrix, (640, 480), borderValue=(128, 128, 128))
    eyes = find_face(media(turned), lambda: mesh).points[0][[33, 263], :2]
    slope = np.degrees(np.arctan2(*(eyes[1] - eyes[0])[::-1]))
    assert -38 < slope < -22


def test_of_two_faces_the_larger_speaks_and_that_is_said(mesh: FaceMesh) -> None:
    large, small = portrait(640), portrait(400)
    both = np.full((480, 1040, 3), 120, np.uint8)
    both[:, :640] = large
    both[100:400, 640:] = small
    track = find_face(media(both), lambda: mesh)
    assert track.points[0][:, 0].mean() < 640
    assert any('2 faces' in line and 'largest' in line for line in track.notices)


def test_of_two_people_the_one_who_was_lost_goes_on_speaking(mesh: FaceMesh) -> None:
    large, small = portrait(640), portrait(400)
    both = np.full((480, 1040, 3), 120, np.uint8)
    both[100:400, 640:] = small
    alone = both.copy()
    both[:, :640] = large
    back = alone.copy()     # farther away now: the other face is the larger one
    back[150:390, 140:460] = portrait(320)
    track = find_face(media(both, alone, alone, back), lambda: mesh)
    assert track.seen.tolist() == [True, False, False, True]
    assert track.points[3][:, 0].mean() < 460


class Terminal(io.StringIO):
    """A text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_the_search_is(
        mesh: FaceMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    find_face(media(*[portrait(320)] * 3), lambda: mesh)
    assert 'finding the face' in terminal.getvalue() and '/3 ' in terminal.getvalue()


@pytest.mark.parametrize('picture', [
    np.full((480, 640, 3), 127, np.uint8),
    np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8),
])
def test_no_face_says_so_with_the_remedy(mesh: FaceMesh, picture: np.ndarray) -> None:
    with pytest.raises(UserError, match=r'no face found in somebody\.png') as caught:
        find_face(media(picture), lambda: mesh)
    assert 'from the front' in str(caught.value)


def test_a_result_is_kept_and_read_back_without_the_networks(mesh: FaceMesh) -> None:
    first = find_face(media(portrait()), lambda: mesh)
    again = find_face(media(portrait()), never)
    assert np.array_equal(first.points, again.points)
    assert again.notices == first.notices


@pytest.mark.parametrize('damage', [b'', b'no archive', b'PK\x03\x04' + bytes(50)])
def test_a_damaged_cache_is_replaced(mesh: FaceMesh, damage: bytes) -> None:
    first = find_face(media(portrait()), lambda: mesh)
    path = cache.entry_path('a' * 64)
    path.write_bytes(damage)
    assert np.array_equal(find_face(media(portrait()), lambda: mesh).points, first.points)
    assert np.array_equal(find_face(media(portrait()), never).points, first.points)


def test_a_kept_result_names_the_file_that_was_given(mesh: FaceMesh) -> None:
    seen, empty = portrait(), np.full_like(portrait(), 120)
    find_face(media(seen, empty, seen), lambda: mesh)
    copy = dataclasses.replace(media(seen, empty, seen), source=pathlib.Path('copy.png'))
    assert find_face(copy, never).notices == (
        'copy.png: no face in 1 of 3 frames, shown as they are',)


class Wandering:
    """Stands for the face networks: the face is somewhere else in every frame."""

    def __init__(self, where: np.ndarray) -> None:
        self.where = iter(where)
        self.face = np.random.default_rng(0).uniform(10, 50, (MESH_POINTS, 3))

    def detect(self, frame: np.ndarray) -> list[object]:
        return [object()]

    def landmarks(self, frame: np.ndarray, face: object) -> tuple[np.ndarray, float]:
        return self.track(frame, self.face)

    def track(self, frame: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, float]:
        return (self.face + next(self.where)).astype(np.float32), 1.0


def test_the_track_of_a_long_clip_is_that_of_a_short_one_and_lies_on_disk() -> None:
    where = np.random.default_rng(1).uniform(0, 2, (2300, 1, 1))
    networks: Any = Wandering(where)
    found = find_face(media(*[np.full((64, 64, 3), 90, np.uint8)] * 2300), lambda: networks)
    padded = np.concatenate([where[:1], where, where[-1:]])
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    assert np.allclose(found.points, networks.face + smooth, atol=1e-4)
    # Of a file that is mapped: what is not looked at takes no memory.
    mapped = found.points
    while isinstance(mapped, np.ndarray) and mapped.base is not None:
        mapped = mapped.base
    assert isinstance(mapped, mmap.mmap)


def test_a_cache_of_other_media_or_of_nonsense_is_not_used(mesh: FaceMesh) -> None:
    find_face(media(portrait()), lambda: mesh)
    with pytest.raises(AssertionError, match='asked for'):
        find_face(media(portrait(), digest='b' * 64), never)
    with pytest.raises(AssertionError, match='asked for'):
        find_face(media(portrait(), portrait()), never)
    entry = cache.load('a' * 64, 1)
    assert entry is not None
    cache.save('a' * 64, dataclasses.replace(entry, points=entry.points * np.nan))
    assert cache.load('a' * 64, 1) is None


def test_a_cache_that_cannot_be_written_does_no_harm(
    mesh: FaceMesh, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / 'cache').write_text('a file where the folder should be')
    assert find_face(media(portrait()), lambda: mesh).presence[0] == 1
    assert 'cannot be written' in caplog.text


def test_lost_faces_are_filled_in_between_and_marked(mesh: FaceMesh) -> None:
    seen = portrait()
    moved = np.roll(seen, 40, axis=1)
    empty = np.full_like(seen, 120)
    track = find_face(media(seen, empty, moved), lambda: mesh)
    assert track.presence[1] == 0
    assert 0 < track.presence[0] < 1  # already fading
    assert track.presence[0] == track.presence[2]
    x = track.points[:, :, 0].mean(1)
    assert x[0] < x[1] < x[2]
    assert any('1 of 3 frames' in line for line in track.notices)


def test_a_missing_or_damaged_model_file_says_what_to_do(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    with pytest.raises(UserError, match='is missing') as caught:
        FaceMesh()
    assert 'txt2vid models fetch' in str(caught.value)
    (tmp_path / 'face_detection_short_range.tflite').write_bytes(b'<html>not found</html>')
    with pytest.raises(UserError, match=r'is not loaded: .*txt2vid models fetch'):
        FaceMesh()


def masked(colour: tuple[int, int, int]) -> np.ndarray:
    picture = portrait()
    points = find_face(media(picture, digest='e' * 64), FaceMesh).points[0]
    outline = points[[205, 50, 132, 172, 150, 152, 379, 397, 361, 280, 425, 5], :2]
    cv2.fillPoly(picture, [outline.astype(np.int32)], colour)
    return picture


@pytest.mark.parametrize('colour', [(190, 150, 90), (235, 238, 236), (30, 30, 32)])
def test_a_mask_over_the_mouth_is_named(mesh: FaceMesh, colour: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match=r'covered|no face found'):
        find_face(media(masked(colour)), lambda: mesh)


def test_a_mask_in_some_frames_of_a_video_fades_the_mouth_out(mesh: FaceMesh) -> None:
    seen, hidden = portrait(), masked((190, 150, 90))
    track = find_face(media(seen, hidden, seen), lambda: mesh)
    assert track.presence[1] == 0
    assert track.presence[0] > 0


def test_sunglasses_and_grey_pictures_are_no_obstacle(mesh: FaceMesh) -> None:
    picture = portrait()
    points = find_face(media(picture), lambda: mesh).points[0]
    for eye in (points[[33, 133], :2], points[[263, 362], :2]):
        centre = eye.mean(0).astype(int)
        middle = (int(centre[0]), int(centre[1]))
        cv2.ellipse(picture, middle, (38, 26), 0, 0, 360, (15, 15, 15), -1)
    assert find_face(media(picture, digest='f' * 64), lambda: mesh).presence[0] == 1
    grey = cv2.cvtColor(cv2.cvtColor(portrait(), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert find_face(media(grey, digest='9' * 64), lambda: mesh).presence[0] == 1


def test_a_face_turned_too_far_is_named(mesh: FaceMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    turned = find_face(media(portrait()), lambda: mesh).points[0].copy()
    angle = np.radians(70)
    x, z = turned[:, 0] - 320, turned[:, 2]
    turned[:, 0], turned[:, 2] = 320 + x * np.cos(angle), z * np.cos(angle) + x * np.sin(angle)
    monkeypatch.setattr(mesh, 'landmarks', lambda image, face: (turned, 0.9))
    with pytest.raises(UserError, match='degrees to the side'):
        find_face(media(portrait(), digest='8' * 64), lambda: mesh)
