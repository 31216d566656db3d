"""Pictures that stay are not coded again, and who decodes the stream sees no difference."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import itertools
import json
from pathlib import Path
import subprocess

import numpy as np
import pytest
from rig import until
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.media.output.encoder import PTS_OFFSET, StreamEncoder
from txt2vid_ros.media.output.mpegts import (
    PACKET_BYTES,
    PTS_RATE,
    StreamChunk,
    TransportStreamParser,
    VIDEO_PID,
)
from txt2vid_ros.media.output.repeats.picture_repeater import PictureRepeater
from txt2vid_ros.media.output.stream_format import Opening, StreamFormat

FORM = StreamFormat(width=96, height=64, preset='ultrafast')
SILENCE = bytes(STREAM_RATE // 25 * 2)
SOUND = b'\x10\x01' * (STREAM_RATE // 25)
TICKS = PTS_RATE // 25
NOISE = np.random.default_rng(0).integers(16, 235, (6, 96 * 64 * 3 // 2), np.uint8)
PICTURES = [each.tobytes() for each in NOISE]


@dataclasses.dataclass(frozen=True)
class Made:
    """A stream, and how many of its pictures ffmpeg was given."""

    file: Path
    coded: int
    places: int
    """As the encoder says itself."""

    def packets(self) -> list[dict[str, str]]:
        told = subprocess.run(
            ['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-show_entries',
             'packet=pts,flags', '-of', 'json', str(self.file)], capture_output=True, check=True)
        packets: list[dict[str, str]] = json.loads(told.stdout)['packets']
        return packets

    def decoded(self) -> list[bytes]:
        """Return the pictures; the decoder complains of nothing."""
        done = subprocess.run(
            ['ffmpeg', '-v', 'error', '-i', str(self.file), '-map', '0:v', '-vsync', 'passthrough',
             '-f', 'rawvideo', '-pix_fmt', 'yuv420p', 'pipe:1'], capture_output=True, check=True)
        assert not [line for line in done.stderr.decode().splitlines() if 'vsync' not in line]
        size = len(PICTURES[0])
        return [done.stdout[at:at + size] for at in range(0, len(done.stdout), size)]

    def counters(self) -> list[int]:
        data = self.file.read_bytes()
        packets = (data[at:at + PACKET_BYTES] for at in range(0, len(data), PACKET_BYTES))
        return [each[3] & 0xF for each in packets
                if (each[1] & 0x1F) << 8 | each[2] == VIDEO_PID]


def made(folder: Path, numbers: Sequence[int], form: StreamFormat = FORM, *,
         sound: bytes = SILENCE, at_once: bool = False) -> Made:
    """Have pictures of these numbers coded, each after the one before is out or all `at_once`."""
    chunks: list[StreamChunk] = []
    parser = TransportStreamParser()
    encoder = StreamEncoder(Opening(form), chunks.append, parser)
    for place, number in enumerate(numbers):
        # AAC holds two frames of sound back, and the muxer begins with both.
        encoder.write(PICTURES[number], sound * (1 if place else 4), 10.0)
        if place == 0 or not at_once:
            due = PTS_OFFSET * PTS_RATE + place * TICKS
            until(lambda due=due: parser.times.get(VIDEO_PID, 0) >= due,    # type: ignore[misc]
                  'the picture')
    until(lambda: encoder.waiting == 0, 'the encoder to take all')
    coded = encoder._encoder.taken
    encoder.close()
    file = folder / 'view.ts'
    file.write_bytes(b''.join(chunk.data for chunk in chunks))
    return Made(file, coded, encoder.sent.places)


NUMBERS = [0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 4, 4, 4, 5] + [5] * 19


@pytest.mark.parametrize('preset', ['ultrafast', 'superfast'])
@pytest.mark.parametrize('at_once', [False, True])
def test_what_stays_is_said_to_stay(tmp_path: Path, preset: str, at_once: bool) -> None:
    stream = made(tmp_path, NUMBERS, dataclasses.replace(FORM, preset=preset), at_once=at_once)
    # Those that are new, and where a viewer can join: at 12, 24 and 36.
    assert stream.coded == 6 + 3
    packets = stream.packets()
    assert [int(each['pts']) for each in packets] == [
        round(PTS_OFFSET * PTS_RATE) + place * TICKS for place in range(len(NUMBERS))]
    assert [place for place, each in enumerate(packets) if 'K' in each['flags']] == [0, 12, 24, 36]
    assert stream.places == len(NUMBERS)
    counters = stream.counters()
    assert all(after == (before + 1) % 16
               for before, after in itertools.pairwise(counters))
    pictures = stream.decoded()
    assert len(pictures) == len(NUMBERS)
    for place, (number, seen) in enumerate(zip(NUMBERS, pictures, strict=True)):
        error = np.abs(np.frombuffer(seen, np.uint8).astype(int) - NOISE[number]).mean()
        assert error < 12       # of another picture it is 73
        if place and number == NUMBERS[place - 1] and place % 12:
            assert seen == pictures[place - 1]


def test_beside_sound_every_picture_is_coded(tmp_path: Path) -> None:
    stream = made(tmp_path, [0] * 10, sound=SOUND)
    assert stream.coded == 10 and len(stream.packets()) == 10


def test_a_stream_that_cannot_say_it_is_coded_as_ever(tmp_path: Path) -> None:
    """CABAC, which profiles beyond baseline have, would need an arithmetic coder."""
    stream = made(tmp_path, [0] * 14, StreamFormat(width=96, height=64, profile='high'))
    assert stream.coded == 14 and len(stream.decoded()) == 14


def test_a_repetition_waits_for_its_picture_and_never_comes_behind_the_next(
        tmp_path: Path) -> None:
    begin = round(PTS_OFFSET * PTS_RATE)
    data = made(tmp_path, [0, 1, 2], sound=SOUND).file.read_bytes()
    whole = PictureRepeater()
    length = len(whole.feed(data))
    assert length == len(data)
    assert whole.repeat(begin, begin + TICKS // 2) == b''
    assert len(whole.repeat(begin + 2 * TICKS, begin + 3 * TICKS)) == PACKET_BYTES
    early = PictureRepeater()
    assert early.repeat(begin + TICKS, begin + TICKS + TICKS // 2) == b''
    out = b''.join(early.feed(data[at:at + 100]) for at in range(0, len(data), 100))
    assert len(out) == len(data) + PACKET_BYTES
