"""A recording that a fault interrupted is whole and in step, before the fault and behind it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess

import numpy as np
from numpy.typing import NDArray
import pytest
from rig import Rig, until
from txt2vid_ros.bench.commands.sync import clap_times, flash_times, lateness
from txt2vid_ros.bench.rig.viewer import decode, Viewer
from txt2vid_ros.media.output.sinks import Sink

pytestmark = pytest.mark.xdist_group('streaming')
CLAPS = 9
AAC_SECONDS = 1024 / 48000


def packet_times(file: pathlib.Path, stream: str) -> NDArray[np.float64]:
    """Return the presentation times of all packets of the video, 'v', or the sound, 'a'."""
    text = subprocess.run(
        ['ffprobe', '-v', 'error', '-select_streams', stream, '-show_entries', 'packet=pts_time',
         '-of', 'csv=p=0', str(file)], capture_output=True, text=True, check=True)
    assert text.stderr == ''
    return np.array([float(row.strip(',')) for row in text.stdout.split()])


def assert_whole(file: pathlib.Path) -> None:
    """Check that packet follows packet, without a hole, from the beginning to the end."""
    # Matroska rounds to milliseconds.
    np.testing.assert_allclose(np.diff(packet_times(file, 'a')), AAC_SECONDS, atol=0.0015)
    # On a busy machine pictures are left out: the one before is seen for longer.
    frames = np.diff(packet_times(file, 'v')) / 0.04
    np.testing.assert_allclose(frames, np.round(frames), atol=0.05)
    assert frames.min() > 0.9 and frames.max() < 15 and np.median(frames) < 1.1


def offsets(file: pathlib.Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return when claps are heard, and rows of a clap's time and by how much its flash is late."""
    stream = decode(file)
    claps = clap_times(stream.samples, stream.sample_times)
    return claps, lateness(claps, flash_times(stream.brightness, stream.frame_times))


def test_encoders_are_killed_and_stopped_and_recordings_have_it_all(
        tmp_path: pathlib.Path) -> None:
    files = [tmp_path / f'a.{kind}' for kind in ('mp4', 'mkv', 'ts')]
    with Rig(record=str(files[0])) as rig:
        others = [Sink.record(rig.output._broadcast, str(file), rig.reports.append)
                  for file in files[1:]]
        viewer = Viewer(rig.port, tmp_path / 'view.ts')
        rig.clap(CLAPS)
        rig.wait_frames(80)
        os.kill(rig.output.encoder_pid, signal.SIGKILL)
        until(lambda: rig.writer.statistics.restarts == 1)
        rig.wait_frames(50)
        os.kill(rig.output.encoder_pid, signal.SIGSTOP)
        until(lambda: rig.writer.statistics.restarts == 2)
        # A clap that the end cuts short would seem to come early.
        rig.wait_frames(125)
        for sink in others:
            sink.close()
    viewer.close()
    assert rig.reports == []
    for file in files:
        assert_whole(file)
        claps, late = offsets(file)
        # The sound is all there; of the pictures, those that the stopped encoder had are not.
        assert len(claps) >= CLAPS - 1
        np.testing.assert_allclose(np.diff(claps), 1.0, atol=0.002)
        assert len(late) >= len(claps) - 4
        for part in (late[:2], late[-2:]):
            assert np.abs(part[:, 1]).min() < 0.02
        assert late[-1, 0] > 5.5
    seen = packet_times(tmp_path / 'view.ts', 'v')
    assert np.diff(seen).min() > 0
    # Viewers go on where they are; nobody sees later than before what he sees.
    assert np.median(np.abs(offsets(tmp_path / 'view.ts')[1][:, 1])) < 0.02
