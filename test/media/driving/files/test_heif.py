"""HEIC pictures as phones write them: in tiles, cut to size, turned and mirrored by properties."""

from __future__ import annotations

import pathlib
import re
import struct
import subprocess

import cv2
from made_clips import made, quarters, seen
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.driving_media import load_driving

TILE = 128


def box(name: bytes, *parts: bytes) -> bytes:
    body = b''.join(parts)
    return struct.pack('>I4s', len(body) + 8, name) + body


def tile_of(folder: pathlib.Path, left: int, top: int) -> bytes:
    """Return a part of the four colours, 256x192, as a stream of HEVC with start codes."""
    path = made(folder / f'{left}_{top}.hevc', f'{quarters(256, 192)},crop={TILE}:{TILE}:{left}:'
                f'{top}:exact=1', '-frames:v', '1', '-c:v', 'libx265', '-pix_fmt', 'yuv420p',
                '-x265-params', 'log-level=error')
    return path.read_bytes()


def heic(tiles: list[bytes], *transforms: bytes) -> bytes:
    """Return a HEIC file of four tiles: 2 x 2 tiles, of which 256 x 192 pixels are the picture."""
    units = [re.split(rb'\x00?\x00\x00\x01', tile)[1:] for tile in tiles]
    sets = [unit for unit in units[0] if (unit[0] >> 1) & 63 in (32, 33, 34)]
    configuration = bytes(21) + b'\x03' + bytes([len(sets)]) + b''.join(
        bytes([unit[0] >> 1 & 63]) + struct.pack('>HH', 1, len(unit)) + unit for unit in sets)
    data = [b''.join(struct.pack('>I', len(unit)) + unit for unit in tile
                     if (unit[0] >> 1) & 63 < 32) for tile in units]
    properties = box(b'ipco', box(b'hvcC', configuration),
                     box(b'ispe', bytes(4), struct.pack('>II', TILE, TILE)),
                     box(b'ispe', bytes(4), struct.pack('>II', 256, 192)),
                     *transforms)
    own = bytes(range(3, 4 + len(transforms)))
    owned = b''.join(struct.pack('>HBBB', item, 2, 0x81, 2) for item in range(1, 5))
    associations = box(b'ipma', bytes(4), struct.pack('>I', 5), owned,
                       struct.pack('>HB', 5, len(own)), own)
    items = b''.join(box(b'infe', b'\2\0\0\0', struct.pack('>HH', item, 0), kind, b'\0')
                     for item, kind in enumerate([b'hvc1'] * 4 + [b'grid'], 1))
    head = box(b'ftyp', b'heic', bytes(4), b'mif1heic')

    def meta(start: int) -> bytes:
        places = b''
        for item, one in enumerate(data, 1):
            places += struct.pack('>HHHHII', item, 0, 0, 1, start, len(one))
            start += len(one)
        places += struct.pack('>HHHHII', 5, 1, 0, 1, 0, 8)
        return box(
            b'meta', bytes(4), box(b'pitm', bytes(4), b'\0\5'),
            box(b'iloc', b'\1\0\0\0\x44\0', struct.pack('>H', 5), places),
            box(b'iinf', bytes(4), struct.pack('>H', 5), items),
            box(b'iref', bytes(4), box(b'dimg', struct.pack('>HH4H', 5, 4, 1, 2, 3, 4))),
            box(b'iprp', properties, associations),
            box(b'idat', struct.pack('>BBBBHH', 0, 0, 1, 1, 256, 192)))

    return head + meta(len(head) + len(meta(0)) + 8) + box(b'mdat', *data)


@pytest.fixture(scope='module')
def tiles(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    coders = subprocess.run(['ffmpeg', '-v', 'error', '-encoders'], capture_output=True,
                            check=True).stdout
    if b'libx265' not in coders:
        pytest.skip('this ffmpeg has no HEVC encoder')
    folder = tmp_path_factory.mktemp('tiles')
    # The lower tiles reach beyond the picture: what is there repeats what is above it.
    return [tile_of(folder, left, top) for top in (0, 64) for left in (0, TILE)]


TURN_LEFT, LEFT_RIGHT, TOP_BOTTOM = box(b'irot', b'\1'), box(b'imir', b'\1'), box(b'imir', b'\0')


@pytest.mark.parametrize(('transforms', 'size'), [
    ((), (256, 192)), ((TURN_LEFT,), (192, 256)), ((LEFT_RIGHT,), (256, 192)),
    ((TOP_BOTTOM,), (256, 192)), ((TURN_LEFT, LEFT_RIGHT), (192, 256))])
def test_a_heic_of_tiles_is_whole_and_upright(
        tmp_path: pathlib.Path, tiles: list[bytes], transforms: tuple[bytes, ...],
        size: tuple[int, int]) -> None:
    (tmp_path / 'a.heic').write_bytes(heic(tiles, *transforms))
    media = load_driving(tmp_path / 'a.heic')
    assert media.size == size
    assert media.notices == ()
    plain = np.concatenate([np.concatenate([decoded(tiles[at]) for at in row], axis=1)
                            for row in ((0, 1), (2, 3))])[:192]
    for transform in transforms:
        plain = {TURN_LEFT: lambda one: cv2.rotate(one, cv2.ROTATE_90_COUNTERCLOCKWISE),
                 LEFT_RIGHT: lambda one: cv2.flip(one, 1),
                 TOP_BOTTOM: lambda one: cv2.flip(one, 0)}[transform](plain)
    assert np.abs(media.frames[0].astype(int) - plain).max() <= 2


def decoded(tile: bytes) -> np.ndarray:
    """Return the picture of one tile as ffmpeg decodes it by itself."""
    done = subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'hevc', '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'bgr24',
         '-frames:v', '1', '-'], input=tile, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(TILE, TILE, 3)


def test_a_heic_that_is_cut_off_or_of_an_unknown_kind_is_named_in_one_line(
        tmp_path: pathlib.Path, tiles: list[bytes]) -> None:
    whole = heic(tiles)
    for name, data in (('half.heic', whole[:len(whole) // 2]), ('head.heic', whole[:60]),
                       ('tile.heic', whole[:-40]),
                       ('other.heic', whole.replace(b'hvc1', b'jpeg'))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match=name) as caught:
            load_driving(tmp_path / name)
        assert 'JPEG or PNG' in str(caught.value)
        assert '\n' not in str(caught.value)


@pytest.mark.skipif(not cv2.haveImageWriter('a.avif'), reason='this OpenCV writes no AVIF')
def test_an_avif_is_read(tmp_path: pathlib.Path) -> None:
    made(tmp_path / 'a.png', quarters(), '-frames:v', '1')
    cv2.imwrite(str(tmp_path / 'a.avif'), cv2.imread(str(tmp_path / 'a.png')))
    assert seen(load_driving(tmp_path / 'a.avif').frames[0]) == 'rgbw'
