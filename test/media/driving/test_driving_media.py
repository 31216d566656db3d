"""Pictures and videos become driving frames, whatever their format; bad ones say what is wrong."""

from __future__ import annotations

import os
import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving import driving_media
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.driving.frame_store import FrameStore
from txt2vid_ros.media.driving.options import DrivingOptions


def scene(width: int, height: int) -> np.ndarray:
    """Return a picture that tells its corners apart."""
    picture = np.full((height, width, 3), 90, np.uint8)
    picture[: height // 4, : width // 4] = (0, 0, 250)
    picture[: height // 4, -width // 4:] = (0, 250, 0)
    picture[-height // 4:, : width // 4] = (250, 0, 0)
    return picture


def write_video(path: pathlib.Path, frames: int, size: tuple[int, int] = (160, 120)) -> None:
    """Write frames whose grey level counts them."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, size)
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((size[1], size[0], 3), 10 + 4 * index, np.uint8))
    writer.release()


def test_the_built_in_portrait_is_the_default_and_fits_640x480() -> None:
    media = load_driving(width=640, height=480)
    assert media.size == (640, 480)
    assert len(media.frames) == 1
    assert media.frames[0].dtype == np.uint8
    assert media.frames[0][:, 0].mean() > 40  # no bars: the portrait is 4:3


def test_a_huge_picture_is_scaled_down(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.jpg'), scene(8000, 1000))
    assert load_driving(tmp_path / 'a.jpg').size == (2714, 338)
    assert load_driving(tmp_path / 'a.jpg', max_pixels=20_000).size == (400, 50)


def test_an_odd_size_becomes_even(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), scene(201, 101))
    assert load_driving(tmp_path / 'a.png').size == (200, 100)


def test_contain_adds_bars_and_cover_crops(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((400, 200, 3), 200, np.uint8))
    boxed = load_driving(tmp_path / 'a.png', width=320, height=240).frames[0]
    assert boxed[:, :90].max() == 0
    assert boxed[:, 160].min() == 200
    filled = load_driving(tmp_path / 'a.png', width=320, height=240, fit='cover').frames[0]
    assert filled.shape == (240, 320, 3)
    assert filled.min() == 200


def test_cover_crops_a_single_row_too(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((98, 1000, 3), 200, np.uint8))
    frame = load_driving(tmp_path / 'a.png', width=500, height=48, fit='cover').frames[0]
    assert frame.shape == (48, 500, 3)
    assert frame.min() == 200


def test_one_side_asked_for_keeps_the_aspect(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), scene(400, 200))
    assert load_driving(tmp_path / 'a.png', width=200).size == (200, 100)
    assert load_driving(tmp_path / 'a.png', height=400).size == (800, 400)


@pytest.mark.parametrize('channels', [1, 3, 4])
@pytest.mark.parametrize('depth', [np.uint8, np.uint16])
def test_grey_deep_and_transparent_pictures(
    tmp_path: pathlib.Path, channels: int, depth: type
) -> None:
    full = np.iinfo(depth).max
    shape = (120, 160) if channels == 1 else (120, 160, channels)
    picture = np.full(shape, full, depth)
    if channels == 4:
        picture[:, :80, 3] = 0
    cv2.imwrite(str(tmp_path / 'a.png'), picture)
    frame = load_driving(tmp_path / 'a.png').frames[0]
    assert frame.shape == (120, 160, 3)
    assert frame.dtype == np.uint8
    assert frame[:, 80:].min() == 255
    assert abs(int(frame[60, 20, 0]) - (128 if channels == 4 else 255)) <= 1
    red = load_driving(tmp_path / 'a.png', options=DrivingOptions(backdrop='ff0000')).frames[0]
    assert [*red[60, 20]] == [0, 0, 255] if channels == 4 else [255] * 3


def test_the_exif_orientation_is_followed(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'a.jpg'
    _, data = cv2.imencode('.jpg', scene(200, 100))
    raw = data.tobytes()
    # EXIF APP1: a TIFF header and one entry, orientation (0x0112) = 6, a quarter turn clockwise.
    tiff = b'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    body = b'Exif\0\0' + tiff
    path.write_bytes(raw[:2] + b'\xff\xe1' + (len(body) + 2).to_bytes(2, 'big') + body + raw[2:])
    media = load_driving(path)
    assert media.size == (100, 200)
    assert media.frames[0][10, 90, 2] > 200  # the red corner, once top left, is top right


def test_a_video_is_read_at_its_own_rate(tmp_path: pathlib.Path) -> None:
    write_video(tmp_path / 'a.avi', 20)
    media = load_driving(tmp_path / 'a.avi')
    assert media.fps == pytest.approx(25)
    levels = [int(frame.mean()) for frame in media.frames]
    assert len(levels) == 20
    assert levels == sorted(levels)
    assert media.notices == ()


def test_a_video_is_resampled_to_the_rate_asked_for(tmp_path: pathlib.Path) -> None:
    write_video(tmp_path / 'a.avi', 50)
    media = load_driving(tmp_path / 'a.avi', fps=10)
    assert media.fps == 10
    assert len(media.frames) == 20
    levels = np.array([frame.mean() for frame in media.frames])
    assert np.allclose(np.diff(levels), 10, atol=4.5)  # 2.5 source frames of 4 levels each


def test_a_long_video_is_cut_and_that_is_said(tmp_path: pathlib.Path) -> None:
    write_video(tmp_path / 'a.avi', 60)
    media = load_driving(tmp_path / 'a.avi', options=DrivingOptions(max_seconds=1))
    assert len(media.frames) == 25
    assert 'first 1 s' in media.notices[0]


def test_a_video_of_one_frame_is_a_picture(tmp_path: pathlib.Path) -> None:
    write_video(tmp_path / 'a.avi', 1)
    media = load_driving(tmp_path / 'a.avi')
    assert len(media.frames) == 1
    assert 'one frame' in media.notices[0]
    assert media.index_at(1234.5) == 0


def test_frames_go_forwards_then_backwards() -> None:
    media = DrivingMedia([np.zeros((2, 2, 3), np.uint8)] * 4, 10, 'x')
    indices = [media.index_at(0.05 + 0.1 * i) for i in range(8)]
    assert indices == [0, 1, 2, 3, 2, 1, 0, 1]


def test_the_digest_tells_content_and_options_apart(tmp_path: pathlib.Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), scene(200, 100))
    cv2.imwrite(str(tmp_path / 'b.png'), scene(200, 102))
    plain = load_driving(tmp_path / 'a.png').digest
    assert load_driving(tmp_path / 'a.png').digest == plain
    assert load_driving(tmp_path / 'a.png', width=100).digest != plain
    assert load_driving(tmp_path / 'b.png').digest != plain


@pytest.mark.parametrize(
    ('name', 'content', 'says'),
    [
        ('missing.jpg', None, 'does not exist'),
        ('empty.jpg', b'', 'is empty'),
        ('text.jpg', b'hello, I am no picture' * 50, 'neither a picture nor a video'),
        ('broken.png', b'\x89PNG\r\n\x1a\n' + bytes(200), 'neither a picture nor a video'),
    ],
)
def test_a_bad_face_file_is_named_in_one_line(
    tmp_path: pathlib.Path, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=says) as caught:
        load_driving(path)
    assert str(path) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_folder_is_no_face(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match='not a file'):
        load_driving(tmp_path)


@pytest.mark.parametrize(
    'options',
    [{'width': -1}, {'height': 100000}, {'fps': 1000}, {'max_pixels': 0}, {'fit': 'no'}],
)
def test_a_bad_option_is_named(options: dict[str, object]) -> None:
    with pytest.raises(UserError, match=next(iter(options))):
        load_driving(**options)  # type: ignore[arg-type]


def test_many_frames_take_bounded_memory_and_read_the_same_twice() -> None:
    store = FrameStore(raw_limit=2_000_000)
    ramp = np.linspace(0, 200, 320, dtype=np.uint8)
    for index in range(40):
        store.append(np.repeat((ramp + index)[None, :, None], 240, 0).repeat(3, 2))
    assert len(store) == 40
    assert store.nbytes < 1_000_000
    first = store[7].copy()
    for index in range(40):
        assert abs(int(store[index][100, 0, 0]) - index) <= 2
    assert np.array_equal(store[7], first)
    assert np.array_equal(store[-33], first)
    assert len(store[3:6]) == 3
    with pytest.raises(IndexError):
        store[40]


def test_what_does_not_fit_in_memory_lies_on_disk_and_reads_the_same(
        tmp_path: pathlib.Path) -> None:
    scenes = [scene(320, 240) // 2 + index for index in range(40)]
    kept, spilled = (FrameStore(raw_limit=1_000_000, memory_limit=limit, folder=tmp_path)
                     for limit in (10_000_000, 60_000))
    for frame in scenes:
        kept.append(frame.astype(np.uint8))
        spilled.append(frame.astype(np.uint8))
    assert spilled.nbytes <= 60_000 < kept.nbytes
    assert len(spilled) == 40
    # As a clip plays: to its end and back.
    for index in (*range(40), *range(39, -1, -1)):
        assert np.array_equal(spilled[index], kept[index])
    assert list(tmp_path.iterdir()) == []
    spilled.close()
    spilled.close()
    assert len(spilled) == 0


def test_a_disk_without_room_for_a_clip_is_named(tmp_path: pathlib.Path) -> None:
    store = FrameStore(raw_limit=0, memory_limit=0, folder=tmp_path / 'file' / 'folder')
    (tmp_path / 'file').write_text('in the way')
    with pytest.raises(UserError, match=r'cannot be kept in .*face\.max_seconds'):
        store.append(scene(320, 240))


def test_a_pipe_and_a_device_are_refused(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / 'pipe.mp4')
    for path in (tmp_path / 'pipe.mp4', pathlib.Path('/dev/zero')):
        with pytest.raises(UserError, match='not a file'):
            load_driving(path)


def test_of_a_video_that_still_grows_its_beginning_is_used(tmp_path: pathlib.Path) -> None:
    whole, part = tmp_path / 'whole.avi', tmp_path / 'part.avi'
    write_video(whole, 50)
    # As a recorder leaves it while it writes: no index, and the last frame is not all there.
    part.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    media = load_driving(part, options=DrivingOptions(max_seconds=0.4))
    assert len(media.frames) == 10
    assert len(load_driving(part).frames) < 50


def test_of_a_huge_file_only_the_ends_are_read_to_know_it_again(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / 'a.avi'
    write_video(file, 30)
    monkeypatch.setattr(driving_media, 'HUGE', file.stat().st_size - 1)
    first = load_driving(file).digest
    assert load_driving(file).digest == first
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert load_driving(file).digest != first


def test_a_file_that_changes_while_it_is_read_is_read_again(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving_media, 'SETTLE_SECONDS', 0.0)
    file = tmp_path / 'face.png'
    cv2.imwrite(str(file), np.full((48, 64, 3), 50, np.uint8))
    _, new = cv2.imencode('.png', np.full((48, 64, 3), 200, np.uint8))
    readings: list[int] = []

    def written_meanwhile(frame: np.ndarray) -> int:
        readings.append(int(frame[0, 0, 0]))
        if len(readings) == 1:
            file.write_bytes(new.tobytes())
        return 0
    media = load_driving(file, upright=written_meanwhile)
    assert readings == [50, 200]
    assert media.frames[0][0, 0, 0] == 200
    assert media.digest == load_driving(file).digest

    def never_the_same(frame: np.ndarray) -> int:
        file.write_bytes(file.read_bytes() + b'.')
        return 0
    with pytest.raises(UserError, match='is changed while it is read'):
        load_driving(file, upright=never_the_same)


def test_what_cannot_be_read_because_it_is_half_written_is_read_again(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / 'face.png'
    _, whole = cv2.imencode('.png', np.full((48, 64, 3), 200, np.uint8))
    file.write_bytes(b'half')
    monkeypatch.setattr(driving_media, 'SETTLE_SECONDS', 0.0)
    read = driving_media.read_picture

    def finished_meanwhile(path: pathlib.Path, backdrop: tuple[int, int, int]) -> object:
        if path.read_bytes() == b'half':
            file.write_bytes(whole.tobytes())
            raise UserError('it is not decodable', 'Save it again.')
        return read(path, backdrop)
    monkeypatch.setattr(driving_media, 'read_picture', finished_meanwhile)
    assert load_driving(file).frames[0][0, 0, 0] == 200
