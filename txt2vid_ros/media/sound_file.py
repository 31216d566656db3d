"""Reads the sound of any file that ffmpeg reads."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import logging
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.downmix import Downmixer
from txt2vid_ros.media.ffmpeg import (
    FfmpegProcess,
    file_input,
    probe,
    READER_LIMITS,
    UnreadableMediaError,
)

log = logging.getLogger(__name__)

STALL_SECONDS = 60.0
"""Seconds that ffmpeg may take for the next samples, and to end once it has closed its output."""
LARGEST_DRIFT_SECONDS = 0.04
"""Seconds by which samples and time stamps may disagree before samples are added or dropped."""


@dataclasses.dataclass(frozen=True)
class _Track:
    """The audio track of a file that is meant, and where the picture begins beside it."""

    index: int
    """Of the stream in the file."""
    rate: int
    channels: int
    video: int | None
    """The stream of the video beside it, if there is one."""
    picture_start: float
    """Seconds from the first packet of the file to its first picture."""


def read_sound(file: Path, rate: int, seconds: float = 0.5, name: str = '--audio', *,
               from_picture: bool = False) -> Iterator[NDArray[np.float32]]:
    """
    Yield the default audio track as mono float32 in -1..1 at `rate` Hz, `seconds` at a time.

    Where its time stamps leave a gap, or it begins after the picture, there is silence, so that it
    keeps in step with the picture. `from_picture`: begin with the first picture of a video, as
    one does who takes the picture from the same file. Channels are mixed by a Downmixer.

    Raises UserError, which calls the parameter `name`, where there is no file or no sound in it.
    NaN samples become silence.
    """
    if not file.is_file():
        raise UserError(f'{name}: there is no file {file}', 'Give an audio or video file.')
    track = _track(file, name)
    decoder = FfmpegProcess(_in_step(file, track, from_picture, rate), 'sound file',
                            limits=READER_LIMITS, stall_seconds=STALL_SECONDS)
    downmixer = Downmixer(rate)
    frame = 4 * track.channels
    empty = True
    try:
        decoder.feed_all(())
        held = b''
        while data := decoder.read(int(seconds * rate) * frame):
            held += data
            usable = len(held) // frame * frame
            if usable:
                empty = False
                samples = np.frombuffer(held[:usable], np.float32).reshape(-1, track.channels)
                yield downmixer.process(np.nan_to_num(samples).clip(-1, 1))
            held = held[usable:]
        status = decoder.end(STALL_SECONDS)
        if empty:
            raise _soundless(file, name, decoder.errors() or 'it is empty')
        if status != 0:
            log.warning('%s: only a part of %s can be read: %s', name, file, decoder.complaint())
    finally:
        decoder.abort()


def _track(file: Path, name: str) -> _Track:
    """Return the first default audio track, or else the first one."""
    try:
        found = probe(file)
    except UnreadableMediaError as error:
        raise _soundless(file, name, str(error)) from error
    tracks = [each for each in found['streams'] if each.get('codec_type') == 'audio']
    if not tracks:
        raise _soundless(file, name, 'it has no audio track')
    chosen = next((each for each in tracks if each['disposition'].get('default')), tracks[0])
    video = next((each for each in found['streams'] if each.get('codec_type') == 'video'
                  and not each['disposition'].get('attached_pic')), None)
    start = 0.0 if video is None else (
        float(video.get('start_time', 0)) - float(found['format'].get('start_time', 0)))
    return _Track(chosen['index'], int(chosen.get('sample_rate', 48000)),
                  max(1, int(chosen.get('channels', 2))),
                  None if video is None else video['index'], max(0.0, start))


def _in_step(file: Path, track: _Track, from_picture: bool, rate: int) -> Any:
    """Return ffmpeg-python's output of the track, with silence in the gaps of its time stamps."""
    source = file_input(file)
    timing: dict[str, Any] = {'async': 1, 'min_hard_comp': LARGEST_DRIFT_SECONDS}
    if track.video is not None:
        timing['first_pts'] = round(track.picture_start * track.rate) if from_picture else 0
    sound = ffmpeg.output(source[str(track.index)].filter('aresample', **timing), 'pipe:1',
                          format='f32le', ac=track.channels, ar=rate)
    if track.video is None:
        return sound
    # Read, too: of a transport stream, ffmpeg counts time from the first stream that it reads.
    return ffmpeg.merge_outputs(sound, ffmpeg.output(
        source[str(track.video)], 'pipe:1', format='null', vcodec='copy'))


def _soundless(file: Path, name: str, why: str) -> UserError:
    return UserError(f'{name}: {file} has no sound that can be read: {why}',
                     'Give an audio or video file.')


def sound_seconds(file: Path) -> float | None:
    """Return how long a file is by its own account, None where it does not say."""
    try:
        return float(probe(file)['format']['duration'])
    except (UnreadableMediaError, UserError, KeyError, ValueError):
        return None
