"""Boxes of a fragmented MP4 are found, and fragments that begin with a key frame are told."""

from __future__ import annotations

import struct
import subprocess

from hypothesis import given
from hypothesis import strategies as st
from txt2vid_ros.media.output.fragments import begins_with_key_frame, boxes


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack('>I4s', 8 + len(body), kind) + body


@given(st.lists(st.tuples(st.sampled_from([b'moof', b'mdat', b'free']), st.binary(max_size=50)),
                max_size=6), st.binary(max_size=7))
def test_whole_boxes_are_found_and_half_ones_wait(
        parts: list[tuple[bytes, bytes]], rest: bytes) -> None:
    data = b''.join(box(*part) for part in parts)
    found = list(boxes(data + rest[:7]))
    assert [(kind, data[start + 8:end]) for kind, start, end in found] == parts
    if parts:
        assert len(list(boxes(data[:-1]))) == len(parts) - 1


def test_a_large_box_states_its_size_in_64_bits() -> None:
    data = struct.pack('>I4sQ', 1, b'mdat', 20) + b'abcd'
    assert list(boxes(data)) == [(b'mdat', 0, 20)]


@given(st.binary(max_size=300))
def test_garbage_does_no_harm(data: bytes) -> None:
    assert all(end <= len(data) for _, _, end in boxes(data))


def test_of_a_real_stream_the_key_frames_are_told() -> None:
    made = subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2', '-f', 'lavfi',
         '-i', 'sine=d=2', '-c:v', 'libx264', '-g', '10', '-bf', '0', '-sc_threshold', '0',
         '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+empty_moov+default_base_moof',
         '-frag_duration', '1', '-f', 'mp4', '-'], check=True, capture_output=True).stdout
    fragments = [made[start:end] for kind, start, end in boxes(made) if kind == b'moof']
    keys = [begins_with_key_frame(fragment) for fragment in fragments]
    assert sum(keys) == 5  # 50 frames, one in 10
    assert len(keys) > 40


def test_a_fragment_of_sound_alone_is_no_place_to_begin() -> None:
    tfhd = box(b'tfhd', struct.pack('>II', 0x20000, 2))
    trun = box(b'trun', struct.pack('>III', 0, 1, 0))
    assert not begins_with_key_frame(box(b'moof', box(b'traf', tfhd + trun)))
    assert not begins_with_key_frame(box(b'moof', box(b'traf', tfhd)))


def test_flags_of_each_sample_count_before_the_default() -> None:
    tfhd = box(b'tfhd', struct.pack('>III', 0x20020, 1, 0x10000))
    for flags, key in ((0x2000000, True), (0x10000, False)):
        trun = box(b'trun', struct.pack('>IIII', 0x700, 1, 0, 0) + struct.pack('>I', flags))
        assert begins_with_key_frame(box(b'moof', box(b'traf', tfhd + trun))) is key
        first = box(b'trun', struct.pack('>III', 0x4, 1, flags))
        assert begins_with_key_frame(box(b'moof', box(b'traf', tfhd + first))) is key
