"""H.264 and AAC in an MPEG transport stream, made by ffmpeg in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import math
import threading
from typing import Any

import ffmpeg
from txt2vid_ros.media.ffmpeg import SYNTHETIC_LABEL
from txt2vid_ros.media.output.mpegts import (
    PTS_BITS,
    PTS_RATE,
    StreamChunk,
    TransportStreamParser,
    VIDEO_PID,
)
from txt2vid_ros.media.output.overload.stall_watch import StallWatch
from txt2vid_ros.media.output.raw_encoder import RawEncoder
from txt2vid_ros.media.output.repeats.picture_repeater import PictureRepeater
from txt2vid_ros.media.output.repeats.repeat_choice import RepeatChoice
from txt2vid_ros.media.output.stream_format import Opening, Sent

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
                force_key_frames=_key_frames(opening),
                # One thread: one slice a picture, as PictureRepeater takes them.
                bf=0, threads=1, colorspace='smpte170m', color_primaries='smpte170m',
                color_trc='smpte170m', color_range='tv', acodec='aac',
                muxdelay=0, muxpreload=0, flush_packets=1, pes_payload_size=0,
                # Microseconds: sound does not wait for a picture that is not coded.
                max_interleave_delta=1,
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
        self._opening = opening
        self._sent = Sent()
        self._place = 0
        self._choice = RepeatChoice(form.key_frame_every, opening.missed)
        self._repeater = PictureRepeater()
        self._reading = False
        """Whether its packets are passed on now, and not yet those of the encoder before."""
        self._passing = threading.Lock()
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

    def write(self, picture: bytes | None, sound: bytes, timeout: float = 0.0) -> bool:
        """
        Queue one I420 frame, None to leave it out, and the s16 samples written with it.

        Wait at most `timeout` seconds for room; False if ffmpeg has failed.
        """
        place, self._place = self._place, self._place + 1
        if picture is not None and self._repeated(place, picture, sound):
            picture = None
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

    def _repeated(self, place: int, picture: bytes, sound: bytes) -> bool:
        """Have the picture before said to stay, if this one is the same."""
        # Beside speech every picture is coded, as the muxer holds sound back for a picture.
        allowed = self._repeater.able and not sound.strip(b'\0')
        after = self._choice.after(place, picture, allowed)
        if after is None:
            return False
        with self._passing:
            packets = self._repeater.repeat(self._pts(after), self._pts(place))
            if self._reading:
                self._pass_on(packets)
        return True

    def _pts(self, place: int) -> int:
        begun = PTS_OFFSET + self._opening.begun
        return round((begun + float(place / self._opening.form.fps)) * PTS_RATE)

    def _pass_on(self, packets: bytes) -> None:
        for chunk in self._parser.feed(packets):
            self._output(chunk)

    def _read(self) -> None:
        opening = self._opening
        if opening.follows is not None:
            opening.follows.wait(LONGEST_END)
            # Or each would hold the one before it.
            self._opening = dataclasses.replace(opening, follows=None)
        self._parser.restart(opening.left_out, opening.missed)
        self._reading = True
        while data := self._encoder.read():
            with self._passing:
                self._pass_on(self._repeater.feed(data))
        self._reading = False
        self._sent = self._what_was_sent()

    def _what_was_sent(self) -> Sent:
        parser, opening = self._parser, self._opening
        if not parser.sent_pictures:
            return Sent(0, parser.sent_units)
        # By its time, for pictures before it may have been left out.
        after = parser.times[VIDEO_PID] / PTS_RATE - PTS_OFFSET - opening.begun
        after = (after + 1.0) % (2 ** PTS_BITS / PTS_RATE) - 1.0
        return Sent(round(after * opening.form.fps) + 1, parser.sent_units)


def _key_frames(opening: Opening) -> str:
    """Return ffmpeg's expression for when key frames come: anew from the first for viewers on."""
    form = opening.form
    every, live = form.key_frame_every / form.fps, opening.missed / form.fps
    before = math.ceil(live / every)
    # Counted in frames alone, they would be further apart where some are left out.
    return (f'expr:if(gte(t+0.001,{float(live)}),gte(t+0.001,{float(live)}+(n_forced-{before})'
            f'*{float(every)}),gte(t+0.001,n_forced*{float(every)}))')
