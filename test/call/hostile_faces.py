"""Faces that a stranger might send: true ones of few bytes, and files that are none."""

from __future__ import annotations

import functools
import struct
import zlib

import cv2
import numpy as np
from txt2vid_ros.call.card import Face, FaceFormat, FaceOutline
from txt2vid_ros.call.face import coding


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


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + name + body + struct.pack(
            '>I', zlib.crc32(name + body))

    pixels = zlib.compress(bytes(min(height, 2000) * (1 + (width + 7) // 8)), 9)
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 1, 0, 0, 0, 0))
            + chunk(b'IDAT', pixels) + chunk(b'IEND', b''))


@functools.cache
def jpeg() -> bytes:
    return coding.jpeg(pictures()[0], 80)


def many_scans() -> bytes:
    """Return a JPEG whose first scan comes again and again: each takes a decoder's time."""
    at = jpeg().find(b'\xff\xda')
    end = jpeg().find(b'\xff', at + 14)
    while jpeg()[end + 1] in (0, *range(0xd0, 0xd8)):
        end = jpeg().find(b'\xff', end + 1)
    return jpeg()[:end] + jpeg()[at:end] * 1000 + jpeg()[end:]


def huge_jpeg() -> bytes:
    """Return a JPEG that says it has 30,000 x 30,000 pixels."""
    plain = bytearray(jpeg())
    at = max(plain.find(mark) for mark in (b'\xff\xc0', b'\xff\xc2'))
    plain[at + 5:at + 9] = struct.pack('>HH', 30000, 30000)
    return bytes(plain)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack('>I', 8 + len(body)) + name + body


def ivf(frames: bytes, width: int = 96, height: int = 80, codec: bytes = b'AV01') -> bytes:
    return struct.pack('<4sHH4sHHIIII', b'DKIF', 0, 32, codec, width, height, 1, 1, 1, 0) + frames


def frame(data: bytes) -> bytes:
    return struct.pack('<IQ', len(data), 0) + data


def resized(data: bytes, width: int, height: int) -> bytes:
    """Return an IVF that says another size than the pictures in it have."""
    return data[:12] + struct.pack('<HH', width, height) + data[16:]


@functools.cache
def bomb() -> bytes:
    """Return a picture of 1280 x 720 in few bytes, which may stand for one of any size."""
    return coding.av1([np.zeros((720, 1280, 3), np.uint8)], 1, 50)


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
    'a small PNG': cv2.imencode('.png', pictures()[0])[1].tobytes(),
    'a WebP': cv2.imencode('.webp', pictures()[0])[1].tobytes(),
    'a BMP': cv2.imencode('.bmp', pictures()[0])[1].tobytes(),
    'a JPEG in IVF': ivf(frame(jpeg())),
    'half a JPEG': jpeg()[:len(jpeg()) // 2],
    'two JPEGs in one': jpeg() + jpeg(),
    'a JPEG with a page behind it': jpeg() + b'<script>alert(1)</script>',
    'a JPEG with a page in it': jpeg()[:-2] + b'\xff\xfe\0\x04ok<script>\xff\xd9',
    'a JPEG of 1,000 scans': many_scans(),
    'a bomb in AV1': resized(bomb(), 96, 80),
    'an archive': b'PK\3\4' + bytes(26) + b'face.jpg' + jpeg(),
    'a page': b'<!doctype html><script>fetch("http://127.0.0.1/")</script>',
}
"""Files that are no face of either format, by what they are."""
