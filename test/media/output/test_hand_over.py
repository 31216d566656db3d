"""The stream changes its format while it runs, and no viewer hears it."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

import numpy as np
import pytest
from rig import Rig
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.media.output.continuity.hand_over import AAC_FRAME, OVERLAP, seam_after
from txt2vid_ros.media.output.encoder import PTS_OFFSET
from txt2vid_ros.media.output.stream_format import StreamFormat

pytestmark = pytest.mark.xdist_group('streaming')
RATE = 48000
PITCH = 500.0


@dataclasses.dataclass(frozen=True)
class Changed:
    """A stream of a tone whose format was changed twice."""

    file: pathlib.Path
    stream: Decoded
    begin: float
    """When the tone begins, in the stream's time."""
    restarts: int
    skipped: int
    left_out: int


@pytest.fixture(scope='module')
def changed(tmp_path_factory: pytest.TempPathFactory) -> Changed:
    file = tmp_path_factory.mktemp('hand_over') / 'view.ts'
    form = StreamFormat(width=160, height=120, preset='ultrafast')
    with Rig() as rig:
        viewer = Viewer(rig.port, file)
        start = rig.clock.now() + SECOND // 2
        tone = np.sin(np.arange(30 * RATE) * 2 * np.pi * PITCH / RATE).astype(np.float32) / 2
        rig.speech.push('tone', start, tone, RATE)
        rig.wait_frames(40)
        rig.writer.change(dataclasses.replace(form, max_bitrate=300_000, audio_bitrate=128_000),
                          rig.grid)
        rig.wait_frames(40)
        grid = FrameGrid.at(10)
        rig.writer.change(dataclasses.replace(
            form, fps=grid.fps, key_frame_every=5, width=120, height=160), grid)
        rig.wait_frames(40)
        zero = rig.writer.zero - round(PTS_OFFSET * SECOND)
        statistics = rig.writer.statistics
    viewer.close()
    return Changed(file, decode(file), (start - zero) / SECOND, statistics.restarts,
                   statistics.skipped, statistics.left_out)


def test_every_sample_is_heard_once_and_at_its_time(changed: Changed) -> None:
    assert changed.restarts == changed.skipped == 0
    stream = changed.stream
    steps = np.diff(stream.sample_times)
    assert steps.max() < 1.5 / RATE and steps.min() > 0.5 / RATE
    heard = (stream.sample_times > changed.begin + 0.1)
    times, samples = stream.sample_times[heard][:-RATE // 4], stream.samples[heard][:-RATE // 4]
    assert times[-1] - times[0] > 4
    angle = 2 * np.pi * PITCH * (times - changed.begin)
    phase = np.angle(np.mean(samples[:RATE] * np.exp(-1j * angle[:RATE]))) + np.pi / 2
    assert abs(phase) < 2 * np.pi * PITCH * 0.001
    wanted = 0.5 * np.sin(angle + phase)
    # Of any ten milliseconds, however they lie to the seams.
    wrong = np.abs(samples - wanted)[:len(samples) // 480 * 480].reshape(-1, 480).mean(1)
    assert wrong.max() < 0.03, (wrong.argmax() / 100, wrong.max())


def test_pictures_go_on_at_the_new_rate(changed: Changed) -> None:
    steps = np.diff(changed.stream.frame_times)
    assert steps[5] == pytest.approx(0.04, abs=1e-3)
    assert steps[-3] == pytest.approx(0.1, abs=1e-3)
    # Whole numbers of frames, of which only those are missing that a busy machine left out.
    missing = [step / frame - 1 for step in steps
               for frame in [0.04 if abs(step / 0.04 - round(step / 0.04)) < 0.03 else 0.1]]
    assert sum(missing) < changed.left_out + 1.5


def test_the_pictures_get_another_shape_with_the_new_format(changed: Changed) -> None:
    sizes = subprocess.run(
        ['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-show_entries',
         'frame=width,height', '-of', 'csv=p=0', str(changed.file)],
        check=True, capture_output=True, text=True).stdout.replace(',\n', '\n').split()
    assert list(dict.fromkeys(sizes)) == ['160,120', '120,160']


def test_the_packets_are_counted_on(changed: Changed) -> None:
    said = subprocess.run(['ffmpeg', '-v', 'warning', '-i', str(changed.file), '-f', 'null', '-'],
                          check=True, capture_output=True, text=True).stderr
    assert 'Continuity' not in said and 'corrupt' not in said.lower()


def test_a_seam_lies_between_frames_of_the_sound() -> None:
    for begin, end in ((0, 0), (5, 4000), (0, 8192)):
        seam = seam_after(begin, end)
        assert (seam - begin) % AAC_FRAME == 0
        assert seam >= max(end, begin + OVERLAP * AAC_FRAME)
    assert seam_after(0, 8192) == 8192
