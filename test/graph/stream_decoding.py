"""Pictures and sound of a recorded stream, decoded with ffmpeg."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from pathlib import Path
import subprocess

from hearing import heard_text
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.rig.viewer import decode, Decoded
from txt2vid_ros.core.pcm import STREAM_RATE

RATE = STREAM_RATE


@dataclasses.dataclass(frozen=True)
class Shown:
    """A recorded stream; times are presentation times in seconds."""

    file: Path

    @cached_property
    def timing(self) -> Decoded:
        """Sound, brightness and the times of both."""
        return decode(self.file, RATE)

    @cached_property
    def frames(self) -> NDArray[np.uint8]:
        """All pictures, (n, height, width, 3) BGR."""
        size = subprocess.run(
            ['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-show_entries',
             'stream=width,height', '-of', 'csv=p=0', str(self.file)],
            check=True, capture_output=True, text=True).stdout.split('\n')[0].rstrip(',')
        width, height = map(int, size.split(','))
        raw = subprocess.run(
            ['ffmpeg', '-v', 'error', '-i', str(self.file), '-map', '0:v', '-fps_mode',
             'passthrough', '-pix_fmt', 'bgr24', '-f', 'rawvideo', '-'],
            check=True, capture_output=True).stdout
        return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)

    def sound(self, start: float, stop: float) -> NDArray[np.float32]:
        """Return the samples between two presentation times, at RATE."""
        times = self.timing.sample_times
        return self.timing.samples[(times >= start) & (times < stop)]

    def frame_at(self, time: float) -> NDArray[np.uint8]:
        """Return the picture that is shown at a presentation time."""
        index = int(np.searchsorted(self.timing.frame_times, time + 1e-3, side='right')) - 1
        return self.frames[max(index, 0)]


def transcribe(samples: NDArray[np.float32], rate: int = RATE) -> str:
    """Return what Moonshine recognizes, in lower case without punctuation."""
    return plain(heard_text(samples, rate))


def plain(text: str) -> str:
    """Return the words of a text, in lower case without punctuation."""
    kept = ''.join(char if char.isalnum() else ' ' for char in text.lower().replace("'", ''))
    return ' '.join(kept.split())
