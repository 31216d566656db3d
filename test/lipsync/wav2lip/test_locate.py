"""Finding the face in the driving frames: by hand, by the mesh, by S3FD; once."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from typing import Any

from arrays import Golden
import cv2
import numpy as np
import pytest
import torch
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models import verified
from txt2vid_ros.core.models.manifest import Model
from txt2vid_ros.core.models.store import models_dir
from txt2vid_ros.lipsync.face.s3fd.decoding import Detections
from txt2vid_ros.lipsync.face.s3fd.detector import S3fdDetector
from txt2vid_ros.lipsync.face.s3fd.model import S3FD
from txt2vid_ros.lipsync.wav2lip import locate as locating
from txt2vid_ros.lipsync.wav2lip.locate import locate
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.driving.frame_placement import Fit
from txt2vid_ros.media.driving.options import DrivingOptions

BLANK = np.zeros((120, 160, 3), np.uint8)


def clip(count: int, name: str = '0') -> DrivingMedia:
    return DrivingMedia([BLANK] * count, 25.0, name * 64)


def test_a_box_given_by_hand_holds_for_all_frames() -> None:
    found = locate(clip(3), Wav2LipOptions(box=(10, 60, 20, 80)))
    assert found.boxes.tolist() == [[20, 10, 80, 60]] * 3
    assert found.box(2) == (20, 10, 80, 60)
    assert found.presence.tolist() == [1, 1, 1]


def test_a_box_outside_the_picture_is_named() -> None:
    with pytest.raises(UserError, match='leaves the picture of 160x120'):
        locate(clip(1), Wav2LipOptions(box=(10, 121, 20, 80)))


@pytest.mark.parametrize(('fit', 'shown'), [
    ('contain', (65, 30, 110, 90)),     # 300x400 pixels, shown 90 wide between bars of 35
    ('cover', (53, 14, 133, 120)),      # shown 160 wide, 47 of 213 rows cut off above
])
def test_a_box_counts_pixels_of_the_cropped_source(
        tmp_path: pathlib.Path, fit: Fit, shown: tuple[int, int, int, int]) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((400, 600, 3), np.uint8))
    driving = load_driving(tmp_path / 'a.png', width=160, height=120, fit=fit,
                           options=DrivingOptions(crop=(0, -1, 300, -1)))
    top = 100 if fit == 'contain' else 112
    found = locate(driving, Wav2LipOptions(box=(top, top + 200, 100, 250)))
    assert found.box(0) == shown


def test_a_box_that_the_frame_cuts_off_or_shows_too_small_is_named(
        tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((400, 300, 3), np.uint8))
    covered = load_driving(tmp_path / 'a.png', width=160, height=120, fit='cover')
    with pytest.raises(UserError, match='cuts off'):
        locate(covered, Wav2LipOptions(box=(0, 200, 50, 250)))
    with pytest.raises(UserError, match='too small as shown'):
        locate(covered, Wav2LipOptions(box=(150, 180, 50, 80)))


def test_the_bundled_mesh_finds_the_built_in_portrait() -> None:
    driving = load_driving(None, width=640, height=480)
    found = locate(driving, Wav2LipOptions(detector='mesh'))
    left, top, right, bottom = found.box(0)
    # Her face in the picture, to a few pixels: hairline, chin and the cheeks.
    assert abs(left - 213) < 12 and abs(right - 400) < 12
    assert abs(top - 140) < 20 and abs(bottom - 364) < 12
    # Two of three pixels are shown. Pads are the source's, but the usual 10 are of what is shown.
    wider = locate(driving, Wav2LipOptions(detector='mesh', pads=(6, 30, 9, 12)))
    assert wider.box(0) == (left - 6, top - 4, right + 8, bottom + 10)


class Planted(S3fdDetector):
    """S3FD that sees faces where the test puts them, in frames that carry their number."""

    def __init__(self, model: S3FD, faces: list[list[tuple[float, ...]]], batch: int) -> None:
        super().__init__(model, batch=batch)
        self.faces = faces
        self.looks: list[tuple[int, tuple[int, int]]] = []

    def detect(self, frames: Any, long_side: int = 320) -> list[Detections]:
        found = []
        for frame in frames:
            number = int(frame[0, 0, 0])
            left, top = int(frame[0, 0, 1]), int(frame[0, 0, 2])
            self.looks.append((number, frame.shape[:2]))
            rows = [(x - left, y - top, x2 - left, y2 - top, 0.9)
                    for x, y, x2, y2 in self.faces[number]
                    if left <= x and x2 <= left + frame.shape[1] and top <= y
                    and y2 <= top + frame.shape[0]]
            found.append(np.array(rows, np.float32).reshape(-1, 5))
        return found


def numbered(count: int) -> list[np.ndarray[Any, Any]]:
    """Return frames of which every pixel knows its frame and its place."""
    rows, columns = np.mgrid[0:120, 0:160]
    return [np.stack((np.full_like(rows, k), columns, rows), -1).astype(np.uint8)
            for k in range(count)]


@pytest.fixture(scope='module')
def network() -> S3FD:
    with torch.device('meta'):
        return S3FD()


@pytest.fixture(autouse=True)
def no_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(S3FD, 'to', lambda self, *_: self)


@pytest.mark.parametrize('batch', [1, 4, 32])
def test_a_moving_face_is_followed_in_a_small_window(network: S3FD, batch: int) -> None:
    faces = [[(20.0 + k, 30.0, 50.0 + k, 65.0)] for k in range(12)]
    detector = Planted(network, faces, batch)
    done: list[int] = []
    track, seen = detector.follow(numbered(12), done.append)
    assert seen.all() and sum(done) == 12
    np.testing.assert_allclose(track, [face[0] for face in faces])
    assert [size for _, size in detector.looks].count((120, 160)) == 1


def test_the_nearest_of_several_people_is_kept(network: S3FD) -> None:
    near, far = (20.0, 30, 50, 65), (80.0, 30, 110, 65)
    detector = Planted(network, [[near, far]] + [[far, near]] * 5, 2)
    track, seen = detector.follow(numbered(6))
    assert seen.all()
    np.testing.assert_allclose(track, [near] * 6)


def test_a_face_that_goes_and_comes_back(network: S3FD) -> None:
    face: tuple[float, ...] = (20.0, 30, 50, 65)
    faces: list[list[tuple[float, ...]]] = [[]] * 2 + [[face]] * 2 + [[]] * 4 + [[face]] * 2
    track, seen = Planted(network, faces, 2).follow(numbered(10))
    assert seen.tolist() == [False] * 2 + [True] * 2 + [False] * 4 + [True] * 2
    np.testing.assert_allclose(track[seen], [face] * 4)


def test_a_stranger_far_away_is_not_taken_for_the_face(network: S3FD) -> None:
    faces: list[list[tuple[float, ...]]] = [[(20.0, 30, 50, 65)], [(110.0, 30, 140, 65)]]
    _, seen = Planted(network, faces, 1).follow(numbered(2))
    assert seen.tolist() == [True, False]


def test_of_two_people_the_one_who_was_lost_goes_on_speaking(network: S3FD) -> None:
    near, far = (20.0, 30, 50, 65), (80.0, 30, 110, 65)
    faces: list[list[tuple[float, ...]]] = [
        [near, far], [near, far], *[[far]] * 5, [far, near], [far, near]]
    for batch in (1, 2, 4):
        track, seen = Planted(network, faces, batch).follow(numbered(9))
        assert seen.tolist() == [True] * 2 + [False] * 5 + [True] * 2
        np.testing.assert_allclose(track[seen], [near] * 4)


def test_who_stays_away_for_long_is_replaced(network: S3FD) -> None:
    near, far = (20.0, 30, 50, 65), (80.0, 30, 110, 65)
    faces: list[list[tuple[float, ...]]] = [[near, far], *[[far]] * 40]
    track, seen = Planted(network, faces, 4).follow(numbered(41))
    assert not seen[1:20].any() and seen[30:].all()
    np.testing.assert_allclose(track[-1], far)


def test_detection_equals_the_golden_rectangle(
        golden: Golden, s3fd: S3FD, monkeypatch: pytest.MonkeyPatch) -> None:
    data = golden('s3fd_golden.npz')
    found = S3fdDetector(s3fd).detect([data['image_bgr_u8']] * 2)
    for one in found:
        assert one[0, :4].astype(int).tolist() == data['rect_xyxy_int'].tolist()
    reduced = S3fdDetector(s3fd).detect([data['image_bgr_u8'].repeat(2, 0).repeat(2, 1)], 256)[0]
    assert (one[0, :4] * 2).round(-1).astype(int).tolist() == (
        reduced[0, :4].round(-1).astype(int).tolist())


@pytest.fixture
def models() -> pathlib.Path:
    """Return the models folder of the set-up."""
    return models_dir()


@pytest.fixture
def with_s3fd(s3fd: S3FD, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Put S3FD's (synthetic) weights into a models folder of the test's own."""
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    torch.save(s3fd.state_dict(), tmp_path / 's3fd.pth')
    return tmp_path


