"""The clap test: sound and flash made of the same samples, decoded from a viewer's stream."""

from __future__ import annotations

import argparse
from pathlib import Path
import tempfile
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.bench.speech.clap import LENGTH
from txt2vid_ros.core.errors import UserError

TAIL_SECONDS = 2.0
"""Seconds of the stream that are still to come when the end of an utterance is told."""
LOUD = 0.2
"""Amplitude above which a sample belongs to a clap."""
LIT = 20.0
"""Grey levels above the dark picture from which a frame counts as lit."""
CLAPS = 10
"""Claps in one utterance; each utterance has another phase against the frame grid."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--seconds', type=float, default=600.0, help='how long (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the graph with the clap voice and the flash engine; return the figures."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    with tempfile.TemporaryDirectory() as folder, \
            RunningGraph('--tts', 'clap', '--engine', 'flash') as graph:
        file = Path(folder, 'live.ts')
        viewer = Viewer(graph.port, file)
        with SpeechClient(graph.namespace) as client:
            client.wait_connected(30)
            end = time.monotonic() + arguments.seconds
            while time.monotonic() < end:
                client.wait_ended(client.say('x' * CLAPS), 30)
        # The end is told before it is heard.
        viewer.wait_for(viewer.arrivals[-1][1] + TAIL_SECONDS, TAIL_SECONDS + 5)
        viewer.close()
        return figures(decode(file))


def figures(stream: Decoded) -> dict[str, Any]:
    """Return the offsets between claps and flashes; positive if the picture is late."""
    claps = clap_times(stream.samples, stream.sample_times)
    flashes = flash_times(stream.brightness, stream.frame_times)
    offsets = lateness(claps, flashes)
    if len(offsets) < 3:
        raise UserError(f'of {len(claps)} claps that were heard and {len(flashes)} flashes that '
                        f'were seen, only {len(offsets)} belong together',
                        'Measure for longer: --seconds 20')
    milliseconds = offsets[:, 1] * 1000
    drift = np.polyfit(offsets[:, 0] / 60, milliseconds, 1)[0]
    return {
        'offset_ms_median': float(np.median(milliseconds)),
        'offset_ms_p95': float(np.percentile(np.abs(milliseconds), 95)),
        'offset_ms_max': float(np.abs(milliseconds).max()),
        'drift_ms_per_min': float(drift),
        'claps': len(offsets),
        'claps_lost': len(claps) - len(offsets),
        'seconds': float(stream.frame_times[-1] - stream.frame_times[0])}


def lateness(claps: NDArray[np.float64], flashes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows of a clap's time and by how much its flash is later, in seconds."""
    pairs = [(clap, flashes[np.argmin(np.abs(flashes - clap))] - clap) for clap in claps
             ] if len(flashes) else []
    # A flash half a period away belongs to another clap: this one's was lost.
    return np.array([pair for pair in pairs if abs(pair[1]) < 0.4]).reshape(-1, 2)


def clap_times(samples: NDArray[np.float32], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the centre of each clap in the sound, in seconds."""
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    groups = np.split(loud, np.flatnonzero(np.diff(times[loud]) > LENGTH) + 1)
    return np.array([(times[group[0]] + times[group[-1]]) / 2 for group in groups
                     if len(group) > 10])


def flash_times(brightness: NDArray[np.float64], times: NDArray[np.float64]
                ) -> NDArray[np.float64]:
    """Return the centre of each flash: the mean of its frames' times weighted by brightness."""
    light = brightness - np.median(brightness)
    lit = np.flatnonzero(light > LIT)
    groups = np.split(lit, np.flatnonzero(np.diff(lit) > 2) + 1) if len(lit) else []
    found = []
    for group in groups:
        around = np.arange(max(0, group[0] - 1), min(len(light), group[-1] + 2))
        weight = np.clip(light[around], 0, None)
        found.append(float((times[around] * weight).sum() / weight.sum()))
    return np.array(found)
