"""What is said of a face whose mouth is cut off, in the bars, or small: the true reason."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.mesh_points import CHIN, UPPER_INNER
from txt2vid_ros.lipsync.face.track import FaceTrack, find_face
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT, DrivingMedia, load_driving


@pytest.fixture(scope='module')
def mesh() -> FaceMesh:
    return FaceMesh()


def track(mesh: FaceMesh, media: DrivingMedia) -> FaceTrack:
    return find_face(media, lambda: mesh, use_cache=False)


def cut_below(folder: pathlib.Path, mesh: FaceMesh, point: int, more: int) -> pathlib.Path:
    """Write the portrait cut off `more` pixels below a point of its face."""
    points = track(mesh, load_driving(BUILT_IN_PORTRAIT)).points[0]
    picture = cv2.imread(str(BUILT_IN_PORTRAIT))
    path = folder / 'cut.png'
    cv2.imwrite(str(path), picture[:int(points[point, 1]) + more])
    return path


@pytest.mark.parametrize('size', [
    {}, {'width': 640, 'height': 480}, {'width': 480, 'height': 640}])
@pytest.mark.parametrize(('point', 'more', 'part'), [
    (2, 10, 'mouth'), (UPPER_INNER[5], 0, 'mouth'), (CHIN, -40, 'chin')])
def test_a_mouth_that_is_cut_off_is_not_called_covered(
        tmp_path: pathlib.Path, mesh: FaceMesh, size: dict[str, int], point: int, more: int,
        part: str) -> None:
    media = load_driving(cut_below(tmp_path, mesh, point, more), **size)
    with pytest.raises(UserError, match=f'the {part} of the face in .*cut.png lies outside'):
        track(mesh, media)


def test_a_chin_at_the_edge_speaks(tmp_path: pathlib.Path, mesh: FaceMesh) -> None:
    media = load_driving(cut_below(tmp_path, mesh, CHIN, 2), width=640, height=480)
    assert track(mesh, media).presence[0] == 1


def test_frames_whose_mouth_is_cut_off_are_shown_as_they_are(mesh: FaceMesh) -> None:
    whole = np.array(load_driving(width=640, height=480).frames[0])
    chin = int(track(mesh, DrivingMedia([whole], 25, 'x')).points[0, CHIN, 1])
    gone = np.zeros_like(whole)
    gone[480 - chin + 60:] = whole[:chin - 60]
    frames = [whole, whole, gone, gone, gone]
    found = track(mesh, DrivingMedia(frames, 25, 'y', pathlib.Path('a.mp4')))
    assert found.seen.all()
    assert found.presence[0] > 0
    assert not found.presence[3:].any()
    assert any('lies outside the picture in 2 of 5 frames' in line for line in found.notices)


def test_a_small_face_gets_a_notice_that_names_the_option(mesh: FaceMesh) -> None:
    picture = np.full((480, 640, 3), 120, np.uint8)
    small = np.array(load_driving(width=160, height=120).frames[0])
    picture[200:320, 300:460] = small
    found = track(mesh, DrivingMedia([picture], 25, 'z', pathlib.Path('far.jpg')))
    assert len(found.notices) == 1
    assert found.notices[0].startswith('far.jpg: the face is small, ')
    assert 'face.crop' in found.notices[0]
    assert track(mesh, load_driving(width=640, height=480)).notices == ()


def test_a_face_lost_in_a_panorama_is_said_to_be_shown_too_small(
        tmp_path: pathlib.Path, mesh: FaceMesh) -> None:
    wide = np.full((400, 4000, 3), 120, np.uint8)
    face = np.array(load_driving(width=320, height=240).frames[0])
    wide[80:320, 1800:2120] = face
    cv2.imwrite(str(tmp_path / 'wide.png'), wide)
    with pytest.raises(UserError, match=r'wide\.png, which is shown at 16% .* by face\.crop'):
        track(mesh, load_driving(tmp_path / 'wide.png', width=640, height=480))
