"""Frames and sound into a video file, as fast as they come."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from fractions import Fraction
from pathlib import Path
import re
import subprocess
from typing import Any

import ffmpeg
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.media.ffmpeg import FileUrl, SYNTHETIC_LABEL
from txt2vid_ros.media.output.raw_encoder import RawEncoder

STALL_SECONDS = 60.0
"""Seconds for which ffmpeg may take no input before it counts as stalled."""
CODECS: dict[str, dict[str, str]] = {
    '.webm': {'vcodec': 'libvpx-vp9', 'deadline': 'realtime', 'cpu-used': '8',
              'acodec': 'libopus'},
}
USUAL_CODECS = {'vcodec': 'libx264', 'preset': 'veryfast', 'crf': '18', 'acodec': 'aac'}
FAST_START = {kind: {'movflags': '+faststart'} for kind in ('.mp4', '.m4v', '.mov')}


class FileEncoder:
    """Takes the frames and the sound of a video file; see encoding_to."""

    def __init__(self, file: Path, part: Path, size: tuple[int, int], fps: Fraction, rate: int
                 ) -> None:
        """Start ffmpeg, which writes to `part` what is to become `file`. Raises UserError."""
        kind = file.suffix.lower()

        def compose(video: Any, audio: Any) -> Any:
            return ffmpeg.output(
                video, audio, filename=FileUrl(part), pix_fmt='yuv420p', colorspace='smpte170m',
                color_primaries='smpte170m', color_trc='smpte170m',
                metadata=f'comment={SYNTHETIC_LABEL}', **CODECS.get(kind, USUAL_CODECS),
                **FAST_START.get(kind, {})).overwrite_output()

        self._file, self._part = file, part
        self._encoder = RawEncoder(compose, 'file encoder', size=size, fps=fps, audio_rate=rate,
                                   frame_queue=8, sound_queue=64, stdout=subprocess.DEVNULL)

    def write(self, picture: bytes, sound: bytes) -> None:
        """Add an I420 frame and the s16 samples until the next. Raises UserError."""
        if not self._encoder.write(picture, sound, STALL_SECONDS):
            self._encoder.end()
            raise self._failure()

    def finish(self) -> None:
        """Wait until all is written. Raises UserError when ffmpeg has failed."""
        if self._encoder.finish(STALL_SECONDS) != 0:
            raise self._failure()

    def abort(self) -> None:
        """End ffmpeg; what it has written is discarded."""
        self._encoder.finish()

    def _failure(self) -> UserError:
        # Of ffmpeg's words, neither where in its memory something is nor a name that passes.
        why = re.sub(r'\[\w[^\]]* @ 0x[0-9a-f]+\] ?', '', self._encoder.complaint())
        why = why.replace(f'file:{self._part}', str(self._file))
        return UserError(f'--out: {self._file} cannot be written: {why}',
                         'Choose another file or extension, for example .mp4, and check that '
                         'the disk has room.')


@contextlib.contextmanager
def encoding_to(file: Path, size: tuple[int, int], fps: Fraction, rate: int
                ) -> Iterator[FileEncoder]:
    """
    Give an encoder whose file is complete at the end, or absent after an error.

    `size` is width and height of the frames, `fps` their rate, `rate` that of the sound in Hz.
    Raises UserError where the file cannot be written.
    """
    if not file.parent.is_dir():
        raise UserError(f'--out: the folder {file.parent} does not exist',
                        'Make it, or choose another file.')
    if file.is_dir():
        raise UserError(f'--out: {file} is a folder', 'Name a file in it.')
    with contextlib.ExitStack() as stack:
        try:
            part = stack.enter_context(replacing(file))
        except OSError as error:
            raise UserError(f'--out: {file} cannot be written: {error.strerror}',
                            'Choose another file.') from error
        encoder = FileEncoder(file, part, size, fps, rate)
        try:
            yield encoder
            encoder.finish()
        except BaseException:
            encoder.abort()
            raise
