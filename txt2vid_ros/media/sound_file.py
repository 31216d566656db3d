"""Reads the sound of any file that ffmpeg reads."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.ffmpeg import FfmpegProcess, FileUrl

log = logging.getLogger(__name__)

STALL_SECONDS = 60.0
"""Seconds that ffmpeg may take to end after it has closed its output."""


def read_sound(file: Path, rate: int, seconds: float = 0.5, name: str = '--audio'
               ) -> Iterator[NDArray[np.float32]]:
    """Yield the first audio stream as mono float32 in -1..1 at `rate` Hz, `seconds` at a time.

    Raises UserError, which calls the parameter `name`, where there is no file or no sound in it.
    NaN samples become silence.
    """
    if not file.is_file():
        raise UserError(f'{name}: there is no file {file}', 'Give an audio or video file.')
    decoder = FfmpegProcess(
        ffmpeg.output(ffmpeg.input(FileUrl(file)), 'pipe:1', format='f32le', ac=1, ar=rate,
                      map='0:a:0'), 'sound file')
    empty = True
    try:
        decoder.feed_all(())
        held = b''
        while data := decoder.read(int(seconds * rate) * 4):
            held += data
            usable = len(held) // 4 * 4
            if usable:
                empty = False
                yield np.nan_to_num(np.frombuffer(held[:usable], np.float32)).clip(-1, 1)
            held = held[usable:]
        status = decoder.end(STALL_SECONDS)
        if empty:
            raise UserError(f'{name}: {file} has no sound that can be read: '
                            f'{decoder.errors() or "it is empty"}',
                            'Give an audio or video file.')
        if status != 0:
            log.warning('%s: only a part of %s can be read: %s', name, file, decoder.complaint())
    finally:
        decoder.abort()


def sound_seconds(file: Path) -> float | None:
    """Return how long a file is by its own account, None where it does not say."""
    try:
        return float(ffmpeg.probe(f'file:{file}')['format']['duration'])
    except (ffmpeg.Error, OSError, KeyError, ValueError):
        return None
