"""The whole graph under constant speech: frames on time, processor and memory."""

from __future__ import annotations

import argparse
import time
from typing import Any

from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.bench.rig.running_graph import descendants, RunningGraph, usage
from txt2vid_ros.core.clock import SECOND


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--seconds', type=float, default=600.0, help='how long (%(default)s)')
    parser.add_argument('--engine', default='', help='lip-sync engine')
    parser.add_argument('--composed', action='store_true', help='all nodes in one process')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the graph and have it speak without a pause; return the figures."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    options = (*(('--engine', arguments.engine) if arguments.engine else ()),
               *(('--composed', 'true') if arguments.composed else ()))
    with RunningGraph(*options) as graph, SpeechClient(graph.namespace) as client:
        client.wait_connected(30)
        time.sleep(2.0)
        before, (used, _) = graph.status(), usage(descendants(graph.pid))
        begun = time.monotonic()
        peak = 0.0
        number = 0
        while time.monotonic() - begun < arguments.seconds:
            client.wait_ended(client.say(SENTENCES[number % len(SENTENCES)]), 60)
            number += 1
            peak = max(peak, usage(descendants(graph.pid))[1])
        took = time.monotonic() - begun
        after, (total, _) = graph.status(), usage(descendants(graph.pid))
        frames = after['frames'] - before['frames']
        # Relative to all frames that were due, so that frames never written count as late.
        due = max(1.0, (after['now_ns'] - before['now_ns']) / SECOND * after['fps'])
        return {
            'frames_on_time': min(1.0, (after['on_time'] - before['on_time']) / due),
            'cpu_cores': (total - used) / took,
            'rss_mb': peak,
            'frames': frames,
            'skipped': after['skipped'] - before['skipped'],
            'left_out': after['left_out'] - before['left_out'],
            'encoder_restarts': after['encoder_restarts'],
            'seconds': took,
            'start_to_first_picture_s': graph.first_picture}
