"""Pictures out of a transport stream: real ffmpeg's, cut anywhere, damaged."""

from __future__ import annotations

import random
import subprocess

import pytest
from txt2vid_ros.web.rtc.h264 import picture
from txt2vid_ros.web.rtc.transport_stream import PictureParser, TimedPicture

FRAMES = 30


def encoded(*options: str, size: str = '160x120') -> bytes:
    """Return a transport stream that ffmpeg made."""
    return subprocess.run(
        ['ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', f'testsrc2=size={size}:rate=25',
         '-f', 'lavfi', '-i', 'sine', '-frames:v', str(FRAMES), '-shortest', '-vcodec', 'libx264',
         '-preset', 'ultrafast', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-bf', '0',
         '-g', '10', '-acodec', 'aac', '-muxdelay', '0', '-muxpreload', '0', '-output_ts_offset',
         '0', '-pes_payload_size', '0', *options, '-f', 'mpegts', 'pipe:1'],
        capture_output=True, check=True).stdout


@pytest.fixture(scope='module')
def stream() -> bytes:
    return encoded('-omit_video_pes_length', '0')


def parsed(data: bytes, seed: int | None = None) -> list[TimedPicture]:
    parser, rng, at, found = PictureParser(), random.Random(seed), 0, []
    while at < len(data):
        size = rng.randint(1, 700) if seed is not None else len(data)
        found += parser.feed(data[at:at + size])
        at += size
    return found


def test_every_picture_comes_once_with_its_time(stream: bytes) -> None:
    found = parsed(stream)
    assert [each.pts - found[0].pts for each in found] == [3600 * n for n in range(FRAMES)]
    made = [picture(0, each.data) for each in found]
    assert [place for place, each in enumerate(made) if each and each.key_frame] == [0, 10, 20]
    assert made[0] is not None and made[0].profile.startswith('42c0')


def test_how_the_bytes_are_cut_makes_no_difference(stream: bytes) -> None:
    assert parsed(stream, seed=1) == parsed(stream)


def test_a_picture_is_there_with_its_last_byte(stream: bytes) -> None:
    parser = PictureParser()
    found = []
    for at in range(0, len(stream), 188):
        if new := parser.feed(stream[at:at + 188]):
            found += new
            # Nothing of the next picture has been seen.
            assert len(new) == 1
    assert len(found) == FRAMES


def test_large_pictures_end_at_their_stuffing() -> None:
    data = encoded('-qp', '1', size='1280x720')
    parser, sizes = PictureParser(), []
    for at in range(0, len(data), 188):
        for each in parser.feed(data[at:at + 188]):
            sizes.append(len(each.data))
    assert len(sizes) >= FRAMES - 1 and max(sizes) > 65536
    assert parser.damaged == 0


def test_damage_costs_some_pictures_and_no_more(stream: bytes) -> None:
    rng = random.Random(3)
    for _ in range(50):
        data = bytearray(stream)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                del data[at:at + rng.randint(1, 400)]
            else:
                data[at:at + 40] = rng.randbytes(40)
        for each in parsed(bytes(data), seed=7):
            picture(0, each.data)
    assert parsed(rng.randbytes(50_000)) == []
