"""
HEIF pictures: HEIC as phones write it, in tiles and turned, and AVIF.

ffmpeg decodes single tiles and, before version 7, knows nothing of how they belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import struct

import cv2
import ffmpeg
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.files.bounds import huge_picture, MOST_PIXELS, too_many_pixels
from txt2vid_ros.media.driving.files.heif_items import heif_items, HeifItem
from txt2vid_ros.media.driving.orientation import Orientation
from txt2vid_ros.media.ffmpeg import FfmpegProcess, pipe_input, READER_LIMITS

Pixels = NDArray[np.uint8]

_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'mif1', b'mif2', b'avif')
_START_CODE = b'\0\0\0\1'
_STALL_SECONDS = 60.0
_REMEDY = 'Save it as JPEG or PNG'


def is_heif(head: bytes) -> bool:
    """Return whether a file that begins like this is a HEIF picture that stands still."""
    return head[4:8] == b'ftyp' and head[8:12] in _BRANDS


def read_heif(file: Path) -> Pixels:
    """
    Return the picture of a HEIF file as (height, width, 3) uint8 BGR, whole and upright.

    Raises UserError where it is damaged or coded in another way.
    """
    data = file.read_bytes()
    try:
        primary, items = heif_items(data)
        item = items[primary]
        tiles = [items[part] for part in item.parts] if item.kind == b'grid' else [item]
        kinds = {tile.kind for tile in tiles}
        orientation = _orientation(item)
        if kinds == {b'av01'}:
            picture = _by_opencv(data)
        elif kinds == {b'hvc1'}:
            picture = _assembled(item, tiles)
        else:
            raise UserError(f'face file {file} is a HEIF picture of a kind that cannot be decoded',
                            _REMEDY)
    except (ValueError, KeyError, IndexError, struct.error, cv2.error) as error:
        if isinstance(error, cv2.error) and too_many_pixels(error):
            raise huge_picture(file) from error
        raise UserError(f'face file {file} is a HEIF picture that is damaged or incomplete',
                        f'Copy it again, or {_REMEDY[0].lower()}{_REMEDY[1:]}') from error
    return orientation.apply(picture)


def _by_opencv(data: bytes) -> Pixels:
    """Return an AVIF picture as it is stored."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError('not decoded')
    return np.asarray(picture, np.uint8)


def _orientation(item: HeifItem) -> Orientation:
    """Return what the properties `irot` and `imir` ask for, in their order."""
    orientation = Orientation()
    for name, body in item.properties:
        if name == b'irot':
            orientation = orientation.turned(-(body[0] & 3))   # they are anticlockwise
        elif name == b'imir':
            orientation = orientation.flipped()
            if not body[0] & 1:     # top and bottom
                orientation = orientation.turned(2)
    return orientation


def _assembled(item: HeifItem, tiles: list[HeifItem]) -> Pixels:
    """Return the picture of one HEVC item, or of a grid of them. Raises ValueError."""
    wide, high = struct.unpack_from('>II', tiles[0].content_of(b'ispe'), 4)
    rows, columns, width, height = 1, 1, wide, high
    if item.kind == b'grid':
        rows, columns = item.data[2] + 1, item.data[3] + 1
        width, height = struct.unpack_from('>II' if item.data[1] & 1 else '>HH', item.data, 4)
    if (not 0 < rows * high * columns * wide <= MOST_PIXELS or len(tiles) < rows * columns
            or width > columns * wide or height > rows * high):
        raise ValueError('tiles do not make up the picture')
    canvas = np.empty((rows * high, columns * wide, 3), np.uint8)
    for at, tile in enumerate(_decoded(tiles[:rows * columns], wide, high)):
        top, left = at // columns * high, at % columns * wide
        canvas[top:top + high, left:left + wide] = tile
    return np.ascontiguousarray(canvas[:height, :width])


def _decoded(tiles: list[HeifItem], width: int, height: int) -> Iterator[Pixels]:
    """Yield the pictures of all tiles; each is overwritten by the next. Raises ValueError."""
    # Whatever rate the stream claims, each of its pictures comes out once.
    source = pipe_input(0, 'hevc', max_pixels=MOST_PIXELS)
    stream = source.filter('setpts', 'N/(25*TB)').filter('fps', 25)
    output = ffmpeg.output(stream.filter('scale', width, height), 'pipe:1', format='rawvideo',
                           pix_fmt='bgr24')
    process = FfmpegProcess(output, 'heif decoder', limits=READER_LIMITS,
                            stall_seconds=_STALL_SECONDS)
    tile = np.empty((height, width, 3), np.uint8)
    try:
        feed = process.queued_input(len(tiles) + 1)
        for one in tiles:
            feed.write(_byte_stream(one))
        feed.close(timeout=0)
        for _ in tiles:
            if not process.fill(memoryview(tile.data).cast('B')):
                raise ValueError('a tile is missing')
            yield tile
    finally:
        process.abort()


def _byte_stream(tile: HeifItem) -> bytes:
    """Return a tile with its parameter sets in the format of ITU-T H.265, annex B."""
    configuration = tile.content_of(b'hvcC')
    length_size = (configuration[21] & 3) + 1
    units, at = [], 23
    for _ in range(configuration[22]):
        count, at = int.from_bytes(configuration[at + 1:at + 3], 'big'), at + 3
        for _ in range(count):
            length, at = int.from_bytes(configuration[at:at + 2], 'big'), at + 2
            units.append(configuration[at:at + length])
            at += length
    at = 0
    while at < len(tile.data):
        length, at = int.from_bytes(tile.data[at:at + length_size], 'big'), at + length_size
        units.append(tile.data[at:at + length])
        at += length
    return b''.join(_START_CODE + unit for unit in units)
