"""A stranger's face is decoded apart, bounded, and kept as a file of our own, or refused."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
import struct
import zlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.call.card import Face, FaceFormat, FaceOutline
from txt2vid_ros.call.face import coding
from txt2vid_ros.call.face.taking import FacePolicy, FaceRefusedError, Refusal, take_face
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import load_driving
from txt2vid_ros.media.ffmpeg import probe, SYNTHETIC_LABEL


def pictures(count: int = 1, width: int = 96, height: int = 80) -> list[np.ndarray]:
    across = np.linspace(0, 200, width, dtype=np.float32)[None, :, None]
    return [np.broadcast_to(across + 5 * index, (height, width, 3)).astype(np.uint8)
            for index in range(count)]


@functools.cache
def clip() -> bytes:
    return coding.av1(pictures(5), 10, 40)


@functools.cache
def picture() -> bytes:
    return coding.av1(pictures(), 1, 30)


def face(data: bytes, coded: FaceFormat = FaceFormat.AV1, frames: int = 1, width: int = 96,
         height: int = 80) -> Face:
    return Face(FaceOutline(coded, width, height, frames, 10 if frames > 1 else 1, len(data)),
                data)


def taken(one: Face, folder: Path, policy: FacePolicy | None = None, finds: bool = True) -> Path:
    return take_face(one, policy or FacePolicy(), folder / 'face', lambda frame: finds)


def test_a_picture_is_kept_as_a_labelled_file_of_our_own(tmp_path: Path) -> None:
    for one in (face(picture()), face(coding.jpeg(pictures()[0], 80), FaceFormat.JPEG)):
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


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + name + body + struct.pack(
            '>I', zlib.crc32(name + body))

    pixels = zlib.compress(bytes(min(height, 2000) * (1 + (width + 7) // 8)), 9)
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 1, 0, 0, 0, 0))
            + chunk(b'IDAT', pixels) + chunk(b'IEND', b''))


def huge_jpeg() -> bytes:
    """Return a JPEG that says it has 30,000 x 30,000 pixels."""
    plain = bytearray(coding.jpeg(pictures()[0], 80))
    at = max(plain.find(mark) for mark in (b'\xff\xc0', b'\xff\xc2'))
    plain[at + 5:at + 9] = struct.pack('>HH', 30000, 30000)
    return bytes(plain)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack('>I', 8 + len(body)) + name + body


def ivf(frames: bytes, width: int = 96, height: int = 80, codec: bytes = b'AV01') -> bytes:
    return struct.pack('<4sHH4sHHIIII', b'DKIF', 0, 32, codec, width, height, 1, 1, 1, 0) + frames


def frame(data: bytes) -> bytes:
    return struct.pack('<IQ', len(data), 0) + data


GIF = b'GIF89a' + struct.pack('<HH', 96, 80) + b'\x80\0\0' + bytes(6) + (
    b',' + bytes(4) + struct.pack('<HH', 96, 80) + b'\0\x02\x02\x4c\x01\0') * 10_000 + b';'
EXTERNAL = box(b'ftyp', b'isom\0\0\0\0isom') + box(b'moov', box(b'trak', box(b'mdia', box(
    b'minf', box(b'dinf', box(b'dref', b'\0\0\0\0\0\0\0\1' + box(
        b'url ', b'\0\0\0\0file:///etc/passwd\0')))))))
SVG = (b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="80">'
       b'<script>fetch("http://127.0.0.1/")</script></svg>')

HOSTILE = {
    'a huge PNG': png(30_000, 30_000),
    'a huge JPEG': huge_jpeg(),
    'HLS': b'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
    'ffconcat': b'ffconcat version 1.0\nfile /etc/passwd\n',
    'concat': b"file '/etc/passwd'\n",
    'SVG': SVG,
    'a GIF of 10,000 frames': GIF,
    'an MP4 whose data is elsewhere': EXTERNAL,
    'noise': np.random.default_rng(1).bytes(4000),
    'one byte': b'\0',
    'a playlist in IVF': ivf(frame(b'#EXTM3U\nfile:///etc/passwd\n')),
    'another codec in IVF': ivf(frame(b'\x10\0\x9d\x01\x2a\x60\0\x50\0'), codec=b'VP80'),
    'no frame': ivf(b''),
    'an empty frame': ivf(frame(b'')),
    '10,000 empty frames': ivf(frame(b'') * 10_000),
    'noise in IVF': ivf(frame(np.random.default_rng(2).bytes(900))),
}


@pytest.mark.parametrize('name', HOSTILE)
@pytest.mark.parametrize('coded', [FaceFormat.JPEG, FaceFormat.AV1])
def test_hostile_files_are_refused(tmp_path: Path, name: str, coded: FaceFormat) -> None:
    policy = FacePolicy(face_bytes=1_000_000)
    with pytest.raises(FaceRefusedError, match='cannot read the face'):
        taken(face(HOSTILE[name], coded), tmp_path, policy)
    assert not list(tmp_path.iterdir())


def resized(data: bytes, width: int, height: int) -> bytes:
    return data[:12] + struct.pack('<HH', width, height) + data[16:]


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
    bomb = coding.av1([np.zeros((720, 1280, 3), np.uint8)], 1, 50)
    assert len(bomb) < 2000
    with pytest.raises(FaceRefusedError, match='cannot be decoded'):
        taken(face(resized(bomb, 96, 80)), tmp_path)


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
