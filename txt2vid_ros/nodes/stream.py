"""The stream node: pictures and speech in, one encoded stream out to viewers, files and URLs."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import String
from txt2vid_ros.core.clock import FrameGrid, SECOND
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.core.monitoring.sound_latency import SoundLatency
from txt2vid_ros.core.monitoring.stage_mark import marks_of
from txt2vid_ros.core.process.memory import resident_bytes
from txt2vid_ros.core.storage.last_port import LastPort, port_file
from txt2vid_ros.media.jitter.wrapping import nearest
from txt2vid_ros.media.output.continuity.hand_over import LONGEST_GAP_SECONDS
from txt2vid_ros.media.output.encoder import PTS_OFFSET
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.mpegts import PTS_BITS, PTS_RATE
from txt2vid_ros.media.output.pictures.stream_size import StreamSize
from txt2vid_ros.media.output.stream_format import StreamFormat
from txt2vid_ros.media.output.stream_outputs import StreamOutputs
from txt2vid_ros.media.output.stream_writer import StreamWriter
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.middleware.transports import Pictures
from txt2vid_ros.ros.monitoring.node_status import NodeParameters, WARN_IF
from txt2vid_ros.ros.monitoring.statement import Statement
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.pictures.picture_input import PictureInput
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.speech_input import SpeechInput

FIRST_PICTURE_SECONDS = 5.0
"""Seconds that the stream waits for a picture, whose size it takes; then it begins without."""
RATES_APART, APART_SECONDS = 0.03, 5
"""The share of stream.fps by which the rate of the pictures may differ, and for how long."""
VISIBLE_OFFSET = 'av_offset_ms_p95>45'
"""From 45 ms on that the sound is early, viewers notice it (ITU-R BT.1359-1)."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the stream node."""

    warn_if: tuple[str, ...] = parameter((VISIBLE_OFFSET,), WARN_IF, live=True)
    http: str = parameter('127.0.0.1:8080', 'HOST:PORT for viewers; empty for none; '
                          'port 0 is any free one, announced on stream/url')
    through_web: bool = parameter(False, 'whether viewers come through the node web, so that this '
                                  'address is not for them')
    record: str = parameter('', 'file to record to: .mp4, .mkv or .ts; empty for none')
    push: str = parameter('', 'URL to push to: udp, rtp, rtsp, rtmp, srt or tcp; several '
                          'separated by spaces')
    width: int = parameter(0, 'pixels; pictures of another size are fitted into it; 0: it follows '
                           'from the height, or both are those of the pictures. Where the machine '
                           'is too busy, a smaller stream is sent for a while', minimum=0,
                           maximum=3840)
    height: int = parameter(0, 'pixels; as width', minimum=0, maximum=3840)
    fps: float = parameter(25.0, 'frames a second; as lipsync.fps, or pictures are repeated or '
                           'left out', minimum=1.0, maximum=120.0, live=True)
    playout: float = parameter(0.02, 'seconds after its time at which a frame is written: slack '
                               'for late messages', minimum=0.0, maximum=2.0)
    preset: str = parameter('superfast', "x264's preset", choices=(
        'ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'), live=True)
    profile: str = parameter('baseline', "x264's profile; high needs a tenth fewer bits, and not "
                             'every browser can play it over WebRTC',
                             choices=('baseline', 'main', 'high'), live=True)
    quality: int = parameter(20, "x264's constant rate factor: lower is better",
                             minimum=0, maximum=51, live=True)
    max_bitrate: int = parameter(4_000_000, 'bit/s of video at most', minimum=50_000,
                                 maximum=200_000_000, live=True)
    audio_bitrate: int = parameter(96_000, 'bit/s of sound', minimum=16_000, maximum=512_000,
                                   live=True)
    key_frame_every: float = parameter(
        0.5, 'seconds from one key frame, where a viewer can join, to the next', minimum=0.04,
        maximum=60.0, live=True)


