"""
What the bytes of a face say of themselves, before anything decodes them.

JPEG (ITU-T T.81) and AV1 in IVF (https://wiki.multimedia.cx/index.php/Duck_IVF): neither can name
another file, and both can be checked from the first byte to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import struct

from txt2vid_ros.call.card import FaceFormat
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.media.driving.files.exif import chunks

_IVF_HEADER = struct.Struct('<4sHH4sHHIIII')
_IVF_FRAME = struct.Struct('<IQ')
# Start of frame, in all codings but the differential and the arithmetic ones.
_JPEG_FRAMES = (b'\xff\xc0', b'\xff\xc1', b'\xff\xc2')


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
    if not data.startswith(b'\xff\xd8\xff') or not data.endswith(b'\xff\xd9'):
        raise CardError('it is no whole JPEG')
    found = [struct.unpack_from('>HH', body, 1) for name, body in chunks(data)
             if name in _JPEG_FRAMES and len(body) > 5]
    if len(found) != 1:
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
