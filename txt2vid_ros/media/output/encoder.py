"""H.264 and AAC in an MPEG transport stream, made by ffmpeg in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import threading
from typing import Any

import ffmpeg
from txt2vid_ros.media.ffmpeg import SYNTHETIC_LABEL
from txt2vid_ros.media.output.mpegts import PTS_SECONDS, StreamChunk, TransportStreamParser
from txt2vid_ros.media.output.raw_encoder import RawEncoder
from txt2vid_ros.media.output.stream_format import Opening, Sent

PTS_OFFSET = 1.0
"""Seconds. Presentation time of the first frame: AAC starts before it, and not below 0."""
QUEUED_FRAMES = 50
"""Frames that may wait for ffmpeg before it counts as stalled."""
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
                bf=0, threads=1, colorspace='smpte170m', color_primaries='smpte170m',
                color_trc='smpte170m', color_range='tv', acodec='aac',
                muxdelay=0, muxpreload=0, flush_packets=1, pes_payload_size=0,
                # A reader then knows where a picture ends, and need not wait for the next one.
                omit_video_pes_length=0,
                output_ts_offset=f'{start:.6f}',
                mpegts_flags='+resend_headers+pat_pmt_at_frames',
                **({'force_key_frames': f'expr:eq(n,{opening.missed})'} if opening.missed else {}),
                **{'profile:v': form.profile, 'b:a': form.audio_bitrate,
                   'metadata:s:v': f'title={SYNTHETIC_LABEL}',
                   'metadata': f'service_name={SYNTHETIC_LABEL}'})

        self._encoder = RawEncoder(compose, 'encoder', size=(form.width, form.height),
                                   fps=form.fps, audio_rate=form.audio_rate,
                                   frame_queue=QUEUED_FRAMES, sound_queue=QUEUED_FRAMES,
                                   sound_after=opening.sound_after)
        self._opening = opening
        self._sent = Sent()
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
        """Return whether ffmpeg runs and takes its input."""
        return self._encoder.alive

    def write(self, picture: bytes, sound: bytes, timeout: float = 0.0) -> bool:
        """
        Queue one I420 frame and the s16 samples written with it; False if ffmpeg has failed.

        It has failed where there is no room in the queues within `timeout` seconds.
        """
        return self._encoder.write(picture, sound, timeout)

    def end_sound_after(self, units: int) -> None:
        """Send no more than so many AAC frames, from its first one on."""
        self._parser.end_sound_after(units)

    @property
    def sent(self) -> Sent:
        """Return what was sent of what it has made, once it is closed."""
        return self._sent

    def failure(self) -> str:
        """Return why it is not alive, in one line."""
        return self._encoder.complaint()

    def close(self) -> None:
        """Let ffmpeg finish what it has, unless it has failed; make sure that it is gone."""
        if not self.alive:
            self._encoder.kill()
        self._encoder.finish()
        self._reader.join(timeout=2.0)
        self._closed.set()

    def wait(self, timeout: float) -> None:
        """Wait until its last packet has been sent, at most `timeout` seconds."""
        self._closed.wait(timeout)

    def _read(self) -> None:
        opening = self._opening
        if opening.follows is not None:
            opening.follows.wait(LONGEST_END)
            # Or each would hold the one before it.
            self._opening = dataclasses.replace(opening, follows=None)
        self._parser.restart(opening.left_out, opening.missed)
        while data := self._encoder.read():
            for chunk in self._parser.feed(data):
                self._output(chunk)
        self._sent = self._what_was_sent()

    def _what_was_sent(self) -> Sent:
        last, opening = self._parser.last_picture, self._opening
        if last is None:
            return Sent(0, self._parser.sent_units)
        # In between some may have been left out.
        after = (last - PTS_OFFSET - opening.begun + 1.0) % PTS_SECONDS - 1.0
        return Sent(round(after * opening.form.fps) + 1, self._parser.sent_units)
