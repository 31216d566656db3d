"""An ffmpeg process that encodes raw pictures and sound to any format."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
import os
import subprocess
from typing import Any

from txt2vid_ros.core.process.child_process import QueuedWriter
from txt2vid_ros.media.ffmpeg import FfmpegProcess, pipe_input

# Raw input needs no probing, which would wait for more of one pipe than of the other.
_UNPROBED = {'probesize': 32, 'analyzeduration': 0, 'thread_queue_size': 64}


class RawEncoder(FfmpegProcess):
    """Takes I420 frames and s16 mono sound, each through a pipe and a bounded queue of its own."""

    def __init__(self, compose: Callable[[Any, Any], Any], name: str, *, size: tuple[int, int],
                 fps: Fraction, audio_rate: int, frame_queue: int, sound_queue: int,
                 sound_after: float = 0.0, stdout: int = subprocess.PIPE) -> None:
        """
        Start it; `compose` turns its video and audio inputs into ffmpeg-python's output.

        `size` is width and height in pixels, `audio_rate` in Hz. `frame_queue` and `sound_queue`
        bound the writes that wait. The first sample is heard `sound_after` seconds after the first
        frame is seen. Raises UserError if it cannot be started.
        """
        reading, writing = os.pipe()
        video = pipe_input(0, 'rawvideo', pixel_format='yuv420p', video_size=size,
                           framerate=f'{fps.numerator}/{fps.denominator}',
                           color_range='tv', **_UNPROBED)
        audio = pipe_input(reading, 's16le', ar=audio_rate, ac=1,
                           itsoffset=f'{sound_after:.6f}', **_UNPROBED)
        try:
            super().__init__(compose(video, audio), name, stdout=stdout, pass_fds=(reading,))
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        self._video = self.queued_input(frame_queue)
        self._audio = QueuedWriter(os.fdopen(writing, 'wb', buffering=0), f'{name} sound',
                                   sound_queue)

    @property
    def alive(self) -> bool:
        """Return whether ffmpeg runs and takes its input."""
        return (self.status is None and not self._video.failed.is_set()
                and not self._audio.failed.is_set())

    def write(self, picture: bytes, sound: bytes, timeout: float = 0.0) -> bool:
        """
        Queue one I420 frame and the s16 samples written with it; False if ffmpeg has failed.

        Waits at most `timeout` seconds for room in each queue.
        """
        # Sound first: it must not wait for a picture that waits for its own sound to be taken.
        return self._audio.write(sound, timeout) and self._video.write(picture, timeout)

    def finish(self, timeout: float = 2.0) -> int:
        """
        Have it write what it was given, and make sure that it is gone; return its status.

        Each step takes at most `timeout` seconds.
        """
        self._audio.close(timeout)
        self._video.close(timeout)
        return self.end(timeout)
