"""The microphone node: publishes captured sound, or a file or test signal, with capture times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
from pathlib import Path
import threading
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.capture_loop import CaptureLoop
from txt2vid_ros.media.capture.device_source import DeviceSource
from txt2vid_ros.media.capture.file_source import FileSource
from txt2vid_ros.media.capture.generated import SilenceSource, ToneSource
from txt2vid_ros.media.capture.source import SoundBlock, SoundSource
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.monitoring.statement import Statement
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run

MOST_SPEED = 20.0
"""Times real time up to which nothing is lost on the way to a reader that keeps up."""
DEFAULT_SPEED = 4.0
"""Times real time with which the default recognizer keeps up on two cores that do other things."""
MATCHING_TIME = 0.5
"""Seconds by which a subscriber may know of the match later than we do; what is published in
between is lost."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the mic node."""

    source: str = parameter('auto', 'where the sound comes from; auto: the file, if one is named, '
                            'else the device',
                            choices=('auto', 'device', 'file', 'silence', 'tone'))
    device: str = parameter('', 'index, name or part of the name of an input ("txt2vid devices" '
                            "lists them); empty for the machine's default")
    file: str = parameter('', 'audio or video file that is played as if it were spoken')
    loop: bool = parameter(False, 'whether the file is repeated; else silence follows')
    speed: float = parameter(1.0, 'of file, silence and tone, times real time; 0 for as fast as '
                             'the default recognizer surely keeps up with: 4', minimum=0.0,
                             maximum=MOST_SPEED)
    wait_for: int = parameter(1, 'subscribers that a file waits for before it begins', minimum=0,
                              maximum=100)
    chunk: float = parameter(0.032, 'seconds of sound in a message', minimum=0.02, maximum=0.032)
    tone_hz: float = parameter(440.0, 'frequency of the tone', minimum=20.0, maximum=7900.0)
    tone_db: float = parameter(-20.0, 'peak level of the tone below full scale', minimum=-90.0,
                               maximum=0.0)


def _file(table: Parameters, clock: Clock) -> SoundSource:
    if not table.file:
        raise UserError('mic.source is file, and mic.file is empty', 'Set mic.file to a path.')
    return FileSource(clock, Path(table.file).expanduser(), speed=table.speed or DEFAULT_SPEED,
                      loop=table.loop)


def _either(table: Parameters, clock: Clock) -> SoundSource:
    return SOURCES['file' if table.file else 'device'](table, clock)


SOURCES: dict[str, Callable[[Parameters, Clock], SoundSource]] = {
    'auto': _either,
    'device': lambda table, clock: DeviceSource(clock, table.device),
    'file': _file,
    'silence': lambda table, clock: SilenceSource(clock, table.speed or DEFAULT_SPEED),
    'tone': lambda table, clock: ToneSource(clock, table.speed or DEFAULT_SPEED,
                                            table.tone_hz, table.tone_db),
}


class MicNode(ManagedNode):
    """Maps a sound source to mic/audio."""

    NAME = 'mic'
    RATE_OF = 'chunks'
    Parameters = Parameters

    def configure(self) -> None:
        """Choose the source."""
        table = self.parameters
        self._source = SOURCES[table.source](table, self.ros_clock)
        self.until_cleanup(self._source.close)
        # A file waits for subscribers: otherwise its first word would be lost.
        ready = self._heard if isinstance(self._source, FileSource) else (lambda stop: True)
        self._recorder = CaptureLoop(self._source, self._publish, table.chunk, ready)
        # What is late by more than a second is of no use to a listener, but of a file all is.
        profile = qos.CAPTURED if isinstance(self._source, FileSource) else qos.AUDIO
        self._audio = self.publisher(AudioDataStamped, 'mic/audio', profile)
        self._info = Statement(self, AudioInfo, 'mic/audio_info')

    def start(self) -> None:
        """Start to capture."""
        self._info.state(messages.audio_info(SPEECH_RATE))
        self.create_timer(1.0, self._info.uphold)
        self.work('recorder', self._recorder.run)
        self.get_logger().info(f'capturing from {self._source.name or "the default device"}')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, and what is wrong with the source."""
        statistics = self._source.statistics
        figures = {'chunks': self._recorder.chunks, **dataclasses.asdict(statistics),
                   'drops': statistics.overruns}
        if isinstance(self._source, DeviceSource):
            figures['measured_rate_hz'] = self._source.measured_rate
        if self._recorder.faults.fault:
            return 'error', self._recorder.faults.fault, figures
        if self._recorder.faults.warning:
            return 'warn', self._recorder.faults.warning, figures
        return 'ok', self._source.name, figures

    def _heard(self, stop: threading.Event) -> bool:
        wanted = self.parameters.wait_for
        while not stop.is_set() and self._audio.get_subscription_count() < wanted:
            stop.wait(0.05)
        if wanted:
            stop.wait(MATCHING_TIME)
        return not stop.is_set()

    def _publish(self, block: SoundBlock) -> None:
        self._audio.publish(messages.to_audio(self._source.name, block.stamp, block.samples))


def main() -> int:
    """Run the node."""
    return run(MicNode)


if __name__ == '__main__':
    end_process(main())
