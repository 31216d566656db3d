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
from txt2vid_ros.bench.rig.viewer import decode, decode_sound, presentation_time
from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.media.output.mpegts import PACKET_BYTES, VIDEO_PID

AUDIBLE = 0.008
"""Amplitude from which the stream is not silent."""
BLOCK = STREAM_RATE // 50
"""Samples of 20 ms."""
JUMP_SECONDS = 0.9
"""Between two pictures, from which on the stream is another one."""


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
    loud = np.array([(at + length / 2) / SECOND for at, length, loud in utterance.chunks if loud])
    heard = np.zeros(len(loud), bool)
    loud_seconds, offsets = 0.0, []
    for piece in unbroken(packets):
        try:
            samples, times, late = _decoded(piece, utterance.claps)
        except (subprocess.CalledProcessError, ValueError, IndexError):
            # A piece around a break in the stream may have nothing that can be decoded.
            continue
        offsets += late
        count = len(samples) // BLOCK
        audible = np.abs(samples[:count * BLOCK].reshape(-1, BLOCK)).max(axis=1) > AUDIBLE
        at = times[:count * BLOCK:BLOCK][audible]
        loud_seconds += float(audible.sum() / 50)
        # Each has a zero of its own: the one by which most of it fits.
        heard |= max((_near(loud, at + zero / SECOND) for zero in zeros), key=np.sum,
                     default=heard)
    return Heard(float(heard.mean()) if len(loud) else 0.0, loud_seconds, offsets)


def unbroken(packets: bytes) -> list[bytes]:
    """Return the pieces of a transport stream between jumps of its times, as a restart makes."""
    cuts, last = [0], None
    for at in range(0, len(packets) - PACKET_BYTES + 1, PACKET_BYTES):
        packet = packets[at:at + PACKET_BYTES]
        if (packet[1] & 0x1F) << 8 | packet[2] != VIDEO_PID:
            continue
        time = presentation_time(packet)
        if time is None:
            continue
        if last is not None and abs(time - last) > JUMP_SECONDS:
            cuts.append(at)
        last = time
    return [packets[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(packets)], strict=True)
            if end > begin]


def _decoded(packets: bytes, claps: bool
             ) -> tuple[NDArray[np.float32], NDArray[np.float64], list[float]]:
    """Return the samples, their times, and the offsets of claps."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'piece.ts')
        file.write_bytes(packets)
        if not claps:
            return *decode_sound(file), []
        stream = decode(file, area=LIGHT)
        return stream.samples, stream.sample_times, [
            float(late) * 1000 for _, late in lateness(
                clap_times(stream.samples, stream.sample_times),
                flash_times(stream.brightness, stream.frame_times))]


def _near(loud: NDArray[np.float64], audible: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return of which loud chunks a block that is not silent begins near their middle."""
    if not len(loud) or not len(audible):
        return np.zeros(len(loud), bool)
    place = np.clip(np.searchsorted(audible, loud), 1, max(len(audible) - 1, 1))
    near = np.minimum(np.abs(audible[np.minimum(place, len(audible) - 1)] - loud),
                      np.abs(audible[place - 1] - loud))
    found: NDArray[np.bool_] = near < 0.06
    return found
