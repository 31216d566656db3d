"""From publishing a text to its first sample at a viewer."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import dataclasses
from pathlib import Path
import tempfile
import time
from typing import Any, TYPE_CHECKING

import numpy as np
from txt2vid_ros.bench.rig.floor import first_chunk_ms, over_floor, SHOWN_MS
from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.providers.tts.hibari import HibariVoice

if TYPE_CHECKING:
    from txt2vid_ros.ros.side.speech_client import SpeechClient

SENTENCES = (
    'Good morning, how are you today?',
    'The train leaves at half past nine.',
    'Only the text travels over the link, and the face is made here.',
    'Could you please send me the address again?',
    'I will call you back in a few minutes.',
    'The robot has reached the kitchen and is waiting for you.',
    'Yes.',
    'There is a small problem with the left wheel, but it can go on.',
    'What time does the meeting start tomorrow?',
    'Thank you very much for your help.',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--sentences', type=int, default=30, help='how many (%(default)s)')
    parser.add_argument('--seconds', type=float, default=600.0,
                        help='stop after this time (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Say sentence after sentence to the default voice and face; return the figures."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    rows: list[tuple[float, float, float]] = []
    alone: list[float] = []
    voice = HibariVoice()
    voice.load()
    with tempfile.TemporaryDirectory() as folder, RunningGraph() as graph:
        viewer = Viewer(graph.port, Path(folder, 'live.ts'))
        with SpeechClient(graph.namespace) as client:
            client.wait_connected(30)
            # Start-up: readers are discovered, and the lead is requested.
            client.wait_ended(client.say(SENTENCES[0]), 60)
            end = time.monotonic() + arguments.seconds
            for number in range(arguments.sentences):
                if time.monotonic() > end:
                    break
                text = SENTENCES[number % len(SENTENCES)]
                said = say(graph, client, viewer, text)
                # While the graph is silent: what the same voice takes there and then.
                alone.append(first_chunk_ms(voice, text))
                rows.append(((said.received - said.published) / 1e6,
                             (said.stamp - said.published) / 1e6,
                             (said.arrived - said.published) / 1e6))
        viewer.close()
        first = graph.first_picture
    voice.close()
    table = np.array(rows)
    heard = table.max(axis=1)
    middle = np.median(table, axis=0)
    return {
        'text_to_sound_ms_p50': float(np.percentile(heard, 50)),
        'text_to_sound_ms_p95': float(np.percentile(heard, 95)),
        'over_floor': over_floor(heard, alone, SHOWN_MS),
        'voice_alone_ms': float(np.median(alone)),
        'sentences': len(table),
        'stages': {
            'text_to_first_chunk_ms': float(middle[0]),
            'first_chunk_to_presentation_ms': float(middle[1] - middle[0]),
            'presentation_to_viewer_ms': float(middle[2] - middle[1])},
        'start_to_first_picture_s': first}


@dataclasses.dataclass(frozen=True)
class Said:
    """The times of a sentence, nanoseconds."""

    published: int
    received: int
    """When its first chunk was there."""
    stamp: int
    """When its first sample is heard."""
    arrived: int
    """When that had arrived at the viewer of /live.ts."""


def say(graph: RunningGraph, client: SpeechClient, viewer: Viewer, text: str,
        begun: Callable[[], object] = lambda: None) -> Said:
    """Have a sentence spoken to its end; `begun` is called while it is. Raises UserError."""
    published = time.time_ns()
    utterance = client.say(text)
    stamp = client.wait_begun(utterance, 30)
    received = time.time_ns()
    begun()
    if stamp is None or not client.wait_ended(utterance, 60):
        raise UserError('a sentence was not spoken', f'It said: {graph.log()[-1000:]}')
    time.sleep(0.3)
    # All presentation times of the stream count from the time it reports.
    arrived = viewer.audio_arrival((stamp - graph.status()['pts_zero_ns']) / SECOND)
    if arrived is None:
        raise UserError('the viewer lost the stream', f'It said: {graph.log()[-1000:]}')
    return Said(published, received, stamp, arrived)