class StreamNode(ManagedNode):
    """Maps topics to a StreamWriter and serves what it encodes."""

    NAME = 'stream'
    RATE_OF = 'frames'
    Parameters = Parameters
    PICTURES = Pictures(received=True)

    def configure(self) -> None:
        """Open the outputs and prepare the encoder."""
        table = self.parameters
        self._frames = FrameBuffer()
        self._apart_seconds = 0
        # What is written late, on a busy machine, is still known then.
        self._speech = SpeechTimeline(memory=LONGEST_GAP_SECONDS + 2)
        self._pictures = PictureInput(
            self, -table.playout,
            self._on_picture)
        self._trace = TracePublisher(self, 'frame', 'packet')
        self._latency = SoundLatency()
        self._packet_lateness = RollingPercentiles()
        self._last_picture = 0
        self._size = StreamSize(table.width, table.height)
        # The node web, which may know this address already, then need not be told of another one.
        last = LastPort(port_file(self.context.get_domain_id(), self.get_namespace(), self.NAME)
                        if table.through_web else None, self.NAME)
        self._output = StreamOutputs(
            http=table.http, record=table.record, push=table.push, report=self._lost,
            status=self._status, sent=self._sent, last_port=last)
        # Which completes recordings.
        self.until_cleanup(self._output.close)
        self._writer = StreamWriter(
            *self._form(), self._frames, self._speech, self.ros_clock, self._output.encoder,
            playout=table.playout)
        self._url = Statement(self, String, 'stream/url')

    def parameters_changed(self) -> None:
        """Have another encoder take over, without a gap."""
        self._writer.change(*self._form())

    def start(self) -> None:
        """Start to stream."""
        self._pictures.listen()
        self._input = SpeechInput(
            self, self._speech, cut=lambda stamp: max(stamp, self._writer.heard_until),
            trace=self._trace)
        self.create_subscription(DiagnosticArray, 'trace', self._on_mark, qos.TRACE)
        self.create_timer(1.0, self._each_second)
        self.work('streamer', self._stream)
        self._url.state(String(data=self._output.url))
        if not self.parameters.through_web:
            for line in self._output.describe():
                self.get_logger().info(line)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the figures of the stream."""
        apart = self._rates_apart()
        self._apart_seconds = self._apart_seconds + 1 if apart else 0
        if self._apart_seconds == APART_SECONDS:
            self.get_logger().warning(apart)
        warnings = [each for each in (
            apart if self._apart_seconds >= APART_SECONDS else '',
            self._output.budget.shortage(), self._writer.overload) if each]
        return ('warn' if warnings else 'ok',
                '; '.join([f'{self._output.viewers} viewers', *warnings]), self._figures())

    def _stream(self, stop: threading.Event) -> None:
        # A recording that began in another size than its pictures could not be played everywhere.
        self._size.wait(stop, FIRST_PICTURE_SECONDS)
        self._writer.change(*self._form())
        self._writer.run(stop)

    def _on_picture(self, stamp: int, frame: NDArray[np.uint8]) -> None:
        # It is there before its size is known, which has the stream begin.
        self._frames.push(self._writer.grid.index(stamp), frame)
        if self._size.take(frame):
            self._writer.change(*self._form())
        self._trace.reached('frame', stamp)

    def _on_mark(self, message: DiagnosticArray) -> None:
        for mark in marks_of(message):
            if mark.stage == 'text' and mark.node_name == 'tts':
                self._latency.accepted(mark.utterance, mark.at)

    def _sent(self, picture: int, sound: int) -> None:
        """Take the presentation times of what leaves the encoder, on its thread."""
        now = self.ros_clock.now()
        for utterance, start in self._trace.reached('packet', self._stamp(sound, now)):
            self._latency.sent(utterance, start, now)
        if picture != self._last_picture:
            self._last_picture = picture
            self._packet_lateness.observe((now - self._stamp(picture, now)) / SECOND)

    def _stamp(self, pts: int, now: int) -> int:
        """Return when what has this presentation time is seen or heard."""
        zero = self._pts_zero
        ticks = nearest(pts, (now - zero) * PTS_RATE // SECOND, PTS_BITS)
        return zero + ticks * SECOND // PTS_RATE

    @property
    def _pts_zero(self) -> int:
        return self._writer.zero - int(PTS_OFFSET * SECOND)

    def _rates_apart(self) -> str:
        """Return what to say where the pictures come at another rate than they are sent at."""
        rate, fps = self._pictures.rate, float(self._writer.grid.fps)
        if rate is None or abs(rate / fps - 1) < RATES_APART:
            return ''
        what = 'are repeated' if rate < fps else 'are left out'
        return (f'{rate:.3g} pictures come a second and stream.fps is {fps:.3g}, so that some '
                f'{what}: set lipsync.fps and stream.fps to the same')

    def _form(self) -> tuple[StreamFormat, FrameGrid]:
        table = self.parameters
        grid = FrameGrid.at(table.fps)
        width, height = self._size.size
        return StreamFormat(
            width=width, height=height, fps=grid.fps,
            key_frame_every=max(1, round(table.key_frame_every * float(grid.fps))),
            preset=table.preset, profile=table.profile, quality=table.quality,
            max_bitrate=table.max_bitrate, audio_bitrate=table.audio_bitrate), grid

    def _lost(self, line: str) -> None:
        """Report an output that has failed; the others go on."""
        self.add_problem(line)
        self.exit_status = self.exit_status or 1

    def _figures(self) -> dict[str, Any]:
        statistics = self._writer.statistics
        return {
            'fps': float(self._writer.grid.fps),
            'frames': statistics.frames, 'on_time': statistics.on_time,
            'repeated': statistics.repeated, 'skipped': statistics.skipped,
            'left_out': statistics.left_out,
            'encoder_restarts': statistics.restarts, 'viewers': self._output.viewers,
            'dropped_viewers': self._output.dropped, **self._output.budget.figures(),
            'encoder_memory_mb': resident_bytes(self._output.encoder_pid) / 1e6,
            'queue_depth': self._frames.waiting,
            'drops': statistics.repeated + statistics.skipped + statistics.left_out,
            **self._latency.text_to_sound.figures('text_to_sound_ms'),
            **self._writer.offset.seconds.figures('av_offset_ms'),
            **statistics.lateness.figures('write_lateness_ms'),
            **self._packet_lateness.figures('packet_lateness_ms'),
            **self._pictures.delay.figures('picture_delay_ms'),
            'frame_lead_wanted_ms': self._pictures.lead * 1000}

    def _status(self) -> dict[str, Any]:
        """Return the content of /status.json; pts_zero_ns is the stamp of presentation time 0."""
        return {**self._figures(), 'pts_zero_ns': self._pts_zero, 'now_ns': self.ros_clock.now(),
                'encoder_pid': self._output.encoder_pid, 'synthetic': True}

    def _each_second(self) -> None:
        self._speech.forget(self.ros_clock.now() / SECOND)
        self._url.uphold()


def main() -> int:
    """Run the node."""
    return run(StreamNode)


if __name__ == '__main__':
    end_process(main())
