"""Frames and sound into a video file, as fast as they come."""

from __future__ import annotations

from fractions import Fraction
import os
from pathlib import Path
from types import TracebackType

import ffmpeg

from txt2vid_ros.core import child_process
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.output.encoder import LABEL, RAW

PATIENCE = 60.0
"""Seconds that ffmpeg may take nothing before it counts as stalled."""
CODECS: dict[str, dict[str, str]] = {
    '.webm': {'vcodec': 'libvpx-vp9', 'deadline': 'realtime', 'cpu-used': '8',
              'acodec': 'libopus'},
}
USUAL = {'vcodec': 'libx264', 'preset': 'veryfast', 'crf': '18', 'acodec': 'aac'}
FAST_START = {'.mp4': {'movflags': '+faststart'}, '.mov': {'movflags': '+faststart'}}


class FileEncoder:
    """Writes beside the file and renames at the end, so that a file is whole or not there."""

    def __init__(self, file: Path, width: int, height: int, fps: Fraction, rate: int) -> None:
        """Take the size of I420 frames, their rate, and that of the s16 mono sound.

        Raises UserError where the file cannot be written.
        """
        if not file.parent.is_dir():
            raise UserError(f'--out: the folder {file.parent} does not exist',
                            'Make it, or choose another file.')
        if file.is_dir():
            raise UserError(f'--out: {file} is a folder', 'Name a file in it.')
        program = child_process.ffmpeg_path()
        self._file = file
        self._part = file.with_name(f'.{file.stem}.{os.getpid()}.part{file.suffix}')
        reading, writing = os.pipe()
        video = ffmpeg.input('pipe:0', format='rawvideo', pixel_format='yuv420p',
                             video_size=(width, height), color_range='tv',
                             framerate=f'{fps.numerator}/{fps.denominator}', **RAW)
        audio = ffmpeg.input(f'pipe:{reading}', format='s16le', ar=rate, ac=1, **RAW)
        output = ffmpeg.output(
            video, audio, f'file:{self._part}', pix_fmt='yuv420p', colorspace='smpte170m',
            color_primaries='smpte170m', color_trc='smpte170m', metadata=f'comment={LABEL}',
            **CODECS.get(file.suffix, USUAL), **FAST_START.get(file.suffix, {}))
        output = output.global_args('-hide_banner', '-loglevel', 'error', '-nostats')
        words = [str(word) for word in ffmpeg.compile(output, cmd=program,
                                                      overwrite_output=True)]
        try:
            self._process = child_process.spawn(words, (reading,))
        finally:
            os.close(reading)
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._process.stdout.close()
        self._errors = child_process.Tail(self._process.stderr, 'file encoder')
        self._video = child_process.Feeder(self._process.stdin, 'file video', 8)
        self._audio = child_process.Feeder(os.fdopen(writing, 'wb', buffering=0), 'file audio', 64)

    def write(self, picture: bytes, sound: bytes) -> None:
        """Add a frame and the samples until the next. Raises UserError when ffmpeg fails."""
        if not (self._audio.write(sound, PATIENCE) and self._video.write(picture, PATIENCE)):
            child_process.end(self._process)
            raise self._fault()

    def __enter__(self) -> FileEncoder:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Finish the file, or remove what there is of it after an error."""
        self._audio.close(PATIENCE)
        self._video.close(PATIENCE)
        status = child_process.end(self._process, grace=PATIENCE if kind is None else 2.0)
        if kind is None and status == 0:
            self._part.replace(self._file)
            return
        self._part.unlink(missing_ok=True)
        if kind is None:
            raise self._fault()

    def _fault(self) -> UserError:
        said = self._errors.text() or f'ffmpeg ended with status {self._process.poll()}'
        return UserError(f'--out: {self._file} cannot be written: {said}',
                         'Choose another file or ending, for example .mp4; see that the disk '
                         'has room.')
