"""The orientation that a camera wrote into a picture file (EXIF 2.32, tag 0x0112)."""

from __future__ import annotations

from collections.abc import Iterator
import struct

from txt2vid_ros.media.driving.orientation import Orientation

_TAG, _SHORT = 0x0112, 3
_MOST_ENTRIES = 1000
_EXIF_HEAD = b'Exif\0\0'


def exif_orientation(data: bytes) -> Orientation:
    """Return the orientation that a JPEG, PNG or WebP file asks for; upright if it asks none."""
    for name, body in chunks(data):
        if name in (b'eXIf', b'EXIF') or (name == b'\xff\xe1' and body.startswith(_EXIF_HEAD)):
            return Orientation.from_exif(_orientation(body.removeprefix(_EXIF_HEAD)))
    return Orientation()


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of the chunks of a PNG or WebP file, or of a JPEG file's segments."""
    if data.startswith(b'\x89PNG'):
        yield from _riff_or_png(data, 8, '>I4s', False)
    elif data[:4] == b'RIFF' and data[8:12] == b'WEBP':
        yield from _riff_or_png(data, 12, '<4sI', True)
    elif data.startswith(b'\xff\xd8'):
        yield from _segments(data)


def _riff_or_png(data: bytes, at: int, head: str, riff: bool) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= len(data):
        first, second = struct.unpack_from(head, data, at)
        name, length = (first, second) if riff else (second, first)
        yield name, data[at + 8:at + 8 + length]
        # RIFF pads to an even length; PNG has a checksum of four bytes.
        at += 8 + length + (length % 2 if riff else 4)


def _segments(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xff and data[at + 1] != 0xda:
        length = int.from_bytes(data[at + 2:at + 4], 'big')
        yield data[at:at + 2], data[at + 4:at + 2 + length]
        at += 2 + max(2, length)


def _orientation(tiff: bytes) -> int:
    """Return the tag's value in the first directory of a TIFF header; 1 where there is none."""
    order = {b'II': '<', b'MM': '>'}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack_from(f'{order}I', tiff, 4)[0]
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack_from(f'{order}H', tiff, start)[0]
    for entry in range(min(count, _MOST_ENTRIES)):
        at = start + 2 + 12 * entry
        if at + 12 > len(tiff):
            break
        tag, kind = struct.unpack_from(f'{order}HH', tiff, at)
        if (tag, kind) == (_TAG, _SHORT):
            return int(struct.unpack_from(f'{order}H', tiff, at + 8)[0])
    return 1
