"""An ffmpeg process that encodes raw pictures and sound to any format."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
import os
import subprocess
from typing import Any

from txt2vid_ros.core.process.child_process import QueuedWriter
from txt2vid_ros.media.ffmpeg import FfmpegProcess, not_started, pipe_input
from txt2vid_ros.media.output.pictures.timed_pictures import before_picture, header

# Raw input needs no probing, which would wait for more of one pipe than of the other. Nor does
# ffmpeg have to list what it has read, to go back to it: 24 bytes a picture and a packet of sound,
# 2 and 4 MB an hour until each list has a megabyte (ffmpeg-formats(1)).
_PIPED = {'probesize': 32, 'analyzeduration': 0, 'indexmem': 4096}
PICTURES_INSIDE, SOUNDS_INSIDE = 4, 64
"""Packets that ffmpeg reads ahead: what waits shall wait here, where it is counted."""


class RawEncoder(FfmpegProcess):
    """
    Takes I420 frames and s16 mono sound, each through a pipe and a bounded queue of its own.

    Frames but the first may be left out; those after them keep their times.
    """

    def __init__(self, compose: Callable[[Any, Any], Any], name: str, *, size: tuple[int, int],
                 fps: Fraction, audio_rate: int, frame_queue: int, sound_queue: int,
                 sound_after: float = 0.0, stdout: int = subprocess.PIPE) -> None:
        """
        Start it; `compose` turns its video and audio inputs into ffmpeg-python's output.

        `size` is width and height in pixels, `audio_rate` in Hz. `frame_queue` and `sound_queue`
        bound the writes that wait. The first sample is heard `sound_after` seconds after the first
        frame is seen. Raises UserError if it cannot be started.
        """
        try:
            reading, writing = os.pipe()
        except OSError as error:
            raise not_started(error) from error
        video = pipe_input(0, 'matroska', color_range='tv', thread_queue_size=PICTURES_INSIDE,
                           **_PIPED)
        audio = pipe_input(reading, 's16le', ar=audio_rate, ac=1, itsoffset=f'{sound_after:.6f}',
                           thread_queue_size=SOUNDS_INSIDE, **_PIPED)
        try:
            super().__init__(compose(video, audio), name, stdout=stdout, pass_fds=(reading,),
                             wide_input=True, wide_output=stdout == subprocess.PIPE)
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        self._video = self.queued_input(frame_queue)
        self._fps = fps
        self._place = 0
        self._video.write(header(*size, fps))
        self._audio = QueuedWriter(os.fdopen(writing, 'wb', buffering=0), f'{name} sound',
                                   sound_queue)

    @property
    def alive(self) -> bool:
        """Return whether ffmpeg runs and takes its input."""
        return (self.status is None and not self._video.failed.is_set()
                and not self._audio.failed.is_set())

    @property
    def waiting(self) -> int:
        """Return how many frames wait for ffmpeg."""
        return self._video.waiting

    @property
    def taken(self) -> int:
        """Return how many frames ffmpeg has taken."""
        return self._video.taken - 1    # the header

    def write(self, picture: bytes | None, sound: bytes, timeout: float = 0.0) -> bool:
        """
        Queue an I420 frame, None to leave it out, and the s16 samples written with it.

        Waits at most `timeout` seconds for room in each queue; False if ffmpeg has failed.
        """
        place, self._place = self._place, self._place + 1
        # Sound first: it must not wait for a picture that waits for its own sound to be taken.
        if not self._audio.write(sound, timeout):
            return False
        return picture is None or self._video.write(
            before_picture(place / self._fps, len(picture)) + picture, timeout)

    def finish(self, timeout: float = 2.0) -> int:
        """
        Have it write what it was given, and make sure that it is gone; return its status.

        Each step takes at most `timeout` seconds.
        """
        # Both are ended before either is waited for: while ffmpeg expects a picture, it leaves
        # sound that is later than the last one in its pipe.
        for written in (self._audio, self._video):
            written.end()
        for written in (self._audio, self._video):
            written.close(timeout)
        return self.end(timeout)
