"""
What the bytes of a face say of themselves, before anything decodes them.

JPEG (ITU-T T.81) and AV1 in IVF (https://wiki.multimedia.cx/index.php/Duck_IVF): neither can name
another file, and both can be checked from the first byte to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import re
import struct

from txt2vid_ros.call.card import FaceFormat
from txt2vid_ros.call.fields import CardError

_IVF_HEADER = struct.Struct('<4sHH4sHHIIII')
_IVF_FRAME = struct.Struct('<IQ')
# Start of frame, in all codings but the differential and the arithmetic ones; start of scan.
_JPEG_FRAMES, _JPEG_SCAN, _JPEG_END = (0xc0, 0xc1, 0xc2), 0xda, b'\xff\xd9'
# What ends the coded data of a scan: neither a stuffed byte nor a restart (B.1.1.5).
_AFTER_SCAN = re.compile(rb'\xff[^\x00\xd0-\xd7\xff]')
_MOST_SCANS = 64
"""Of a progressive JPEG, which usually has ten; each costs a decoder a pass over the picture."""


@dataclasses.dataclass(frozen=True)
class CodedSize:
    """Width and height in pixels, and how many frames."""

    width: int
    height: int
    frames: int


def coded_size(data: bytes, coding: FaceFormat) -> CodedSize:
    """Return what the bytes say. Raises CardError where they are not of this format."""
    return _READERS[coding](data)


def _jpeg(data: bytes) -> CodedSize:
    found: list[tuple[int, int]] = []
    at, scans = 2, 0
    while at + 4 <= len(data) and data[at] == 0xff:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2:at + 4], 'big')
        if marker in _JPEG_FRAMES and end >= at + 9 and end <= len(data):
            found.append(struct.unpack_from('>HH', data, at + 5))
        if marker == _JPEG_SCAN:
            scans += 1
            after = _AFTER_SCAN.search(data, end)
            end = after.start() if after else len(data)
        at = max(at + 2, end)
    if not data.startswith(b'\xff\xd8') or data[at:] != _JPEG_END:
        raise CardError('it is no whole JPEG')
    if len(found) != 1 or not 0 < scans <= _MOST_SCANS:
        raise CardError('it is no JPEG of one picture')
    height, width = found[0]
    return CodedSize(width, height, 1)


def _ivf(data: bytes) -> CodedSize:
    if len(data) < _IVF_HEADER.size:
        raise CardError('it is no IVF')
    mark, version, length, codec, width, height, *_ = _IVF_HEADER.unpack_from(data)
    if (mark, version, length, codec) != (b'DKIF', 0, _IVF_HEADER.size, b'AV01'):
        raise CardError('it is no AV1 in IVF')
    at, frames = _IVF_HEADER.size, 0
    while at < len(data):
        if at + _IVF_FRAME.size > len(data):
            raise CardError('it ends within a frame')
        size, _ = _IVF_FRAME.unpack_from(data, at)
        if size == 0:
            raise CardError('it has empty frames')
        at += _IVF_FRAME.size + size
        frames += 1
    if at != len(data):
        raise CardError('it ends within a frame')
    return CodedSize(width, height, frames)


_READERS: Mapping[FaceFormat, Callable[[bytes], CodedSize]] = {
    FaceFormat.JPEG: _jpeg, FaceFormat.AV1: _ivf}
