"""Milliseconds of a step and pictures a second by batch, beside the published module."""

from __future__ import annotations

import statistics
import time
from typing import Any

from txt2vid_ros.bench.lipsync.fixtures import crop, timed, windows
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator


def measured_batch(fast: TorchGenerator, plain: TorchGenerator, batch: int, seconds: float
                   ) -> dict[str, Any]:
    """
    Return the figures of batches of `batch` pictures, each kind measured for `seconds` at most.

    From windows in the memory of the host to mouths there, with the faces on the device. The two
    take turns, so that whatever else the device does is in both.
    """
    mel = windows(batch)
    faces = {one: [one.features(one.encode(crop()))] * batch for one in (fast, plain)}
    taken: dict[TorchGenerator, list[float]] = {fast: [], plain: []}
    for one, features in faces.items():
        one.mouths(mel, features)       # captures its graph
    end = time.perf_counter() + 2 * seconds
    each = 3 if seconds else 1
    while time.perf_counter() < end or not taken[plain]:
        for one, features in faces.items():
            taken[one] += timed(lambda g=one, f=features: g.mouths(mel, f), each)  # type: ignore
    ms, published = (statistics.median(taken[one]) for one in (fast, plain))
    return {'ms': ms, 'p99_ms': _percentile(taken[fast], 99), 'pictures_per_second':
            1000 * batch / ms, 'plain_ms': published,
            'plain_pictures_per_second': 1000 * batch / published, 'over_plain': published / ms}


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
