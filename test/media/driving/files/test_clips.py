"""Whatever clip is given is shown upright, in shape and colour, or one line says why not."""

from __future__ import annotations

import pathlib
import subprocess

import cv2
from made_clips import made, quarters, seen
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.ffmpeg import has

LOSSLESS = ('-c:v', 'ffv1')
H264 = ('-c:v', 'libx264', '-pix_fmt', 'yuv420p')


def combing(frame: np.ndarray) -> float:
    """Return how far rows differ from both of their neighbours, as they do in two fields."""
    rows = frame.mean(axis=2)
    return float(np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).mean())


@pytest.mark.parametrize(('name', 'options'), [
    ('a.mp4', (*H264, '-flags', '+ildct+ilme', '-x264opts', 'tff=1')),
    ('a.mpg', ('-c:v', 'mpeg2video', '-flags', '+ildct+ilme', '-q:v', '3')),
    ('a.mov', ('-vf', 'setfield=tff', '-c:v', 'prores_ks', '-flags', '+ildct+ilme')),
    ('a.avi', ('-c:v', 'dvvideo', '-s', '720x576', '-pix_fmt', 'yuv420p')),
    ('b.mov', ('-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p', '-field_order', 'tt')),
])
def test_interlaced_clips_show_no_combs(
        tmp_path: pathlib.Path, name: str, options: tuple[str, ...]) -> None:
    moving = ('color=gray:s=720x576:r=50:d=1[b];color=white:s=40x576:r=50:d=1[m];'
              "[b][m]overlay=x='20+600*t',tinterlace=interleave_top")
    clip = made(tmp_path / name, moving, *options)
    raw = subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-i', f'{clip}', '-f', 'rawvideo',
                          '-pix_fmt', 'bgr24', '-'], capture_output=True, check=True).stdout
    stored = np.frombuffer(raw, np.uint8).reshape(-1, 576, 720, 3)
    media = load_driving(clip)
    assert len(media.frames) == len(stored) == 25
    assert combing(stored[12]) > 4 * combing(media.frames[12])
    assert media.frames[12].max() > 220
    assert abs(float(media.frames[12].mean()) - float(stored[12].mean())) < 4


@pytest.mark.parametrize(('width', 'ratio', 'size'), [
    (240, '4/3', (320, 240)), (640, '1/2', (640, 480)), (320, '0', (320, 240))])
def test_pixels_that_are_not_square_keep_the_shape(
        tmp_path: pathlib.Path, width: int, ratio: str, size: tuple[int, int]) -> None:
    clip = made(tmp_path / 'a.mp4', f'{quarters(width)},setsar={ratio}', *H264)
    media = load_driving(clip)
    assert media.size == size
    assert seen(media.frames[0]) == 'rgbw'


@pytest.mark.parametrize(('matrix', 'shown'), [
    ((1, 0, 0, 1), 'rgbw'), ((0, 1, -1, 0), 'brwg'), ((-1, 0, 0, -1), 'wbgr'),
    ((0, -1, 1, 0), 'gwrb'), ((-1, 0, 0, 1), 'grwb'), ((1, 0, 0, -1), 'bwrg'),
    ((0, 1, 1, 0), 'rbgw'), ((0, -1, -1, 0), 'wgbr')])
def test_a_display_matrix_turns_and_mirrors(
        tmp_path: pathlib.Path, matrix: tuple[int, int, int, int], shown: str) -> None:
    clip = made(tmp_path / 'a.mp4', quarters(), *H264)
    data = bytearray(clip.read_bytes())
    # ISO/IEC 14496-12: the matrix begins 44 bytes after the name of the box tkhd.
    at = data.index(b'tkhd') + 44
    for place, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[at + place:at + place + 4] = (value * 65536).to_bytes(4, 'big', signed=True)
    clip.write_bytes(data)
    media = load_driving(clip)
    assert media.size == ((240, 320) if matrix[0] == 0 else (320, 240))
    assert seen(media.frames[0]) == shown


