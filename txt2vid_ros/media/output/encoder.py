"""H.264 and AAC in an MPEG transport stream, made by ffmpeg in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

import ffmpeg
from txt2vid_ros.media.ffmpeg import SYNTHETIC_LABEL
from txt2vid_ros.media.output.hand_over import LEFT_OUT
from txt2vid_ros.media.output.mpegts import StreamChunk, TransportStreamParser
from txt2vid_ros.media.output.overload.stall_watch import StallWatch
from txt2vid_ros.media.output.raw_encoder import RawEncoder
from txt2vid_ros.media.output.stream_format import Opening

PTS_OFFSET = 1.0
"""Seconds. Presentation time of the first frame: AAC starts before it, and not below 0."""
QUEUED_FRAMES = 50
"""Frames that may wait for ffmpeg; long before, they are left out."""
QUEUED_SOUNDS = 4000
"""Frames whose sound may wait, 15 MB: more than StallWatch lets a process be kept from the
processor."""
LONGEST_END = 10.0
"""Seconds that the packets of an encoder wait for the last ones of the encoder before."""


class StreamEncoder:
    """One run of ffmpeg. Frames and sound go in by write(); chunks come out on a thread."""

    def __init__(self, opening: Opening, output: Callable[[StreamChunk], None],
                 parser: TransportStreamParser) -> None:
        """Start ffmpeg. Raises UserError if it cannot be started."""
        form, start = opening.form, PTS_OFFSET + opening.begun

        def compose(video: Any, audio: Any) -> Any:
            bitrate = form.max_bitrate
            return ffmpeg.output(
                video, audio, 'pipe:1', format='mpegts',
                vcodec='libx264', preset=form.preset, tune='zerolatency', crf=form.quality,
                maxrate=bitrate, bufsize=bitrate // 2, g=form.key_frame_every, sc_threshold=0,
                # Counted in frames alone, they would be further apart where some are left out.
                force_key_frames=f'expr:gte(t+0.001,n_forced*{form.key_frame_every / form.fps})',
                bf=0, threads=1, colorspace='smpte170m', color_primaries='smpte170m',
                color_trc='smpte170m', color_range='tv', acodec='aac',
                muxdelay=0, muxpreload=0, flush_packets=1, pes_payload_size=0,
                # A reader then knows where a picture ends, and need not wait for the next one.
                omit_video_pes_length=0,
                output_ts_offset=f'{start:.6f}',
                mpegts_flags='+resend_headers+pat_pmt_at_frames',
                **{'profile:v': form.profile, 'b:a': form.audio_bitrate,
                   'metadata:s:v': f'title={SYNTHETIC_LABEL}',
                   'metadata': f'service_name={SYNTHETIC_LABEL}'})

        self._encoder = RawEncoder(compose, 'encoder', size=(form.width, form.height),
                                   fps=form.fps, audio_rate=form.audio_rate,
                                   frame_queue=QUEUED_FRAMES, sound_queue=QUEUED_SOUNDS,
                                   sound_after=opening.sound_after)
        self._stall = StallWatch.of(self._encoder.pid)
        self._follows = opening.follows
        self._parser = parser
        self._output = output
        self._closed = threading.Event()
        self._reader = threading.Thread(target=self._read, name='encoder output', daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Return ffmpeg's process id."""
        return self._encoder.pid

    @property
    def alive(self) -> bool:
        """Return whether ffmpeg runs and takes its input, or would if the machine let it."""
        return self._encoder.alive and not self._stall.dead(
            self._encoder.taken, self._encoder.waiting > 0)

    @property
    def waiting(self) -> int:
        """Return how many frames wait for ffmpeg."""
        return self._encoder.waiting

    @property
    def starting(self) -> bool:
        """Return whether ffmpeg has yet to take its first frame."""
        return self._encoder.taken < 1

    def write(self, picture: bytes | None, sound: bytes) -> bool:
        """
        Queue one I420 frame, None to leave it out, and the s16 samples written with it.

        False if ffmpeg has failed.
        """
        return self._encoder.write(picture, sound)

    def end_sound_after(self, units: int) -> None:
        """Send no more than so many AAC frames, from its first one on."""
        self._parser.end_sound_after(units)

    def failure(self) -> str:
        """Return why it is not alive, in one line."""
        return self._encoder.complaint()

    def close(self) -> None:
        """Let ffmpeg finish what it has, then make sure that it is gone."""
        self._encoder.finish()
        self._reader.join(timeout=2.0)
        self._closed.set()

    def abort(self) -> None:
        """Have ffmpeg gone at once, which may be stopped; what it has sent is still passed on."""
        self._encoder.kill()
        self.close()

    def wait(self, timeout: float) -> None:
        """Wait until its last packet has been sent, at most `timeout` seconds."""
        self._closed.wait(timeout)

    def _read(self) -> None:
        before = self._follows
        if before is not None:
            before.wait(LONGEST_END)
            self._follows = None
        self._parser.restart(LEFT_OUT if before is not None else 0)
        while data := self._encoder.read():
            for chunk in self._parser.feed(data):
                self._output(chunk)