def test_s3fd_is_asked_once(
        golden: Golden, with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driving = DrivingMedia([golden('s3fd_golden.npz')['image_bgr_u8']], 25.0, '5' * 64)
    options = Wav2LipOptions(device='cpu', detector='s3fd', pads=(0, 0, 0, 0))
    found = locate(driving, options)
    left, top, right, bottom = golden('s3fd_golden.npz')['rect_xyxy_int']
    assert found.box(0) == (left, top, min(right, 256), min(bottom, 256))
    monkeypatch.setattr(S3fdDetector, 'follow', None)
    np.testing.assert_array_equal(locate(driving, options).boxes, found.boxes)


def follow_planted(seen: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    track = np.tile([20.0, 30, 80, 100], (len(seen), 1)) * np.array(seen)[:, None]
    monkeypatch.setattr(S3fdDetector, 'follow', lambda *_: (track, np.array(seen)))


def test_frames_without_a_face_are_interpolated_and_said(
        with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follow_planted([True, False, False, True], monkeypatch)
    found = locate(clip(4, '6'), Wav2LipOptions(device='cpu', detector='s3fd'))
    assert found.boxes.tolist() == [[20, 30, 80, 110]] * 4
    assert found.presence.tolist() == [1] * 4
    assert 'no face in 2 of 4 frames' in found.notices[0]


def test_no_face_at_all_is_said_with_the_remedy(
        with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follow_planted([False, False], monkeypatch)
    with pytest.raises(UserError, match='no face found') as caught:
        locate(clip(2, '7'), Wav2LipOptions(device='cpu', detector='s3fd'))
    assert 'box' in caught.value.remedy


def test_a_face_too_small_to_speak_is_said(
        with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(S3fdDetector, 'follow',
                        lambda *_: (np.array([[5.0, 5, 15, 17]]), np.array([True])))
    with pytest.raises(UserError, match='too small'):
        locate(clip(1, '8'), Wav2LipOptions(device='cpu', detector='s3fd'))


def test_a_damaged_cache_of_boxes_is_replaced(
        with_s3fd: pathlib.Path, cache_folder: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    follow_planted([True, True], monkeypatch)
    before = set((cache_folder / 'txt2vid_ros').rglob('*.npz'))
    locate(clip(2, '9'), Wav2LipOptions(device='cpu', detector='s3fd'))
    written = set((cache_folder / 'txt2vid_ros').rglob('*.npz')) - before
    for path in written:
        path.write_bytes(b'PK\x03\x04 cut')
    assert written
    found = locate(clip(2, '9'), Wav2LipOptions(device='cpu', detector='s3fd'))
    assert found.presence.tolist() == [1, 1]


def test_a_cache_that_cannot_be_written_is_no_error(
        with_s3fd: pathlib.Path, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch) -> None:
    follow_planted([True], monkeypatch)
    (tmp_path / 'txt2vid_ros').write_text('in the way')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    found = locate(clip(1, 'a'), Wav2LipOptions(device='cpu', detector='s3fd'))
    assert found.presence.tolist() == [1]
    assert 'cannot be cached' in caplog.text


def test_the_outline_is_that_of_the_face_in_the_box() -> None:
    driving = load_driving(None, width=640, height=480)
    outline = locate(driving, Wav2LipOptions(detector='mesh')).outline(0)
    assert outline is not None and outline.shape == (36, 2)
    assert outline.min() >= -0.05 and 0.9 < outline.max() < 1.05


def test_the_outline_of_another_person_is_not_taken() -> None:
    driving = load_driving(None, width=640, height=480)
    found = locate(driving, Wav2LipOptions(detector='mesh'))
    elsewhere = dataclasses.replace(found, boxes=found.boxes + np.array([150, 0, 150, 0]))
    assert elsewhere.outline(0) is None


def test_s3fd_asked_for_without_weights_is_named(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    with pytest.raises(UserError, match=r's3fd needs .*s3fd.pth'):
        locate(clip(1), Wav2LipOptions(detector='s3fd'))


def test_auto_takes_s3fd_where_it_is_the_published_one(
        golden: Golden, with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (with_s3fd / 's3fd.pth').read_bytes()
    known = Model('s3fd.pth', 'finds faces', False, 'none', 'https://where.example', len(content),
                  hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(verified, 'load_manifest', lambda: {'s3fd.pth': known})
    follow_planted([True], monkeypatch)
    found = locate(clip(1, 'c'), Wav2LipOptions(device='cpu'))
    assert found.box(0) == (20, 30, 80, 110) and found.notices == ()


def test_auto_does_without_a_damaged_s3fd_and_says_so(
        models: pathlib.Path, with_s3fd: pathlib.Path) -> None:
    for file in models.glob('*.tflite'):
        (with_s3fd / file.name).symlink_to(file)
    content = (with_s3fd / 's3fd.pth').read_bytes()
    (with_s3fd / 's3fd.pth').write_bytes(content[:len(content) // 2])
    driving = load_driving(None, width=640, height=480)
    found = locate(driving, Wav2LipOptions(device='cpu'))
    assert found.box(0) == locate(driving, Wav2LipOptions(detector='mesh')).box(0)
    assert 's3fd.pth is truncated' in found.notices[0] and 'face mesh' in found.notices[0]
    with pytest.raises(UserError, match='truncated or damaged'):
        locate(driving, Wav2LipOptions(device='cpu', detector='s3fd'))


def test_a_lost_face_is_bridged_but_no_mouth_is_pasted_on_a_mask() -> None:
    seen = np.array(load_driving(None, width=640, height=480).frames[0])
    masked, empty = seen.copy(), np.full_like(seen, 120)
    cv2.ellipse(masked, (306, 310), (82, 62), 0, 0, 360, (190, 150, 90), -1)
    frames = [seen] * 8 + [empty] * 2 + [seen] * 8 + [masked] * 3 + [seen] * 8
    found = locate(DrivingMedia(frames, 25.0, 'd' * 64), Wav2LipOptions(detector='mesh'))
    assert found.presence[8:10].tolist() == [1, 1]
    assert found.presence[18:21].tolist() == [0, 0, 0]
    said = ' '.join(found.notices)
    assert 'no face in 2 of 29 frames; its place there is interpolated' in said
    assert 'covered in 3 of 29 frames' in said and 'shown as they are' not in said


def test_smoothing_is_by_option(
        with_s3fd: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track = np.array([[20.0 + 6 * k, 30, 80 + 6 * k, 100] for k in range(8)])
    monkeypatch.setattr(S3fdDetector, 'follow', lambda *_: (track, np.ones(8, bool)))
    plain = locate(clip(8, 'b'), Wav2LipOptions(device='cpu', detector='s3fd', smooth=False))
    assert plain.boxes[:, 0].tolist() == [20 + 6 * k for k in range(8)]
    options = Wav2LipOptions(device='cpu', detector='s3fd')
    named = locate(clip(8, 'b'), dataclasses.replace(options, nosmooth=True))
    np.testing.assert_array_equal(named.boxes, plain.boxes)
    smooth = locate(clip(8, 'b'), Wav2LipOptions(device='cpu', detector='s3fd'))
    assert smooth.boxes[0, 0] == 32
    assert dataclasses.is_dataclass(smooth) and locating.MAX_GAP == 0.5
