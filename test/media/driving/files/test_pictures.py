"""Still pictures: transparency and orientation together, in every format that has both."""

from __future__ import annotations

import pathlib
import struct
import zlib

import cv2
from made_clips import seen
import numpy as np
import pytest
from txt2vid_ros.media.driving.driving_media import load_driving

# The shown quarters of red and green above blue and white for EXIF's orientations 1 to 8, of
# which the white one is transparent.
SHOWN = {1: 'rgb-', 2: 'gr-b', 3: '-bgr', 4: 'b-rg', 5: 'rbg-', 6: 'br-g', 7: '-gbr', 8: 'g-rb'}


def holed() -> np.ndarray:
    picture = np.full((120, 160, 4), 255, np.uint8)
    picture[:60, :80, :3], picture[:60, 80:, :3] = (0, 0, 255), (0, 255, 0)
    picture[60:, :80, :3] = (255, 0, 0)
    picture[60:, 80:, 3] = 0
    return picture


def tiff(orientation: int, order: str) -> bytes:
    """Return EXIF's header with the orientation as its second entry."""
    mark = {'>': b'MM\0*', '<': b'II*\0'}[order]
    return mark + struct.pack(f'{order}IHHHII', 8, 2, 0x0100, 4, 1, 160) + struct.pack(
        f'{order}HHIHHI', 0x0112, 3, 1, orientation, 0, 0)


def as_png(orientation: int, order: str) -> bytes:
    data = cv2.imencode('.png', holed())[1].tobytes()
    body = b'eXIf' + tiff(orientation, order)
    chunk = struct.pack('>I', len(body) - 4) + body + struct.pack('>I', zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def as_webp(orientation: int, order: str) -> bytes:
    data = cv2.imencode('.webp', holed(), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    body = tiff(orientation, order)
    sides = (159).to_bytes(3, 'little') + (119).to_bytes(3, 'little')
    chunks = (b'VP8X' + struct.pack('<II', 10, 0x18) + sides + data[12:]
              + b'EXIF' + struct.pack('<I', len(body)) + body + bytes(len(body) % 2))
    return b'RIFF' + struct.pack('<I', 4 + len(chunks)) + b'WEBP' + chunks


@pytest.mark.parametrize('order', ['<', '>'])
@pytest.mark.parametrize('orientation', SHOWN)
@pytest.mark.parametrize('written', [as_png, as_webp])
def test_transparency_is_turned_with_its_picture(
        tmp_path: pathlib.Path, written: object, orientation: int, order: str) -> None:
    assert callable(written)
    (tmp_path / 'a').write_bytes(written(orientation, order))
    media = load_driving(tmp_path / 'a')
    assert media.size == ((160, 120) if orientation < 5 else (120, 160))
    assert seen(media.frames[0]) == SHOWN[orientation]


@pytest.mark.parametrize('end', [0, 3, 9, 13, 20, 31])
def test_an_orientation_that_is_cut_off_is_none(tmp_path: pathlib.Path, end: int) -> None:
    data = cv2.imencode('.jpg', holed()[:, :, :3])[1].tobytes()
    body = b'Exif\0\0' + tiff(6, '<')[:end]
    head = b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body
    (tmp_path / 'a.jpg').write_bytes(data[:2] + head + data[2:])
    assert load_driving(tmp_path / 'a.jpg').size == (160, 120)
