"""A stranger's face is decoded apart, bounded, and kept as a file of our own, or refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
from hostile_faces import bomb, clip, face, frame, jpeg, picture, pictures, resized
import numpy as np
import pytest
from txt2vid_ros.call.card import Face, FaceFormat
from txt2vid_ros.call.face import coding
from txt2vid_ros.call.face.taking import FacePolicy, FaceRefusedError, Refusal, take_face
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.ffmpeg import probe, SYNTHETIC_LABEL


def taken(one: Face, folder: Path, policy: FacePolicy | None = None, finds: bool = True) -> Path:
    return take_face(one, policy or FacePolicy(), folder / 'face', lambda frame: finds)


def test_a_picture_is_kept_as_a_labelled_file_of_our_own(tmp_path: Path) -> None:
    for one in (face(picture()), face(jpeg(), FaceFormat.JPEG)):
        file = taken(one, tmp_path)
        assert file.name == 'face.jpg' and file.stat().st_mode & 0o777 == 0o600
        assert SYNTHETIC_LABEL.encode() in file.read_bytes()
        assert one.data not in file.read_bytes()
        shown = load_driving(file).frames[0]
        assert np.abs(shown.astype(int) - pictures()[0]).mean() < 3


def test_a_clip_is_kept_with_its_frames_and_rate(tmp_path: Path) -> None:
    file = taken(face(clip(), frames=5), tmp_path)
    assert file.name == 'face.mp4' and file.stat().st_mode & 0o777 == 0o600
    assert probe(file)['format']['tags']['comment'] == SYNTHETIC_LABEL
    media = load_driving(file)
    assert (len(media.frames), media.fps, media.size) == (5, 10.0, (96, 80))
    assert [file] == list(tmp_path.iterdir())


@pytest.mark.parametrize(('policy', 'frames', 'refusal'), [
    (FacePolicy(accept_face='none'), 1, Refusal.NO_FACES),
    (FacePolicy(accept_face='pictures'), 5, Refusal.NO_CLIPS),
    (FacePolicy(face_bytes=20), 1, Refusal.TOO_MANY_BYTES),
    (FacePolicy(face_pixels=7000), 1, Refusal.TOO_MANY_PIXELS),
    (FacePolicy(face_seconds=0.4), 5, Refusal.TOO_LONG)])
def test_the_receiver_says_what_it_takes(
        tmp_path: Path, policy: FacePolicy, frames: int, refusal: Refusal) -> None:
    one = face(clip() if frames > 1 else picture(), frames=frames)
    with pytest.raises(FaceRefusedError) as raised:
        taken(one, tmp_path, policy)
    assert raised.value.refusal == refusal
    assert not list(tmp_path.iterdir())


def test_what_shows_no_face_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(FaceRefusedError, match='no face'):
        taken(face(picture()), tmp_path, finds=False)
    assert not list(tmp_path.iterdir())


def test_a_face_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(FaceRefusedError, match='cannot keep'):
        taken(face(picture()), tmp_path / 'file')


@pytest.mark.parametrize(('data', 'frames', 'says'), [
    (lambda: clip()[:-20], 5, 'ends within a frame'),
    (lambda: clip() + b'<script>', 5, 'ends within a frame'),
    (lambda: clip() + frame(b'x' * 30), 5, 'other pictures than its card says'),
    (lambda: clip(), 4, 'other pictures than its card says'),
    (lambda: picture()[:60] + bytes(len(picture()) - 60), 1, 'cannot be decoded'),
])
def test_what_is_not_as_its_card_says_is_refused(
        tmp_path: Path, data: object, frames: int, says: str) -> None:
    with pytest.raises(FaceRefusedError, match=says):
        taken(face(data(), frames=frames), tmp_path)      # type: ignore[operator]


def test_pictures_larger_than_their_file_says_are_not_unfolded(tmp_path: Path) -> None:
    """A few bytes of AV1 hold a picture of any size: the decoder is told the largest."""
    assert len(bomb()) < 2000
    with pytest.raises(FaceRefusedError, match='cannot be decoded'):
        taken(face(resized(bomb(), 96, 80)), tmp_path)


def test_a_decoder_that_takes_too_long_is_ended(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, 'DECODE_SECONDS', 0.0)
    program = tmp_path / 'ffmpeg'
    program.write_text('#!/bin/sh\nexec sleep 1000\n')
    program.chmod(0o755)
    one = face(picture())
    monkeypatch.setenv('PATH', f'{tmp_path}:/usr/bin:/bin')
    with pytest.raises(FaceRefusedError, match='cannot be decoded'):
        taken(one, tmp_path / 'kept')


def test_a_policy_out_of_range_names_its_parameter() -> None:
    with pytest.raises(UserError, match='face_bytes'):
        FacePolicy(face_bytes=2_000_000)
    with pytest.raises(UserError, match='accept_face'):
        dataclasses.replace(FacePolicy(), accept_face='all')


def test_cv2_reads_what_was_kept(tmp_path: Path) -> None:
    data = np.frombuffer(taken(face(picture()), tmp_path).read_bytes(), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (80, 96, 3)
