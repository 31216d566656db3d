"""The voice node of audio mode: captured sound in, stamped speech out ahead of its time."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.media.jitter.after_voice import SoundAfterVoice
from txt2vid_ros.media.jitter.jitter_buffer import (
    JitterBuffer,
    JitterBufferOutput,
    JitterBufferSettings,
)
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.lead_request import LeadRequest
from txt2vid_ros.ros.sound.shared_voice import SharedVoice
from txt2vid_ros.ros.sound.sound_input import SoundInput
from txt2vid_ros.ros.sound.sound_topic import SoundTopic
from txt2vid_ros.ros.sound.speech_publisher import SpeechPublisher


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the playout node."""

    speaker: str = parameter(DEFAULT, 'speaker id of who is heard: whose face is shown',
                             live=True)
    chunk: float = parameter(0.02, 'seconds of sound in a message', minimum=0.02, maximum=0.04)
    delay: float = parameter(0.06, 'seconds for which sound is held back until the jitter of its '
                             'arrival has been measured', minimum=0.0, maximum=5.0)
    delay_min: float = parameter(0.01, 'seconds that the delay never falls below',
                                 minimum=0.0, maximum=5.0)
    delay_max: float = parameter(0.5, 'seconds that the delay never exceeds: what arrives later '
                                 'is not heard', minimum=0.0, maximum=5.0)
    hold: float = parameter(0.6, 'seconds of silence after which an utterance ends', minimum=0.1,
                            maximum=10.0)
    pass_noise: bool = parameter(False, 'whether the noise of the room is heard in pauses too; '
                                 'the mouth may then move with it')
    beside_voice: bool = parameter(False, 'whether tts speaks on the same topics, as in a call '
                                   'whose peer sends text and sound by turns')
    lead: float = parameter(0.15, 'seconds from publishing sound to its being heard, until the '
                            'downstream nodes have requested a lead', minimum=0.0, maximum=5.0)
    lead_max: float = parameter(0.6, 'seconds that the lead never exceeds',
                                minimum=0.0, maximum=5.0)


class PlayoutNode(ManagedNode):
    """Maps mic/audio to a JitterBuffer, which publishes stamped speech."""

    NAME = 'playout'
    Parameters = Parameters

    def configure(self) -> None:
        """Prepare the topics. Raises UserError where delay_min exceeds delay_max."""
        table = self.parameters
        if table.delay_min > table.delay_max:
            raise UserError(
                f'playout.delay_min is {table.delay_min}, playout.delay_max {table.delay_max}',
                'The former has to be at most the latter.')
        self._output = SpeechPublisher(self, SPEECH_RATE)

    def start(self) -> None:
        """Start to listen and play."""
        table = self.parameters
        self._lead = LeadRequest(self, table.lead, table.lead_max)
        settings = JitterBufferSettings(
            chunk=table.chunk, delay=table.delay, delay_min=table.delay_min,
            delay_max=table.delay_max, hold=table.hold, pass_noise=table.pass_noise)
        self._playout = JitterBuffer(
            self._beside_voice() if table.beside_voice else self._output, self._new_id,
            self.ros_clock, lambda: self._lead.seconds, settings)
        self._input = SoundInput(self, self._take)
        if not table.beside_voice:
            self._output.announce()
        self.work('playout', self._playout.run)
        self.work('captions', self._output.tell_heard)
        self.get_logger().info(f'ready to play {self.resolve_topic_name("mic/audio")}')

    def _beside_voice(self) -> JitterBufferOutput:
        """Return what has sound wait for the voice of tts, and follow at its rate."""
        shared = SharedVoice(self, self._output)
        after = SoundAfterVoice(shared, self.ros_clock)
        self._voice = SoundTopic(self, 'voice/audio', shared.rate, lambda sound: after.voice(
            sound.frame_id, sound.stamp,
            len(sound.format.decode(sound.data)) * SECOND // sound.format.rate))
        self.work('turns', after.run)
        return after

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return the buffer's delay, what it has measured and what it had to conceal."""
        self._output.check_rivals(int(self.parameters.beside_voice))
        figures = {
            **self._playout.incoming.figures, 'utterances': self._playout.utterances,
            'drops': self._playout.incoming.lost,
            'lead_ms': self._lead.seconds * 1000, 'invalid': self._input.statistics.invalid}
        if self.count_publishers('mic/audio') > 1:
            return 'warn', ('more than one node publishes mic/audio; end one, or give it another '
                            'namespace'), figures
        if not self._playout.incoming.started:
            return 'ok', 'nothing has arrived on mic/audio yet', figures
        return 'ok', 'playing' if self._playout.busy else 'silence', figures

    def _take(self, stamp: int, samples: NDArray[np.float32]) -> None:
        self._playout.push(stamp, samples, self.ros_clock.now())

    def _new_id(self, stamp: int) -> str:
        return self._output.new_id(self.parameters.speaker, stamp)


def main() -> int:
    """Run the node."""
    return run(PlayoutNode)


if __name__ == '__main__':
    end_process(main())
