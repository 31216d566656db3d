"""The face in a real browser: how soon, how well in step, and what a viewer costs."""

from __future__ import annotations

import argparse
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.commands.latency import say, SENTENCES
from txt2vid_ros.bench.commands.sender import compose
from txt2vid_ros.bench.rig.chromium import program
from txt2vid_ros.bench.rig.running_graph import node_process, RunningGraph, usage
from txt2vid_ros.bench.rig.viewer import Viewer
from txt2vid_ros.bench.speech.material import synthesized
from txt2vid_ros.bench.web.crowd import WATCHING
from txt2vid_ros.bench.web.probe import ProbedPage, READING_SECONDS, spans
from txt2vid_ros.core.errors import UserError

SETTLING_SECONDS = 10.0
"""Seconds that a browser has to bring sound and picture in step: 80 ms a second at most."""
SPOKEN = 0.02
"""Peak above which a block belongs to speech."""
SENTENCE_PAUSE = 1.5
"""Seconds of quiet between two sentences, not within one."""
CROWDS = (1, 20)
COUNTED_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--joins', type=int, default=20, help='viewers that join (%(default)s)')
    parser.add_argument('--sentences', type=int, default=10, help='texts to say (%(default)s)')
    parser.add_argument('--seconds', type=float, default=20.0,
                        help='for which sound and picture are compared (%(default)s)')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure the page and its face in Chromium; return the figures."""
    if program() is None:
        raise UserError('there is no Chromium', 'Install it: apt-get install chromium')
    with tempfile.TemporaryDirectory() as folder:
        with RunningGraph('--responder', 'echo') as graph:
            figures = _offset(graph, Path(folder), arguments.seconds)
            figures |= _joins(graph, Path(folder), arguments.joins)
            figures |= _text_to_sound(graph, Path(folder), arguments.sentences)
            figures |= _viewer_cost(graph)
        with RunningGraph('--responder', 'echo') as graph:
            figures |= _mouth_to_ear(graph, Path(folder))
    return figures


def _offset(graph: RunningGraph, folder: Path, seconds: float) -> dict[str, Any]:
    """Return how far the picture is behind the sound, as the browser says what it plays."""
    with ProbedPage(f'{graph.url}/?kiosk', folder / 'offset') as page:
        page.wait_playing()
        time.sleep(SETTLING_SECONDS)
        offsets = page.playout(round(seconds / READING_SECONDS))[:, 1] * 1000
    return {'offset_ms_median': float(np.median(offsets)),
            'offset_ms_p95': float(np.percentile(np.abs(offsets), 95)), 'offsets': len(offsets)}


def _joins(graph: RunningGraph, folder: Path, count: int) -> dict[str, Any]:
    with ProbedPage(f'{graph.url}/?kiosk', folder / 'join') as page:
        page.wait_playing()
        taken = [float(page.evaluate('probe.join()')) for _ in range(count)]
    return {'join_ms_p50': float(np.percentile(taken, 50)),
            'join_ms_p95': float(np.percentile(taken, 95)), 'joins': count}


def _text_to_sound(graph: RunningGraph, folder: Path, sentences: int) -> dict[str, Any]:
    """Return how long a text takes to the browser's sound, and to the same sample of /live.ts."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    viewer = Viewer(graph.port, folder / 'live.ts')
    rows = []
    with ProbedPage(f'{graph.url}/', folder / 'text') as page, \
            SpeechClient(graph.namespace) as client:
        client.wait_connected(30)
        page.wait_playing()
        client.wait_ended(client.say(SENTENCES[0]), 60)
        delays: list[float] = []
        for number in range(sentences):
            said = say(graph, client, viewer, SENTENCES[number % len(SENTENCES)],
                       lambda: delays.append(float(np.median(page.playout(5)[:, 0]))))
            rows.append(((said.stamp - said.published) / 1e6 + delays[-1] * 1000,
                         (said.arrived - said.published) / 1e6))
    viewer.close()
    browser, plain = np.median(np.array(rows), axis=0)
    return {'text_to_browser_ms_p50': float(browser), 'text_to_http_ms_p50': float(plain),
            'over_http': float(browser / plain), 'sentences': len(rows)}


def _viewer_cost(graph: RunningGraph) -> dict[str, Any]:
    """Return the share of a core that each further viewer costs the web node."""
    web = node_process(graph.pid, 'web')
    cores = {0: _cores(web)}
    for count in CROWDS:
        crowd = subprocess.Popen(
            [sys.executable, '-m', 'txt2vid_ros.bench.web.crowd', graph.url, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert crowd.stdout
            if crowd.stdout.readline().strip() != WATCHING:
                raise UserError(f'{count} viewers could not watch', 'See the lines above.')
            cores[count] = _cores(web)
        finally:
            crowd.communicate('', timeout=60)
    return {'cores_without_viewers': cores[0],
            'cpu_per_viewer': {str(count): (cores[count] - cores[0]) / count for count in CROWDS},
            'web_resident_mb': usage([web])[1]}


def _cores(pid: int) -> float:
    begun, used = time.monotonic(), usage([pid])[0]
    time.sleep(COUNTED_SECONDS)
    return (usage([pid])[0] - used) / (time.monotonic() - begun)


def _mouth_to_ear(graph: RunningGraph, folder: Path) -> dict[str, Any]:
    """Return the time from the end of a sentence in the microphone to its echo in the browser."""
    file = folder / 'speech.wav'
    pieces = synthesized(SENTENCES[:6])
    ends = compose(pieces, file)
    with ProbedPage(f'{graph.url}/', folder / 'talk', file) as page:
        page.wait_playing()
        page.start('listen')
        page.evaluate('document.getElementById("talk").click()')
        page.wait('probe.microphones() > 0', 'the microphone')
        page.start('overhear')
        time.sleep(ends[-1][2])
        spoken = spans(page.series('microphone'), SPOKEN, SENTENCE_PAUSE)
        answers = spans(page.series('voice'), SPOKEN, SENTENCE_PAUSE)
    delays = []
    for number, (_, end) in enumerate(spoken):
        following = spoken[number + 1][0] if number + 1 < len(spoken) else np.inf
        if (first := next((begin for begin, _ in answers if begin > end), None)) is not None \
                and first < following:
            delays.append((first - end) * 1000)
    if not delays:
        raise UserError('the face did not answer the microphone',
                        f'The graph said: {graph.log()[-2000:]}')
    return {'mouth_to_ear_ms_p50': float(np.percentile(delays, 50)),
            'mouth_to_ear_ms_p95': float(np.percentile(delays, 95)),
            'answered': len(delays), 'spoken': len(pieces)}
