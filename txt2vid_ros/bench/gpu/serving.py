"""How many sessions at 25 pictures a second one network serves in time, through the real queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
import threading
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.lipsync.fixtures import crop, windows
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator

FPS = 25
DEADLINE = 0.04
"""Seconds from when a picture is due to its mouth."""
IN_TIME = 0.99
"""Of the pictures, for a number of sessions to count as served."""


def most_sessions(generator: TorchGenerator, levels: Sequence[int], seconds: float,
                  gather: float = 0.0) -> dict[str, Any]:
    """
    Serve more and more sessions, `seconds` each, until one picture in a hundred is late.

    Every session is a thread with a face of its own, as a node's render loop is; their pictures
    are due at even distances. No sound features are computed and nothing is pasted.
    """
    figures: dict[str, Any] = {'sessions_at_99_percent': 0}
    with contextlib.closing(MouthQueue(generator, gather=gather)) as queue:
        generator.prepare(max(levels))
        for count in levels:
            level = _serve(queue, count, seconds)
            figures[f'sessions_{count}'] = level
            if level['in_time'] < IN_TIME:
                break
            figures['sessions_at_99_percent'] = count
    return figures


def _serve(queue: MouthQueue[Any, Any], sessions: int, seconds: float) -> dict[str, Any]:
    mel = windows(16)
    rng = np.random.default_rng(3)
    before = queue.counts
    late: list[list[float]] = [[] for _ in range(sessions)]
    failures: list[Exception] = []
    start = time.perf_counter() + 0.2 + 0.002 * sessions     # when all threads are there

    def work(number: int) -> Callable[[], None]:
        face = [queue.generator.features(queue.generator.encode(np.roll(
            crop(), int(rng.integers(1, 96)), axis=1)))]
        first = start + number / sessions / FPS

        def run() -> None:
            for place in range(round(seconds * FPS)):
                due = first + place / FPS
                now = time.perf_counter()
                if now > start + seconds + 1:       # what is not done by then is late
                    late[number].append(now - due)
                    continue
                time.sleep(max(0.0, due - now))
                try:
                    queue.mouths(mel[place % 16][None], lambda: face, due + DEADLINE)
                except Exception as error:
                    failures.append(error)
                    return
                late[number].append(time.perf_counter() - due)

        return run

    threads = [threading.Thread(target=work(number), daemon=True) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    waits = np.array([one for each in late for one in each]) * 1000
    counts = queue.counts
    batches = counts.batches - before.batches
    return {'pictures': len(waits), 'in_time': float((waits <= 1000 * DEADLINE).mean()),
            'p50_ms': float(np.percentile(waits, 50)), 'p99_ms': float(np.percentile(waits, 99)),
            'mean_batch': (counts.requests - before.requests) / max(1, batches)}
