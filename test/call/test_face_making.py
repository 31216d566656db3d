"""One's own face fits the budget, keeps nothing else of its file, and speaks at the other end."""

from __future__ import annotations

from pathlib import Path
import subprocess

import cv2
import numpy as np
import pytest
from txt2vid_ros.call.card import FaceFormat
from txt2vid_ros.call.face import coding
from txt2vid_ros.call.face.finding import shows_face
from txt2vid_ros.call.face.making import FaceBudget, make_face
from txt2vid_ros.call.face.taking import FacePolicy, take_face
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT, load_driving
from viseme_views import held, silence


@pytest.fixture(scope='module')
def mesh() -> FaceMesh:
    return FaceMesh()


def test_a_picture_fits_the_budget_and_speaks_at_the_other_end(
        tmp_path: Path, mesh: FaceMesh) -> None:
    face = make_face(BUILT_IN_PORTRAIT, FaceBudget(5000), mesh)
    assert 3000 < len(face.data) <= 5000
    assert face.outline.format == FaceFormat.AV1 and not face.outline.is_clip
    file = take_face(face, FacePolicy(), tmp_path / 'face', lambda frame: shows_face(mesh, frame))
    engine = VisemeEngine()
    with_face = engine.open(load_driving(file))
    shut = with_face.render(1.0, 0, silence())
    wide = with_face.render(1.0, 0, held(jaw_open=1.0))
    assert np.abs(shut.astype(int) - wide).max() > 60
    engine.close()


def test_a_clip_is_cropped_and_fits(tmp_path: Path, mesh: FaceMesh) -> None:
    own = cv2.imread(str(BUILT_IN_PORTRAIT))
    scene = np.full((400, 600, 3), 90, np.uint8)
    scene[40:400, 160:490] = cv2.resize(own[:, 150:770], (330, 360), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / 'me.png'), scene)
    subprocess.run(['ffmpeg', '-v', 'error', '-loop', '1', '-i', str(tmp_path / 'me.png'), '-t',
                    '0.2', '-r', '25', '-pix_fmt', 'yuv420p', str(tmp_path / 'me.mp4')],
                   check=True)
    face = make_face(tmp_path / 'me.mp4', FaceBudget(9000), mesh)
    assert len(face.data) <= 9000 and face.outline.is_clip
    assert face.outline.seconds == pytest.approx(0.2, abs=0.05)
    assert face.outline.width < 340
    assert shows_face(mesh, coding.decoded(face.data, face.outline)[-1])


def test_where_and_when_a_picture_was_taken_stays_here(
        tmp_path: Path, mesh: FaceMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, 'av1_encoder', lambda: '')
    plain = BUILT_IN_PORTRAIT.read_bytes()
    secret = b'Exif\0\0MM\0*\0\0\0\x08\0\0 48.8584 N 2.2945 E 2026:01:02'
    file = tmp_path / 'me.jpg'
    file.write_bytes(plain[:2] + b'\xff\xe1' + (2 + len(secret)).to_bytes(2, 'big') + secret
                     + plain[2:])
    face = make_face(file, FaceBudget(8000), mesh)
    assert face.outline.format == FaceFormat.JPEG and len(face.data) <= 8000
    assert b'48.8584' not in face.data and b'Exif' not in face.data


def test_a_face_that_cannot_be_had_is_told_in_words(
        tmp_path: Path, mesh: FaceMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2.imwrite(str(tmp_path / 'grey.png'), np.full((300, 300, 3), 90, np.uint8))
    with pytest.raises(UserError, match='no face found'):
        make_face(tmp_path / 'grey.png', None, mesh)
    (tmp_path / 'a.m3u8').write_text('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n')
    with pytest.raises(UserError, match='neither a picture nor a video'):
        make_face(tmp_path / 'a.m3u8', None, mesh)
    with pytest.raises(UserError, match='face_budget'):
        FaceBudget(100)
    monkeypatch.setattr(coding, 'av1_encoder', lambda: '')
    with pytest.raises(UserError, match='cannot be coded as a picture of 2000 bytes'):
        make_face(BUILT_IN_PORTRAIT, FaceBudget(2000), mesh)