@pytest.mark.parametrize(('name', 'options'), [
    ('a.webm', ('-c:v', 'libvpx-vp9', '-pix_fmt', 'yuva420p', '-b:v', '2M')),
    ('b.webm', ('-c:v', 'libvpx', '-auto-alt-ref', '0', '-pix_fmt', 'yuva420p', '-b:v', '2M')),
    ('a.mov', ('-c:v', 'prores_ks', '-profile:v', '4', '-pix_fmt', 'yuva444p10le')),
    ('b.mov', ('-c:v', 'qtrle')),
    ('a.mkv', ('-c:v', 'ffv1', '-pix_fmt', 'bgra')),
    ('a.png', ('-f', 'apng')),
    ('a.gif', ('-vf', 'split[a][b];[a]palettegen[p];[b][p]paletteuse')),
    ('a.webp', ('-c:v', 'libwebp_anim')),
])
def test_hidden_pixels_are_grey_in_every_format(
        tmp_path: pathlib.Path, name: str, options: tuple[str, ...]) -> None:
    holed = (f"{quarters(rate=10)},format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)'"
             ":a='255*lt(Y,120)*gt(abs(X-16*N),8)'")
    media = load_driving(made(tmp_path / name, holed, *options), width=160)
    assert len(media.frames) == 10
    assert seen(media.frames[0]) == 'rg--'
    assert seen(media.frames[5]) == '-g--'      # the gap moves
    # Nothing of the hidden blue and white shines through.
    hidden = np.array(media.frames[5][66:]).astype(int)
    assert np.abs(hidden - 128).max() < 12
    over_sky = load_driving(tmp_path / name, width=160, options=DrivingOptions(
        static=True, backdrop='#3080F0'))
    sky = np.array(over_sky.frames[0][70:]).astype(int)
    assert np.abs(sky - (0xF0, 0x80, 0x30)).max() < 12


def test_a_change_of_size_is_fitted_again(tmp_path: pathlib.Path) -> None:
    wide = made(tmp_path / 'a.ts', quarters(320, 240), *H264)
    tall = made(tmp_path / 'b.ts', quarters(120, 240), *H264, '-output_ts_offset', '1.08')
    clip = tmp_path / 'c.ts'
    clip.write_bytes(wide.read_bytes() + tall.read_bytes())
    media = load_driving(clip)
    assert len(media.frames) == 50
    assert seen(media.frames[20]) == 'rgbw'
    last = media.frames[-1]
    assert last.shape == (240, 320, 3)
    assert not last[:, :98].any()
    assert not last[:, 222:].any()
    assert seen(last[:, 100:220]) == 'rgbw'
    filled = load_driving(clip, width=200, height=200, fit='cover')
    assert {seen(filled.frames[i]) for i in (0, -1)} == {'rgbw'}


@pytest.mark.skipif(not has('filters', 'zscale'), reason='this ffmpeg has no zscale')
@pytest.mark.parametrize(('transfer', 'primaries', 'matrix'), [
    ('bt709', 'smpte432', 'bt709'), ('smpte2084', 'bt2020', 'bt2020nc'),
    ('arib-std-b67', 'bt2020', 'bt2020nc')])
def test_wide_gamut_and_high_dynamic_range_keep_the_colour_of_skin(
        tmp_path: pathlib.Path, transfer: str, primaries: str, matrix: str) -> None:
    skin = (150, 170, 205)
    colours = (
        'color=0xcdaa96:s=320x240:r=10:d=0.5,format=gbrpf32le,'
        f'zscale=min=gbr:tin=bt709:pin=bt709:rin=pc:t=linear:npl=203:p={primaries},'
        f'zscale=t={transfer}:npl=203:m={matrix}:r=tv,format=yuv420p10le')
    clip = made(tmp_path / 'a.mkv', colours, *LOSSLESS, '-color_primaries', primaries,
                '-color_trc', transfer, '-colorspace', matrix)
    pixel = load_driving(clip).frames[0][120, 160].astype(int)
    # Tone mapping darkens a little; unmapped, PQ and HLG are pale and P3 is dull.
    assert np.abs(pixel - skin).max() < (4 if transfer == 'bt709' else 25)
    assert abs((pixel[2] - pixel[0]) - (skin[2] - skin[0])) < 20


@pytest.mark.parametrize(('kind', 'name'), [
    ('mkv', 'a:b.mkv'), ('mkv', '-i.mkv'), ('mkv', 'concat:a|b.mkv'), ('mkv', 'http:'),
    ('mkv', "it's [a] clip, 100%.mp4"), ('apng', '*.png'), ('apng', 'a%03d.png'),
    ('gif', 'ü%d.gif'), ('webp', 'a%d:.webp')])
def test_any_name_of_a_file_is_a_name(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str) -> None:
    clip = made(tmp_path / f'plain.{kind}', quarters(seconds=0.2), '-pix_fmt',
                {'gif': 'rgb8', 'apng': 'rgb24'}.get(kind, 'yuv420p'))
    clip.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert seen(load_driving(name).frames[0]) == 'rgbw'
    assert seen(load_driving(tmp_path / name).frames[0]) == 'rgbw'


OPTIONS = [
    {}, {'rotate': 90}, {'rotate': 270, 'crop': (20, 200, 10, 110)},
    {'crop': (20, 220, 60, 260)}, {'resize_factor': 2, 'rotate': 180, 'crop': (0, 100, 30, -1)}]


@pytest.mark.parametrize('options', OPTIONS)
@pytest.mark.parametrize('size', [
    {}, {'width': 200, 'height': 90}, {'width': 90, 'height': 200, 'fit': 'cover'}])
