"""The speech recognition node: sound in, the text of the speech in it out."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Bool, String
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import BROWSER
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.barge_in import BargeIn, BargeInSettings, Decision
from txt2vid_ros.listening.echo import EchoGuard
from txt2vid_ros.listening.echo_cancellation import EchoCanceller
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.providers.choice import make_recognizer, provider_names, recognizer_options
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.sound_input import SoundInput
from txt2vid_ros.ros.sound.voice_reference import VoiceReference

SHORTEST_CLAUSE = 1.2
"""Seconds of speech before a clause may be sent by itself, with send_clauses."""
STALL_CHECK_INTERVAL = 0.5
"""Seconds between looks at whether who was speaking still is, where no sound comes any more."""
SEGMENT_MARGIN = 5.0
"""Seconds by which a segment with its padding may be longer than an utterance."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The parameters of the stt node."""

    provider: tuple[str, ...] = parameter(
        ('moonshine',), 'speech-to-text providers: the next listens where one fails')
    text_limit: float = parameter(0.0, 'seconds that a provider may take to return its text; 0 '
                                  'for its own default', minimum=0.0, maximum=600.0)
    vad: str = parameter('silero', 'voice activity provider')
    speaker: str = parameter(DEFAULT, 'speaker id that is sent with the text', live=True)
    locale: str = parameter('en', 'language that is spoken (BCP 47)')
    threshold: float = parameter(0.5, 'probability above which sound counts as speech',
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
    mute_while_speaking: bool = parameter(False, 'whether to hear nothing while the face '
                                          'speaks, so that it does not answer itself')
    mute_tail: float = parameter(1.0, "seconds for which it stays muted after the voice's "
                                 'last sample, until the echo has been measured', minimum=0.0,
                                 maximum=5.0)
    loudspeaker: bool = parameter(False, 'whether the face is heard on a loudspeaker near the '
                                  'microphone; a graph with both says so')
    echo_cancellation: str = parameter(
        'auto', "whether the face's voice is taken out of what the microphone hears, which then "
        'is not muted; auto: with loudspeaker', choices=('auto', 'always', 'never'))
    barge_in: str = parameter(
        'auto', 'whether who speaks over the face interrupts it; auto: where its voice is '
        "cancelled, and from a browser's microphone", choices=('auto', 'always', 'never'),
        live=True)
    barge_in_hold: float = parameter(
        0.1, 'seconds of speech over the face after which it pauses', minimum=0.03, maximum=2.0,
        live=True)
    barge_in_after: float = parameter(
        0.25, 'seconds of it after which it waits for the words: what was shorter, and what had '
        'no words, lets it go on', minimum=0.03, maximum=5.0, live=True)


class SttNode(ManagedNode):
    """Maps mic/audio to a SpeechPipeline and its texts to speech."""

    NAME = 'stt'
    Parameters = Parameters
    OPTIONS_BY = ('provider',)

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the recognizers."""
        names = provider_names(table.provider, 'stt.provider')
        return dataclasses.replace(
            recognizer_options(names, 'stt.provider'),
            texts={'options': [prefix_of(name) for name in names]})

    def configure(self) -> None:
        """Load the recognizer and the voice activity detector."""
        table = self.parameters
        self._activity: VoiceActivity = registry.load(registry.DETECTORS, table.vad, 'stt.vad')()
        self.until_cleanup(self._activity.close)
        self._activity.load()
        self._health = HealthRegistry()
        self._recognizer = make_recognizer(
            table.provider, table.locale, self.options, parameter='stt.provider',
            longest=table.longest + SEGMENT_MARGIN, health=self._health,
            limits=TimeLimits(table.text_limit, 0.0, 0.0, 0.0))
        self.until_cleanup(self._recognizer.close)
        self._recognizer.load()
        self._speech = self.publisher(LiveSpeech, 'speech', qos.SPEECH)
        self._is_speaking = self.publisher(Bool, 'is_speaking', qos.SPEAKING)
        self._decisions = self.publisher(String, 'barge_in', qos.SPEECH)

    def start(self) -> None:
        """Start to listen."""
        table = self.parameters
        settings = EndpointingSettings(
            threshold=table.threshold, start=table.start, end_silence=table.end_silence,
            longest=table.longest, padding=table.padding)
        if table.send_clauses:
            settings = dataclasses.replace(settings, clause_length=SHORTEST_CLAUSE)
        self._guard = EchoGuard(table.mute_tail)
        self._voice: VoiceReference | None = None
        if table.mute_while_speaking:
            self._voice = VoiceReference(self, self._guard.voice)
        self._canceller = self._make_canceller()
        self._barge_in = BargeIn(
            self._barge_in_settings(), self._activity.window / SPEECH_RATE, self._decided)
        self.until_deactivate(self._barge_in.over)
        self._interruptible = False
        self._pipeline = SpeechPipeline(
            self._activity, self._recognizer, self, settings,
            partial_every=table.partial_every, send_clauses=table.send_clauses,
            heard=self._heard_window, over=self._utterance_over)
        # Speech that has begun still becomes text.
        self.until_deactivate(self._pipeline.close)
        self._pipeline.start()
        self._told_speaking: bool | None = None
        self._tell_speaking()
        self.create_timer(STALL_CHECK_INTERVAL, self._tell_speaking)
        self._input = SoundInput(self, self._hear)
        self.get_logger().info('listening')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, and how long the text of a sentence takes after its end is known."""
        statistics = self._pipeline.statistics
        times = list(statistics.endpoint_to_final)
        figures = {
            'utterances': statistics.utterances, 'empty': statistics.empty,
            'failed': statistics.failed, 'breaks': statistics.breaks,
            'clipped': self._input.statistics.clipped,
            'invalid': self._input.statistics.invalid,
            'endpoint_to_final_ms_p50': float(np.median(times) * 1000) if times else 0.0,
            **dataclasses.asdict(self._barge_in.statistics), **self._health.figures()}
        if self.parameters.mute_while_speaking:
            figures['muted_blocks'] = self._guard.muted
            figures['mute_tail_ms'] = self._guard.tail * 1000
        if self._guard.delay is not None:
            figures['echo_delay_ms'] = self._guard.delay * 1000
        if self._canceller is not None:
            figures['echo_attenuation_db'] = self._canceller.attenuation
        complaint = self._health.complaint()
        level = 'warn' if statistics.failed or complaint else 'ok'
        line = 'hearing speech' if self._pipeline.speaking else 'silent'
        return level, f'{line}; {complaint}' if complaint else line, figures

    def partial(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what has been said so far."""
        if not self._barge_in.text(text):
            return
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, partial=text))

    def final(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what was said, unless it was a "hm" over the voice."""
        if not self._barge_in.text(text):
            return
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, final=text))

    def parameters_changed(self) -> None:
        """Let barge-in follow its parameters."""
        self._barge_in.settings = self._barge_in_settings()

    def _barge_in_settings(self) -> BargeInSettings:
        table = self.parameters
        return BargeInSettings(table.threshold, min(table.barge_in_hold, table.barge_in_after),
                               table.barge_in_after)

    def _make_canceller(self) -> EchoCanceller | None:
        """Return a canceller where one is wanted. Raises UserError where it cannot be had."""
        wanted = self.parameters.echo_cancellation
        self.set_problem('echo', '')
        if wanted == 'never' or (wanted == 'auto' and not self.parameters.loudspeaker):
            return None
        try:
            self._voice = self._voice or VoiceReference(self, self._guard.voice)
            return EchoCanceller(self._voice.speech.samples)
        except UserError as error:
            if wanted == 'always':
                raise
            self.set_problem('echo', str(error))
            return None

    def _hear(self, stamp: int, samples: NDArray[np.float32]) -> None:
        table = self.parameters
        browser = self._input.source.startswith(BROWSER)
        canceller = None if browser else self._canceller
        cancelled = browser or canceller is not None
        self._interruptible = table.barge_in == 'always' or (
            table.barge_in == 'auto' and cancelled)
        muted = table.mute_while_speaking and not (cancelled or self._interruptible)
        if (self._interruptible or muted) and self._voice is None:
            # Not before it is needed: the voice may come from another machine.
            self._voice = VoiceReference(self, self._guard.voice)
        if muted or canceller is not None:
            guarded = self._guard.guard(stamp, samples, SPEECH_RATE)
            samples = guarded if muted else samples
        if canceller is not None:
            canceller.echo_found(self._guard.delay)
            stamp, samples = canceller.clean(stamp, samples)
        self._pipeline.push(stamp, samples)
        self._tell_speaking()

    def _heard_window(self, stamp: int, probability: float) -> None:
        """Take a window, which is captured sound without the voice."""
        if self._interruptible and self._voice is not None:
            self._barge_in.window(probability, over_voice=self._voice.heard_at(stamp))
        elif self._barge_in.held:
            self._barge_in.over()

    def _utterance_over(self) -> None:
        if not self._pipeline.speaking:
            self._barge_in.over()

    def _decided(self, decision: Decision) -> None:
        self._decisions.publish(String(data=decision.value))

    def _tell_speaking(self) -> None:
        """Publish whether somebody speaks, where that has changed."""
        if self._pipeline.speaking != self._told_speaking:
            self._told_speaking = self._pipeline.speaking
            self._is_speaking.publish(Bool(data=self._told_speaking))


def main() -> int:
    """Run the node."""
    return run(SttNode)


if __name__ == '__main__':
    end_process(main())
