"""Reads the sound of any file that ffmpeg reads."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core import child_process
from txt2vid_ros.core.errors import UserError

log = logging.getLogger(__name__)


def read_sound(file: Path, rate: int, seconds: float = 0.5, name: str = '--audio'
               ) -> Iterator[NDArray[np.float32]]:
    """Yield the first audio stream as mono float32 at `rate` Hz, in pieces of `seconds`.

    Raises UserError, which calls the parameter `name`, where there is no file or no sound in it.
    NaN samples become silence.
    """
    if not file.is_file():
        raise UserError(f'{name}: there is no file {file}', 'Give an audio or video file.')
    source = ffmpeg.input(f'file:{file}')
    output = ffmpeg.output(source, 'pipe:1', format='f32le', ac=1, ar=rate, map='0:a:0')
    output = output.global_args('-hide_banner', '-loglevel', 'error', '-nostats')
    words = [str(word) for word in ffmpeg.compile(output, cmd=child_process.ffmpeg_path())]
    child = child_process.spawn(words)
    assert child.stdin and child.stdout and child.stderr
    child.stdin.close()
    errors = child_process.Tail(child.stderr, 'sound')
    size = int(seconds * rate) * 4
    empty = True
    try:
        held = b''
        while data := child.stdout.read(size):
            held += data
            usable = len(held) // 4 * 4
            if usable:
                empty = False
                yield np.nan_to_num(np.frombuffer(held[:usable], np.float32)).clip(-1, 1)
            held = held[usable:]
        status = child.wait()
        if status != 0 and not empty:
            log.warning('%s: %s can be read only in part: %s', name, file,
                        errors.text() or f'ffmpeg ended with status {status}')
        if empty:
            said = errors.text() or 'it is empty'
            raise UserError(f'{name}: {file} has no sound that can be read: {said}',
                            'Give an audio or video file.')
    finally:
        child.stdout.close()
        child.terminate()
        child_process.end(child)


def sound_seconds(file: Path) -> float | None:
    """Return how long a file is by its own account, None where it does not say."""
    try:
        return float(ffmpeg.probe(f'file:{file}')['format']['duration'])
    except (ffmpeg.Error, OSError, KeyError, ValueError):
        return None