def test_a_clip_is_framed_like_a_picture(
        tmp_path: pathlib.Path, options: dict[str, object], size: dict[str, object]) -> None:
    made(tmp_path / 'a.png', quarters(), '-frames:v', '1')
    made(tmp_path / 'a.mkv', quarters(seconds=0.2), '-vf', 'format=bgr0', *LOSSLESS)
    picture, clip = (load_driving(tmp_path / name, options=DrivingOptions(**options), **size)
                     for name in ('a.png', 'a.mkv'))
    assert clip.size == picture.size
    assert clip.placement == picture.placement
    difference = np.abs(clip.frames[0].astype(int) - picture.frames[0])
    assert difference.mean() < 2
    assert np.median(difference) == 0


def test_a_clip_that_starts_late_begins_with_its_first_picture(tmp_path: pathlib.Path) -> None:
    made(tmp_path / 'a.mkv', 'sine=d=2', '-f', 'lavfi', '-itsoffset', '1', '-i', quarters(),
         '-map', '0:a', '-map', '1:v', *LOSSLESS)
    media = load_driving(tmp_path / 'a.mkv')
    assert len(media.frames) == 25
    assert media.notices == ()


def test_the_default_picture_stream_is_shown_and_no_cover(tmp_path: pathlib.Path) -> None:
    made(tmp_path / 'a.mkv', 'color=black:s=64x48:d=1', '-f', 'lavfi', '-i', quarters(),
         '-map', '0', '-map', '1', *LOSSLESS, '-disposition:0', '0', '-disposition:1', 'default')
    assert seen(load_driving(tmp_path / 'a.mkv').frames[0]) == 'rgbw'


def test_a_clip_without_its_end_is_used_and_that_is_said(tmp_path: pathlib.Path) -> None:
    clip = made(tmp_path / 'a.mkv', f'{quarters(seconds=4)},noise=alls=40:allf=t', *H264,
                '-cluster_time_limit', '500')
    clip.write_bytes(clip.read_bytes()[:clip.stat().st_size // 2])
    media = load_driving(clip)
    assert 10 < len(media.frames) < 90
    assert len(media.notices) == 1
    assert media.notices[0].startswith('face video a.mkv is damaged: of 4.0 s only ')
    assert media.notices[0].endswith('Copy or convert it again')


def broken(data: bytes) -> bytes:
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third:]


@pytest.mark.parametrize('name', ['a.mp4', 'a.mkv', 'a.ts', 'a.avi'])
def test_a_broken_clip_is_shown_with_a_notice_or_refused_in_one_line(
        tmp_path: pathlib.Path, name: str) -> None:
    clip = made(tmp_path / name, f'{quarters(seconds=2)},noise=alls=60:allf=t', *H264)
    clip.write_bytes(broken(clip.read_bytes()))
    try:
        media = load_driving(clip)
    except UserError as error:
        assert name in str(error) and '\n' not in str(error)
    else:
        assert any(name in line and 'damaged' in line for line in media.notices)


def test_an_unfinished_mp4_and_a_sound_are_named_in_one_line(tmp_path: pathlib.Path) -> None:
    clip = made(tmp_path / 'a.mp4', quarters(), *H264)
    clip.write_bytes(clip.read_bytes()[:-2000])
    with pytest.raises(UserError, match=r'a\.mp4 is neither .* Convert it'):
        load_driving(clip)
    with pytest.raises(UserError, match=r'a\.wav has sound, but no pictures'):
        load_driving(made(tmp_path / 'a.wav', 'sine=d=1'))


def test_stamps_that_leap_an_hour_end_at_the_limit(tmp_path: pathlib.Path) -> None:
    clip = made(tmp_path / 'a.mkv', f"{quarters()},setpts='PTS+if(gt(N,12),3600/TB,0)'",
                *LOSSLESS, '-fps_mode', 'passthrough')
    media = load_driving(clip, options=DrivingOptions(max_seconds=2))
    assert len(media.frames) == 50


def test_without_ffprobe_it_is_said(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = made(tmp_path / 'a.mkv', quarters(), *LOSSLESS)
    monkeypatch.setenv('PATH', '/nonexistent')
    with pytest.raises(UserError, match='ffprobe cannot be started'):
        load_driving(clip)


def test_one_frame_is_read_of_a_clip_that_stands_still(tmp_path: pathlib.Path) -> None:
    clip = made(tmp_path / 'a.mkv', quarters(seconds=3), *LOSSLESS)
    media: DrivingMedia = load_driving(clip, options=DrivingOptions(static=True))
    assert len(media.frames) == 1
    assert media.notices == ()
    assert cv2.PSNR(np.array(media.frames[0]), np.array(load_driving(clip).frames[0])) > 40
