"""Where in a real transport stream a viewer may begin."""

from __future__ import annotations

import pathlib
import subprocess

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.media.output.mpegts import PACKET_BYTES, payload, TransportStreamParser


@pytest.fixture(scope='module')
def stream() -> bytes:
    """Return two seconds of a stream with a key frame every 12 frames, made by ffmpeg."""
    return subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2', '-f', 'lavfi',
         '-i', 'sine=d=2', '-c:v', 'libx264', '-g', '12', '-bf', '0', '-sc_threshold', '0',
         '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-f', 'mpegts', '-'],
        check=True, capture_output=True).stdout


@given(sizes=st.lists(st.integers(1, 2000), min_size=1, max_size=30))
def test_fed_in_any_parts_nothing_is_lost_and_the_keys_are_the_same(
        stream: bytes, sizes: list[int]) -> None:
    parser = TransportStreamParser()
    whole = TransportStreamParser().feed(stream)
    at = turn = 0
    chunks = []
    while at < len(stream):
        size = sizes[turn % len(sizes)] * 10
        chunks += parser.feed(stream[at:at + size])
        at, turn = at + size, turn + 1
    assert b''.join(chunk.data for chunk in chunks) == stream
    assert all(len(chunk.data) % PACKET_BYTES == 0 for chunk in chunks)
    starts = [b''.join(p.data for p in chunks[:i]) for i, p in enumerate(chunks) if p.key_frame]
    expected = [b''.join(p.data for p in whole[:i]) for i, p in enumerate(whole) if p.key_frame]
    assert [len(start) for start in starts] == [len(start) for start in expected]


def test_a_viewer_who_begins_at_any_key_frame_sees_all_from_there(
        stream: bytes, tmp_path: pathlib.Path) -> None:
    parser = TransportStreamParser()
    chunks = parser.feed(stream)
    keys = [index for index, chunk in enumerate(chunks) if chunk.key_frame]
    assert len(keys) == 5  # 50 frames, one in 12
    for turn, index in enumerate(keys):
        file = tmp_path / f'{index}.ts'
        file.write_bytes(parser.tables + b''.join(chunk.data for chunk in chunks[index:]))
        counted = subprocess.run(
            ['ffmpeg', '-v', 'error', '-i', str(file), '-map', '0:v', '-f', 'framecrc', '-'],
            check=True, capture_output=True, text=True)
        frames = [line for line in counted.stdout.splitlines() if not line.startswith('#')]
        assert len(frames) == 50 - 12 * turn
        assert counted.stderr == ''


def test_what_is_no_transport_stream_is_refused() -> None:
    with pytest.raises(ValueError, match='no packet start'):
        TransportStreamParser().feed(b'\x00' * 400)


def test_half_a_packet_of_an_encoder_that_died_is_dropped(stream: bytes) -> None:
    parser = TransportStreamParser()
    parser.feed(stream[:1000])
    parser.restart()
    after = b''.join(chunk.data for chunk in parser.feed(stream))
    assert len(after) == len(stream)
    assert [after[i] for i in range(len(after)) if i % PACKET_BYTES != 3] == [
        stream[i] for i in range(len(stream)) if i % PACKET_BYTES != 3]


def test_what_viewers_missed_is_for_recordings_and_both_are_counted_on(
        stream: bytes, tmp_path: pathlib.Path) -> None:
    parser = TransportStreamParser()
    before = parser.feed(stream)
    parser.restart(left_out=5, missed=20)
    after = parser.feed(stream)
    # Its key frames are pictures 0, 12, 24, ...: viewers go on at the first one that is live.
    first = next(chunk for chunk in after if not chunk.missed)
    assert first.key_frame
    assert sum(chunk.key_frame and chunk.missed for chunk in after) == 2
    for name, chunks in (('live', [each for each in after if not each.missed]), ('whole', after)):
        file = tmp_path / f'{name}.ts'
        file.write_bytes(b''.join(chunk.data for chunk in (*before, *chunks)))
        found = subprocess.run(
            ['ffprobe', '-v', 'warning', '-count_packets', '-show_entries',
             'stream=nb_read_packets', '-of', 'csv=p=0', str(file)], check=True,
            capture_output=True, text=True)
        pictures = int(found.stdout.split()[0].rstrip(','))
        assert pictures == 50 + (26 if name == 'live' else 50)
    data = b''.join(chunk.data for chunk in (*before, *after) if not chunk.missed)
    counters: dict[int, int] = {}
    for at in range(0, len(data), PACKET_BYTES):
        pid, counter = (data[at + 1] & 0x1F) << 8 | data[at + 2], data[at + 3] & 0xF
        if data[at + 3] & 0x10:
            assert counter == (counters.get(pid, counter - 1) + 1) & 0xF, pid
            counters[pid] = counter


@pytest.mark.parametrize(('field', 'stuffed'), [
    ('', False), ('00', True), ('01 00', True), ('02 00 ff', True), ('01 40', False),
    ('07 50 000000007e00', False), ('08 50 000000007e00 ff', True)])
def test_a_packet_that_is_filled_up_is_known_from_one_byte_on(field: str, stuffed: bool) -> None:
    adaptation = bytes.fromhex(field)
    packet = bytes((0x47, 1, 0, 0x30 if adaptation else 0x10)) + adaptation
    assert payload(packet.ljust(PACKET_BYTES, b'x')) == (len(packet), stuffed)
