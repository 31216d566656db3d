"""What of an utterance is in the stream's sound, and how far its picture is from it."""

from __future__ import annotations

from collections.abc import Collection
import dataclasses
from pathlib import Path
import subprocess
import tempfile

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.commands.sync import clap_times, flash_times, lateness
from txt2vid_ros.bench.lipsync.flash import LIGHT
from txt2vid_ros.bench.rig.viewer import decode, decode_sound
from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import STREAM_RATE

AUDIBLE = 0.008
"""Amplitude from which the stream is not silent."""
BLOCK = STREAM_RATE // 50
"""Samples of 20 ms."""


@dataclasses.dataclass(frozen=True)
class Heard:
    """What a viewer got of an utterance."""

    share: float
    """Of its loud chunks, those that are not silent in the stream, 0 to 1."""
    loud_seconds: float
    """Of sound in the whole piece of the stream."""
    offsets: list[float]
    """ms by which the flash of each clap is later than the clap."""


def listen(utterance: Utterance, packets: bytes, zeros: Collection[int]) -> Heard:
    """
    Compare an utterance with the packets that arrived while it was heard.

    `zeros` are the stamps that presentation time 0 had meanwhile, nanoseconds.
    """
    if not packets:
        return Heard(0.0, 0.0, [])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'piece.ts')
        file.write_bytes(packets)
        offsets: list[float] = []
        try:
            if utterance.claps:
                stream = decode(file, area=LIGHT)
                samples, times = stream.samples, stream.sample_times
                offsets = [float(late) * 1000 for _, late in lateness(
                    clap_times(samples, times), flash_times(stream.brightness,
                                                            stream.frame_times))]
            else:
                samples, times = decode_sound(file)
        except (subprocess.CalledProcessError, ValueError, IndexError):
            # A piece around a break in the stream may have nothing that can be decoded.
            return Heard(0.0, 0.0, [])
    count = len(samples) // BLOCK
    audible = np.abs(samples[:count * BLOCK].reshape(-1, BLOCK)).max(axis=1) > AUDIBLE
    at = times[:count * BLOCK:BLOCK]
    return Heard(max((_share(utterance, at[audible] + zero / SECOND) for zero in zeros),
                     default=0.0), float(audible.sum() / 50), offsets)


def _share(utterance: Utterance, audible: NDArray[np.float64]) -> float:
    """Return the share of the loud chunks near which a block begins that is not silent."""
    loud = np.array([(at + length / 2) / SECOND for at, length, loud in utterance.chunks if loud])
    if not len(loud) or not len(audible):
        return 0.0
    place = np.clip(np.searchsorted(audible, loud), 1, max(len(audible) - 1, 1))
    near = np.minimum(np.abs(audible[np.minimum(place, len(audible) - 1)] - loud),
                      np.abs(audible[place - 1] - loud))
    return float((near < 0.06).mean())
