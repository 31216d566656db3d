"""The scribe: sound comes in, the text of the speech in it goes out."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core import registry
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.echo import EchoGuard
from txt2vid_ros.listening.endpointing import Endpointing
from txt2vid_ros.listening.pipeline import Listener
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.providers.choice import make_recognizer
from txt2vid_ros.providers.resilience.health import Board
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import EngineNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import run
from txt2vid_ros.ros.sound_input import SoundInput, VoiceInput

CLAUSE = 1.2
"""Seconds from which on a clause may be sent on its own, where clauses are."""
MARGIN = 5.0
"""Seconds by which a piece with what is around it may be longer than an utterance."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The parameters of the stt node."""

    provider: str = parameter('moonshine', 'speech-to-text provider, or several with commas '
                              'between: the next listens where one fails')
    options: str = parameter('', 'options of the providers: name=value, or provider.name=value '
                             'where there are several')
    text_limit: float = parameter(0.0, 'seconds that a provider may take to the text of what it '
                                  'was given; 0 for what suits it', minimum=0.0, maximum=600.0)
    vad: str = parameter('silero', 'voice activity provider')
    speaker: str = parameter(DEFAULT, 'speaker id that the text goes out with')
    locale: str = parameter('en', 'language that is spoken (BCP 47)')
    threshold: float = parameter(0.5, 'probability from which on sound counts as speech',
                                 minimum=0.05, maximum=0.95)
    start: float = parameter(0.1, 'seconds of speech before it counts as begun', minimum=0.03,
                             maximum=1.0)
    end_silence: float = parameter(0.5, 'seconds of silence after which an utterance is over',
                                   minimum=0.2, maximum=5.0)
    longest: float = parameter(20.0, 'seconds after which an utterance is cut at its last pause',
                               minimum=5.0, maximum=25.0)
    padding: float = parameter(0.25, 'seconds of sound before the speech that are recognized too',
                               minimum=0.0, maximum=1.0)
    partial_every: float = parameter(0.4, 'seconds from one incremental text to the next',
                                     minimum=0.1, maximum=5.0)
    send_clauses: bool = parameter(False, 'whether each clause is final as soon as there is a '
                                   'pause after it; the voice begins sooner, and cannot wait for '
                                   'the rest of the sentence')
    mute_while_speaking: bool = parameter(False, 'whether to be deaf while the face speaks, so '
                                          'that it does not answer itself')
    mute_tail: float = parameter(1.0, "seconds after the voice's last sample for which that "
                                 'holds, until the echo has been measured', minimum=0.0,
                                 maximum=5.0)


class SttNode(EngineNode):
    """Maps mic/audio to a Listener and its texts to speech."""

    NAME = 'stt'
    Parameters = Parameters

    def configure(self) -> None:
        """Load the recognizer and the voice activity detector."""
        table = self.parameters
        self._activity: VoiceActivity = registry.load(registry.DETECTORS, table.vad, 'stt.vad')()
        self._activity.load()
        self._board = Board()
        self._recognizer = make_recognizer(
            table.provider, table.locale, table.options, parameter='stt.provider',
            longest=table.longest + MARGIN, board=self._board,
            limits=TimeLimits(table.text_limit, 0.0, 0.0, 0.0))
        self._recognizer.load()
        self._speech = self.create_publisher(LiveSpeech, 'speech', qos.SPEECH,
                                             qos_overriding_options=qos.overridable())

    def start(self) -> None:
        """Begin to listen."""
        table = self.parameters
        settings = Endpointing(
            threshold=table.threshold, start=table.start, end_silence=table.end_silence,
            longest=table.longest, padding=table.padding)
        if table.send_clauses:
            settings = dataclasses.replace(settings, clause_length=CLAUSE)
        self._listener = Listener(self._activity, self._recognizer, self, settings,
                                  partial_every=table.partial_every,
                                  send_clauses=table.send_clauses)
        self._listener.start()
        self._guard = EchoGuard(table.mute_tail) if table.mute_while_speaking else None
        if self._guard is not None:
            VoiceInput(self, self._guard.voice)
        self._input = SoundInput(self, self._hear)
        self.get_logger().info('listening')

    def stop(self) -> None:
        """Stop listening; what was being said becomes text."""
        if hasattr(self, '_listener'):
            self._listener.close()

    def close(self) -> None:
        """Release the models."""
        for name in ('_recognizer', '_activity'):
            if hasattr(self, name):
                getattr(self, name).close()

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, and how long the text of a sentence takes after its end is known."""
        if not hasattr(self, '_input'):
            return 'warn', 'loading', {}
        statistics = self._listener.statistics
        times = list(statistics.endpoint_to_final)
        figures = {
            'utterances': statistics.utterances, 'empty': statistics.empty,
            'failed': statistics.failed, 'breaks': statistics.breaks,
            'clipped': self._input.statistics.clipped,
            'invalid': self._input.statistics.invalid,
            'endpoint_to_final_ms_p50': float(np.median(times) * 1000) if times else 0.0,
            **self._board.figures()}
        if self._guard is not None:
            figures['muted_blocks'] = self._guard.muted
            figures['mute_tail_ms'] = self._guard.tail * 1000
            if self._guard.delay is not None:
                figures['echo_delay_ms'] = self._guard.delay * 1000
        if self._input.fault:
            return 'error', self._input.fault, figures
        complaint = self._board.complaint()
        level = 'warn' if statistics.failed or complaint else 'ok'
        line = 'hearing speech' if self._listener.speaking else 'silent'
        return level, f'{line}; {complaint}' if complaint else line, figures

    def partial(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what has been said so far."""
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, partial=text))

    def final(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what was said."""
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, final=text))

    def _hear(self, stamp: int, samples: NDArray[np.float32]) -> None:
        if self._guard is not None:
            samples = self._guard.guard(stamp, samples, SPEECH_RATE)
        self._listener.push(stamp, samples)


def main() -> int:
    """Run the node."""
    return run(SttNode)


if __name__ == '__main__':
    raise SystemExit(main())
