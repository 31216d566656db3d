"""H.264 and AAC in an MPEG transport stream, made by an ffmpeg process apart."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import os
import threading

import ffmpeg

from txt2vid_ros.core import child_process
from txt2vid_ros.media.output.mpegts import Piece, TransportStreamParser

LABEL = 'Synthetic face and voice, made by txt2vid_ros'
PTS_OFFSET = 1.0
"""Seconds before the first frame: AAC starts before its first sample, and no stamp is < 0."""
RAW = {'probesize': 32, 'analyzeduration': 0, 'thread_queue_size': 64}
"""Raw input needs no probing, which would wait for more of one pipe than of the other."""
QUEUE = 50
"""Frames that may wait for ffmpeg before it counts as stalled."""


@dataclasses.dataclass(frozen=True)
class StreamFormat:
    """What the stream looks and sounds like."""

    width: int = 640
    height: int = 480
    fps: str = '25/1'
    audio_rate: int = 48000
    key_frame_every: int = 12
    """Frames from one place where a viewer can begin to the next."""
    preset: str = 'superfast'
    quality: int = 20
    """x264's constant rate factor: 18 very good, 23 ordinary, 28 poor."""
    max_bitrate: int = 4_000_000
    """bit/s of video that is not exceeded over half a second."""
    audio_bitrate: int = 96_000


def arguments(form: StreamFormat, audio_fd: int, start: float, program: str) -> list[str]:
    """Return ffmpeg's command line: I420 frames on standard input, s16 mono on `audio_fd`.

    `start` is the presentation time of the first frame and sample in seconds.
    """
    video = ffmpeg.input('pipe:0', format='rawvideo', pixel_format='yuv420p',
                         video_size=(form.width, form.height), framerate=form.fps,
                         color_range='tv', **RAW)
    audio = ffmpeg.input(f'pipe:{audio_fd}', format='s16le', ar=form.audio_rate, ac=1,
                         **RAW)
    bitrate = form.max_bitrate
    output = ffmpeg.output(
        video, audio, 'pipe:1', format='mpegts',
        vcodec='libx264', preset=form.preset, tune='zerolatency', crf=form.quality,
        maxrate=bitrate, bufsize=bitrate // 2, g=form.key_frame_every, sc_threshold=0, bf=0,
        threads=1, colorspace='smpte170m', color_primaries='smpte170m', color_trc='smpte170m',
        color_range='tv', acodec='aac', **{'b:a': form.audio_bitrate},
        muxdelay=0, muxpreload=0, flush_packets=1, pes_payload_size=0,
        output_ts_offset=f'{start:.6f}', mpegts_flags='+resend_headers+pat_pmt_at_frames',
        **{'metadata:s:v': f'title={LABEL}', 'metadata': f'service_name={LABEL}'})
    output = output.global_args('-hide_banner', '-loglevel', 'error', '-nostats')
    return [str(word) for word in ffmpeg.compile(output, cmd=program)]


class Encoder:
    """One run of ffmpeg. Frames and sound go in by write(); pieces come out on a thread."""

    def __init__(self, form: StreamFormat, frames_before: float,
                 output: Callable[[Piece], None], parser: TransportStreamParser) -> None:
        """Start ffmpeg; `frames_before` seconds of the stream lie before its first frame.

        Raises UserError if there is no ffmpeg.
        """
        program = child_process.ffmpeg_path()
        reading, writing = os.pipe()
        try:
            self._process = child_process.spawn(
                arguments(form, reading, PTS_OFFSET + frames_before, program), (reading,))
        finally:
            os.close(reading)
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._errors = child_process.Tail(self._process.stderr, 'encoder')
        self._video = child_process.Feeder(self._process.stdin, 'encoder video', QUEUE)
        self._audio = child_process.Feeder(
            os.fdopen(writing, 'wb', buffering=0), 'encoder audio', QUEUE)
        self._parser = parser
        self._output = output
        self._reader = threading.Thread(target=self._read, name='encoder output', daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Return ffmpeg's process id."""
        return self._process.pid

    def write(self, picture: bytes, sound: bytes) -> bool:
        """Queue one I420 frame and the s16 samples written with it; False if ffmpeg has failed."""
        return self._video.write(picture) and self._audio.write(sound)

    @property
    def alive(self) -> bool:
        """Return whether ffmpeg runs and takes its input."""
        return (self._process.poll() is None and not self._video.failed.is_set()
                and not self._audio.failed.is_set())

    def fault(self) -> str:
        """Return why it is not alive, in one line."""
        status = self._process.poll()
        if status is None:
            return 'ffmpeg takes no more input'
        said = self._errors.text()
        cause = f'was ended by signal {-status}' if status < 0 else f'ended with status {status}'
        return f'ffmpeg {cause}{": " + said if said else ""}'

    def close(self) -> None:
        """Let ffmpeg finish what it has, then make sure that it is gone."""
        self._audio.close()
        self._video.close()
        child_process.end(self._process)
        self._reader.join(timeout=2.0)

    def _read(self) -> None:
        assert self._process.stdout
        while data := os.read(self._process.stdout.fileno(), 65536):
            for piece in self._parser.feed(data):
                self._output(piece)
        self._process.stdout.close()
