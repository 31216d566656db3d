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
from txt2vid_ros.core.locales import speaks, spoken_locales
from txt2vid_ros.core.monitoring.node_states import LOADING
from txt2vid_ros.core.names import BROWSER
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.people import utterance_id
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.sentence_end import SentenceEnd
from txt2vid_ros.listening.barge_in import BargeIn, BargeInSettings, Decision
from txt2vid_ros.listening.echo import EchoGuard
from txt2vid_ros.listening.echo_cancellation import EchoCanceller
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.turn_taking import EndLikelihood, TurnPredictor
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.providers.choice import make_recognizer, provider_names, recognizer_options
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.trace_publisher import TracePublisher
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.held_sound import HeldSound
from txt2vid_ros.ros.sound.sound_input import SoundInput
from txt2vid_ros.ros.sound.stt_parameters import AT_START, Parameters
from txt2vid_ros.ros.sound.voice_reference import VoiceReference

SHORTEST_CLAUSE = 1.2
"""Seconds of speech before a clause may be sent by itself, with send_clauses."""
LOOK_INTERVAL = 0.5
"""Seconds between looks at what is to be done where no sound comes any more."""
SEGMENT_MARGIN = 5.0
"""Seconds by which a segment with its padding may be longer than an utterance."""


class SttNode(ManagedNode):
    """Maps mic/audio to a SpeechPipeline and its texts to speech."""

    NAME = 'stt'
    RATE_OF = 'utterances'
    Parameters = Parameters
    OPTIONS_BY = ('provider',)

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the recognizers."""
        names = provider_names(table.provider, 'stt.provider')
        return dataclasses.replace(
            recognizer_options(names, 'stt.provider'),
            texts={'options': [prefix_of(name) for name in names]})

    def configure(self) -> None:
        """Load the recognizer and the voice activity detector, unless sound is to come first."""
        self._speech = self.publisher(LiveSpeech, 'speech', qos.SPEECH)
        self._trace = TracePublisher(self)
        self._is_speaking = self.publisher(Bool, 'is_speaking', qos.SPEAKING)
        self._decisions = self.publisher(String, 'barge_in', qos.SPEECH)
        self._health = HealthRegistry()
        self._loaded = False
        self._pipeline: SpeechPipeline | None = None
        if self.parameters.load == AT_START:
            self._load()

    def _load(self) -> None:
        table = self.parameters
        self._activity: VoiceActivity = registry.load(registry.DETECTORS, table.vad, 'stt.vad')()
        self.until_cleanup(self._activity.close)
        self._activity.load()
        self._recognizer = make_recognizer(
            table.provider, table.locale, self.options, parameter='stt.provider',
            longest=table.longest + SEGMENT_MARGIN, health=self._health,
            limits=TimeLimits(table.text_limit, 0.0, 0.0, 0.0))
        self.until_cleanup(self._recognizer.close)
        self._recognizer.load()
        # Of several, the text itself tells where the recognizer does not.
        locales = spoken_locales(table.locale)
        self._usual = locales[0] if len(locales) == 1 else ''
        self._turns = (TurnPredictor(table.locale, _end_likelihood(table.locale))
                       if table.turn_taking == 'words' else None)
        if self._turns is not None and not self._turns.knows_language:
            self.get_logger().info(f'no words of {table.locale!r} tell when a turn ends: silence '
                                   'alone does')
        self._loaded = True

    def start(self) -> None:
        """Start to listen."""
        table = self.parameters
        self._guard = EchoGuard(table.mute_tail)
        self._voice: VoiceReference | None = None
        if table.mute_while_speaking and self._loaded:
            self._voice = VoiceReference(self, self._guard.voice)
        self._canceller = self._make_canceller()
        self._interruptible = False
        self._early = HeldSound(self, self._load, self._begin)
        self._pipeline = None
        if self._loaded:
            self._begin()
        self._told_speaking: bool | None = None
        self._tell_speaking()
        self.create_timer(LOOK_INTERVAL, self._look)
        self._input = SoundInput(self, self._hear)
        self.get_logger().info('listening')

    def _begin(self) -> None:
        """Begin to recognize, now that the providers are loaded."""
        table = self.parameters
        settings = EndpointingSettings(
            threshold=table.threshold, start=table.start, end_silence=table.end_silence,
            end_silence_complete=table.end_silence_complete,
            end_silence_incomplete=table.end_silence_incomplete,
            longest=table.longest, padding=table.padding)
        if table.send_clauses:
            settings = dataclasses.replace(settings, clause_length=SHORTEST_CLAUSE)
        self._barge_in = BargeIn(
            self._barge_in_settings(), self._activity.window / SPEECH_RATE, self._decided)
        self.until_deactivate(self._barge_in.over)
        self._pipeline = SpeechPipeline(
            self._activity, self._recognizer, self, settings,
            partial_every=table.partial_every, send_clauses=table.send_clauses,
            turns=self._turns, heard=self._heard_window, over=self._utterance_over)
        # Speech that has begun still becomes text.
        self.until_deactivate(self._pipeline.close)
        self._pipeline.start()

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, and how long the text of a sentence takes after its end is known."""
        if self._pipeline is None:
            return 'ok', LOADING if self._early.loading else 'waiting for sound', {}
        statistics = self._pipeline.statistics
        figures = {
            'utterances': statistics.utterances, 'empty': statistics.empty,
            'failed': statistics.failed, 'breaks': statistics.breaks,
            'complete': statistics.complete, 'incomplete': statistics.incomplete,
            'clipped': self._input.statistics.clipped,
            'invalid': self._input.statistics.invalid,
            **statistics.endpoint_to_final.figures('endpoint_to_final_ms'),
            'drops': statistics.failed,
            **dataclasses.asdict(self._barge_in.statistics), **self._health.figures()}
        if self.parameters.mute_while_speaking and not self._interruptible:
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

    def partial(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        """Publish what has been said so far."""
        if not self._barge_in.text(text, final=False):
            return
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, locale or self._usual, confidence, partial=text))

    def final(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        """Publish what was said, unless it was a "hm" over the voice."""
        if not self._barge_in.text(text, final=True):
            return
        self._trace.mark(utterance_id(self.parameters.speaker, stamp), 'text', text=text)
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, locale or self._usual, confidence, final=text))

    def parameters_changed(self) -> None:
        """Let barge-in follow its parameters."""
        if self._pipeline is not None:
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
        if self._pipeline is None:
            self._early.hold(stamp, samples)
            return
        table = self.parameters
        browser = self._input.source.startswith(BROWSER)
        canceller = None if browser else self._canceller
        # Viewers' loudspeakers are as late as they like: until that is measured, their sound is
        # no echo that could be told from a person.
        cancelled = browser or (canceller is not None and table.loudspeaker)
        self._interruptible = table.barge_in == 'always' or (
            table.barge_in == 'auto' and cancelled)
        muted = table.mute_while_speaking and not (browser or self._interruptible)
        if (muted or self._interruptible) and self._voice is None:
            # Not before it is needed: each chunk of sound costs a millisecond, and the voice may
            # come from another machine.
            self._voice = VoiceReference(self, self._guard.voice)
        if muted or canceller is not None:
            guarded = self._guard.guard(stamp, samples, SPEECH_RATE)
            samples = guarded if muted else samples
        if canceller is None or muted:
            # Of silence a canceller would learn that the room has no echo.
            self._pipeline.push(stamp, samples)
        else:
            canceller.echo_found(self._guard.delay)
            self._pipeline.push(*canceller.clean(stamp, samples))
        self._tell_speaking()

    def _look(self) -> None:
        """Do what no sound may come any more to do."""
        self._early.give(self._hear)
        self._tell_speaking()

    def _heard_window(self, stamp: int, probability: float) -> None:
        """Take a window, which is captured sound without the voice."""
        if self._interruptible and self._voice is not None:
            self._barge_in.window(probability, over_voice=self._voice.heard_at(stamp))
        elif self._barge_in.held:
            self._barge_in.over()

    def _utterance_over(self) -> None:
        if self._pipeline is not None and not self._pipeline.speaking:
            self._barge_in.over()

    def _decided(self, decision: Decision) -> None:
        self._decisions.publish(String(data=decision.value))

    def _tell_speaking(self) -> None:
        """Publish whether somebody speaks, where that has changed."""
        speaking = self._pipeline is not None and self._pipeline.speaking
        if speaking != self._told_speaking:
            self._told_speaking = speaking
            self._is_speaking.publish(Bool(data=self._told_speaking))


def _end_likelihood(locale: str) -> EndLikelihood | None:
    """Return what knows where sentences end: the model that the link codes English with."""
    locales = spoken_locales(locale)
    return SentenceEnd(load()).likelihood if not locales or speaks(locales, 'en') else None


def main() -> int:
    """Run the node."""
    return run(SttNode)


if __name__ == '__main__':
    end_process(main())
