"""The mel columns of each video frame (Wav2Lip: 16 columns from the frame's time on)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip.audio import mel


def window_start(seconds: float, *, training_shift: bool = False) -> int:
    """
    Return the first mel column for a frame `seconds` after the beginning of the speech.

    `training_shift` takes the window 40 ms earlier, as in the training; it may be negative.
    """
    shifted = seconds - mel.TRAINING_SHIFT if training_shift else seconds
    # A frame time such as 15 / 25 may fall short of its column by the last bit.
    return math.floor(shifted * mel.COLUMNS_PER_SECOND + 1e-6)


def window_starts(seconds: float, fps: float, *, training_shift: bool = False) -> list[int]:
    """Return the window starts of all round(seconds * fps) frames of a clip."""
    count = round(seconds * fps)
    return [window_start(k / fps, training_shift=training_shift) for k in range(count)]


def window(spectrogram: mel.Mel, start: int) -> NDArray[np.float32]:
    """Return the (80, 16) window at column `start`, with silence before and after the mel."""
    out = np.full((mel.BANDS, mel.WINDOW), mel.SILENCE, np.float32)
    first, stop = max(0, start), min(spectrogram.shape[1], start + mel.WINDOW)
    if first < stop:
        out[:, first - start:stop - start] = spectrogram[:, first:stop]
    return out


def windows(
    wav: NDArray[np.float32], fps: float, *, training_shift: bool = False,
) -> NDArray[np.float32]:
    """Return the windows of all frames of a 16 kHz clip, (round(T * fps), 80, 16)."""
    spectrogram = mel.melspectrogram(wav)
    starts = window_starts(len(wav) / mel.SAMPLE_RATE, fps, training_shift=training_shift)
    pieces = [window(spectrogram, start) for start in starts]
    return np.stack(pieces) if pieces else np.empty((0, mel.BANDS, mel.WINDOW), np.float32)
