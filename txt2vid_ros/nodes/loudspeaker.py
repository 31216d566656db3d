"""The loudspeaker node: plays the voice on a sound device of this machine."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from std_msgs.msg import Float64
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.playback.device_output import DeviceOutput
from txt2vid_ros.media.playback.playback_loop import PlaybackLoop
from txt2vid_ros.media.playback.player import SpeechPlayer
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.speech_input import SpeechInput


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the loudspeaker node."""

    device: str = parameter('', 'index, name or part of the name of an output ("txt2vid devices" '
                            "lists them); empty for the machine's default")
    volume: float = parameter(1.0, 'of the voice, times its own; what exceeds full scale is '
                              'clipped', minimum=0.0, maximum=1.5, live=True)
    mute: bool = parameter(False, 'whether nothing is heard', live=True)
    buffer: float = parameter(0.05, 'seconds of sound that the device should hold: less is '
                              'silent sooner after an interruption, more bears a busier machine',
                              minimum=0.01, maximum=1.0)
    latency: float = parameter(0.0, 'seconds that the device takes beyond what it reports, as '
                               'televisions and Bluetooth do', minimum=0.0, maximum=1.0)


class LoudspeakerNode(ManagedNode):
    """Maps voice/audio to a SpeechPlayer, which feeds a sound device."""

    NAME = 'loudspeaker'
    Parameters = Parameters

    def configure(self) -> None:
        """Prepare the device; it is opened, and waited for, once the node is active."""
        table = self.parameters
        self._speech = SpeechTimeline()
        self._player = SpeechPlayer(self._speech, self.ros_clock, self._gain)
        self._output = DeviceOutput(self._player, table.device, table.buffer, table.latency)
        self._loop = PlaybackLoop(self._output)
        self._lead_request = self.publisher(Float64, 'voice/lead', qos.LEAD)

    def start(self) -> None:
        """Start to play."""
        # What the device already has is heard; the voice fades out after it.
        self._input = SpeechInput(
            self, self._speech, cut=lambda stamp: max(stamp, self._player.heard_until))
        self.create_timer(1.0, self._each_second)
        self.work('playback', self._loop.run)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return what is wrong with the device, its delay and its pace."""
        player = self._player
        figures = {
            'device': self._output.name, 'delay_ms': player.delay * 1000,
            'voice_lead_ms': self._lead() * 1000, 'measured_rate_hz': player.card_rate,
            'underruns': self._output.underruns,
            'drops': self._output.underruns, 'moved': player.moved}
        if self._loop.faults.fault:
            return 'error', self._loop.faults.fault, figures
        if player.silenced:
            return 'warn', ('silent, because simulated time runs at '
                            f'{player.clock_rate:.2g} times real time'), figures
        if self._loop.faults.warning:
            return 'warn', self._loop.faults.warning, figures
        if not self._loop.playing:
            return 'warn', f'opening {self._output.name or "the default device"}', figures
        muted = ', muted' if self.parameters.mute else ''
        return 'ok', f'playing on {self._output.name}{muted}', figures

    def _gain(self) -> float:
        return 0.0 if self.parameters.mute else float(self.parameters.volume)

    def _lead(self) -> float:
        """Return how many seconds before it is heard a sample has to be published."""
        return float(self._player.lead + self._input.delay.lead_time)

    def _each_second(self) -> None:
        self._speech.forget(self.ros_clock.now() / SECOND)
        if self._loop.playing:
            self._lead_request.publish(Float64(data=self._lead()))


def main() -> int:
    """Run the node."""
    return run(LoudspeakerNode)


if __name__ == '__main__':
    end_process(main())
