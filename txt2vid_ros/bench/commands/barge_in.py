"""Speaking over the face: how soon it is silent, and that its own voice does not silence it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
import contextlib
import os
from pathlib import Path
import subprocess
import tempfile
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.commands.latency import SENTENCES
from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.rig.shared_room import SharedRoom
from txt2vid_ros.bench.rig.viewer import decode, Decoded, Viewer
from txt2vid_ros.bench.speech.material import recordings, Spoken, synthesized
from txt2vid_ros.bench.speech.room import cough, onset, Room, speech_level
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.core.process.child_process import spawn
from txt2vid_ros.graph.commands import command, ENVIRONMENT
from txt2vid_ros.graph.specs import NodeSpec

VOICE_LEVEL = 0.1
"""RMS amplitude that the face's voice has in the room; a person's is made the same: 0 dB."""
TEXT = ('Only the text travels over the link and the face is made here on this machine and the '
        'voice goes on and on without a pause so that whoever wants to say something has to '
        'speak over it which is what people do when they know already what they will be told')
SILENT = 10 ** -2.5
"""Amplitude below which a viewer hears nothing."""
LONGEST_PAUSE = 0.35
"""Seconds; the voice makes no longer pause, so a longer one is silence."""
NOISES = 'Hm.', 'Uh.', 'Um.'
"""What a person utters who only listens; besides, they cough."""
PATIENCE = 8.0
"""Seconds within which a person who is not heard counts as missed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--rounds', type=int, default=20,
                        help='interruptions, and half as many noises without words (%(default)s)')
    parser.add_argument('--alone', type=float, default=180.0, metavar='SECONDS',
                        help='how long the face speaks and nobody else (%(default)s)')
    parser.add_argument('--wav', action='append', default=[], type=Path, metavar='FILE',
                        help='a recording of a person; else the voice speaks lower')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the graph with a microphone in its room; return the figures."""
    people = [sound for sound, _ in (
        recordings(arguments.wav, [''] * len(arguments.wav)) if arguments.wav
        else _lower(SENTENCES[:6]))]
    noises = [*(sound for sound, _ in _lower(NOISES)), cough()]
    with tempfile.TemporaryDirectory() as folder, \
            RunningGraph('--skills', 'false', '--web', 'false') as graph, \
            _listening(graph.namespace, Path(folder)), \
            SharedRoom(graph.namespace, Room()) as room:
        _wait(room.connected, 30, 'the graph does not listen', graph)
        _first_words(room, graph)
        alone, held = _alone(room, arguments.alone)
        file = Path(folder, 'live.ts')
        viewer = Viewer(graph.port, file)
        spoken = [_interrupt(room, people[number % len(people)])
                  for number in range(arguments.rounds)]
        paused = [_false_start(room, noises[number % len(noises)], number)
                  for number in range(arguments.rounds // 2)]
        zero = graph.status()['pts_zero_ns']
        viewer.close()
        rows = _rows(decode(file), zero, [each for each in spoken if each is not None])
    return _figures(rows, spoken, paused, alone, held)


def _figures(rows: NDArray[np.float64], spoken: list[Any], paused: list[float | None],
             alone: float, held: int) -> dict[str, Any]:
    if not len(rows):
        raise UserError('nobody was heard', 'Run "txt2vid doctor".')
    times = [each for each in paused if each]
    return {
        'silence_ms_p50': float(np.median(rows[:, 0])),
        'silence_ms_p95': float(np.percentile(rows[:, 0], 95)),
        'silence_ms_max': float(rows[:, 0].max()),
        'stages': {'speech_to_decision_ms': float(np.median(rows[:, 1])),
                   'decision_to_silence_ms': float(np.median(rows[:, 0] - rows[:, 1]))},
        'interruptions': len(spoken) - spoken.count(None), 'measured': len(rows),
        'missed': spoken.count(None),
        'self_interruptions': held * 3600 / alone,
        'self_interruptions_counted': held, 'alone_seconds': alone,
        'noises': len(paused), 'noises_silenced': paused.count(None),
        'false_starts': len(times) + paused.count(None), 'false_starts_resumed': len(times),
        'false_start_pause_ms_p50': float(np.median(times)) if times else 0.0}


@contextlib.contextmanager
def _listening(namespace: str, folder: Path) -> Iterator[None]:
    """Run stt, which a graph without a microphone has not, as one with a loudspeaker does."""
    spec = NodeSpec('stt', 'stt', {'loudspeaker': 'true'}, namespace)
    with (folder / 'stt.log').open('wb') as log:
        process = spawn(
            command(spec, 'live'), environment={**ENVIRONMENT, **os.environ},
            stdin=subprocess.DEVNULL, stdout=log.fileno(), stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def _lower(texts: Sequence[str]) -> list[Spoken]:
    """Return what the default voice says, a third lower and slower: another person."""
    import soxr
    return [(soxr.resample(sound, 4, 5), text) for sound, text in synthesized(texts)]


def _wait(ready: Callable[[], bool], seconds: float, problem: str,
          graph: RunningGraph | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise UserError(problem, f'It said: {graph.log()[-2000:]}' if graph else '')
        time.sleep(0.02)


def _first_words(room: SharedRoom, graph: RunningGraph) -> None:
    """Have the face speak: who publishes may know of a reader before that knows of them."""
    for _ in range(10):
        room.say(SENTENCES[0])
        with contextlib.suppress(UserError):
            return _wait(lambda: room.speaking, 5, '')
    raise UserError('the face does not begin to speak', f'It said: {graph.log()[-2000:]}')


def _alone(room: SharedRoom, seconds: float) -> tuple[float, int]:
    """Let the face speak alone; return for how many seconds, and how often it was held."""
    before, heard, number = len(room.decisions), 0.0, 0
    last = time.monotonic()
    while heard < seconds:
        if not room.speaking:
            room.say(' '.join(SENTENCES[number % 5:number % 5 + 5]))
            number += 1
            _wait(lambda: room.speaking, 30, 'the face does not speak')
            last = time.monotonic()
        time.sleep(0.05)
        heard, last = heard + time.monotonic() - last, time.monotonic()
    return heard, sum(word == 'hold' for _, word in room.decisions[before:])


def _ready(room: SharedRoom, number: int) -> None:
    """Have the face in the middle of speech."""
    _wait(lambda: not room.speaking, 60, 'the face does not stop')
    time.sleep(0.5)
    room.say(TEXT)
    _wait(lambda: room.speaking, 30, 'the face does not speak')
    time.sleep(1.0 + 0.13 * (number % 7))


def _interrupt(room: SharedRoom, sound: NDArray[np.float32]) -> tuple[int, int] | None:
    """Speak over the face; return when that began and when it was decided, nanoseconds."""
    sound = sound * (VOICE_LEVEL / speech_level(sound))
    # Not into a pause between two words, where silence would prove nothing.
    for number in range(4):
        _ready(room, len(room.decisions) + number)
        with contextlib.suppress(UserError):
            _wait(lambda: room.level(time.time_ns() + SECOND // 5, 0.3) > VOICE_LEVEL / 4, 5, '')
            break
    before = len(room.decisions)
    begin = room.talk(sound) + onset(sound) * SECOND // 16000
    deadline = time.monotonic() + PATIENCE + len(sound) / 16000
    while 'drop' not in [word for _, word in room.decisions[before:]]:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    time.sleep(max(0.0, deadline - PATIENCE + 1.0 - time.monotonic()))
    return begin, room.decisions[before][0]


def _false_start(room: SharedRoom, sound: NDArray[np.float32], number: int) -> float | None:
    """Make a noise over the face; return for how many ms it paused, None where it was silenced."""
    _ready(room, number)
    before = len(room.decisions)
    room.talk(sound * (VOICE_LEVEL / speech_level(sound)))
    time.sleep(PATIENCE / 2)
    decided = room.decisions[before:]
    words, speaks = [word for _, word in decided], room.speaking
    room.hush()
    if 'drop' in words or len(words) % 2 or not speaks:
        return None
    return sum((end - begin) / 1e6 for (begin, _), (end, _) in zip(
        decided[::2], decided[1::2], strict=True))


def _rows(stream: Decoded, zero: int, spoken: list[tuple[int, int]]) -> NDArray[np.float64]:
    """
    Return the ms from the beginning of each interruption to silence and to the decision.

    Those that met with silence are left out.
    """
    size = STREAM_RATE // 200
    count = len(stream.samples) // size
    loud = np.abs(stream.samples[:count * size].reshape(-1, size)).max(axis=1) > SILENT
    ends = stream.sample_times[size - 1:count * size:size]
    rows = []
    for begin, decided in spoken:
        at = (begin - zero) / SECOND
        after = ends[loud & (ends > at)]
        gaps = np.flatnonzero(np.diff(after, prepend=at) > LONGEST_PAUSE)
        if len(gaps) and not gaps[0]:
            # It was in a pause between two words just then.
            continue
        # The last sound before the first long silence.
        last = after[gaps[0] - 1] if len(gaps) else after[-1] if len(after) else at
        rows.append(((last - at) * 1000, (decided - begin) / 1e6))
    return np.array(rows).reshape(-1, 2)
