"""
Raw pictures with their times, as a Matroska stream (RFC 9559): some may be left out.

A raw stream has no times: each picture in it lasts as long as the others, and one that is left out
would make all that follow early.
"""

from __future__ import annotations

from fractions import Fraction

TICKS = 1_000_000
"""Ticks a second of the times."""
_UNKNOWN_SIZE = b'\x01' + b'\xff' * 7
_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _TICK_NANOSECONDS = 0x18538067, 0x1549A966, 0x2AD7B1
_TRACKS, _TRACK, _TRACK_NUMBER, _TRACK_UID, _TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83
_CODEC, _FRAME_NANOSECONDS = 0x86, 0x23E383
_VIDEO, _WIDTH, _HEIGHT, _FOUR_CHARACTERS = 0xE0, 0xB0, 0xBA, 0x2EB524
_CLUSTER, _TIME, _BLOCK = 0x1F43B675, 0xE7, 0xA3
_BLOCK_HEAD = b'\x81\0\0\x80'
"""Track 1, at the time of its cluster, a key frame."""


def header(width: int, height: int, fps: Fraction) -> bytes:
    """Return what comes before the first of a stream of I420 pictures of so many pixels."""
    video = (_number(_WIDTH, width) + _number(_HEIGHT, height)
             + _element(_FOUR_CHARACTERS, b'I420'))
    track = (_number(_TRACK_NUMBER, 1) + _number(_TRACK_UID, 1) + _number(_TRACK_TYPE, 1)
             + _number(_FRAME_NANOSECONDS, round(10 ** 9 / fps))
             + _element(_CODEC, b'V_UNCOMPRESSED') + _element(_VIDEO, video))
    return (_element(_EBML, _element(_DOC_TYPE, b'matroska')) + _id(_SEGMENT) + _UNKNOWN_SIZE
            + _element(_INFO, _number(_TICK_NANOSECONDS, 10 ** 9 // TICKS))
            + _element(_TRACKS, _element(_TRACK, track)))


def before_picture(time: Fraction, size: int) -> bytes:
    """Return what comes before a picture of `size` bytes that is seen after `time` seconds."""
    begin = _number(_TIME, round(time * TICKS)) + _id(_BLOCK) + _size(len(_BLOCK_HEAD) + size)
    return (_id(_CLUSTER) + _size(len(begin) + len(_BLOCK_HEAD) + size) + begin + _BLOCK_HEAD)


def _element(name: int, content: bytes) -> bytes:
    return _id(name) + _size(len(content)) + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(8, 'big'))


def _id(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, 'big')


def _size(size: int) -> bytes:
    return (size | 1 << 56).to_bytes(8, 'big')
