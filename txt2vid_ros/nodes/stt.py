"""The speech recognition node: sound in, the text of the speech in it out."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import dataclasses
import threading
from typing import Any

from hri_msgs.msg import LiveSpeech
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Bool
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import speaks
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.pcm import SPEECH_RATE, VOICE_RATE
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.sentence_end import SentenceEnd
from txt2vid_ros.listening.echo import EchoGuard
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.turn_taking import EndLikelihood, TurnPredictor
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.media.sample_format import MonoDecoder
from txt2vid_ros.providers.choice import make_recognizer, provider_names, recognizer_options
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.sound_input import SoundInput
from txt2vid_ros.ros.sound.sound_topic import ReceivedSound, SoundTopic

SHORTEST_CLAUSE = 1.2
"""Seconds of speech before a clause may be sent by itself, with send_clauses."""
STALL_CHECK_INTERVAL = 0.5
"""Seconds between looks at whether who was speaking still is, where no sound comes any more."""
SEGMENT_MARGIN = 5.0
"""Seconds by which a segment with its padding may be longer than an utterance."""
AT_START, ON_SOUND = 'at_start', 'on_sound'
CHUNKS_HELD = 1024
"""Chunks of sound that are held while the recognizer is being loaded: half a minute."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The parameters of the stt node."""

    provider: tuple[str, ...] = parameter(
        ('moonshine',), 'speech-to-text providers: the next listens where one fails')
    text_limit: float = parameter(0.0, 'seconds that a provider may take to return its text; 0 '
                                  'for its own default', minimum=0.0, maximum=600.0)
    vad: str = parameter('silero', 'voice activity provider')
    load: str = parameter(AT_START, 'when the providers are loaded: at_start, or with the first '
                          'sound, which is held meanwhile; until then they take no memory',
                          choices=(AT_START, ON_SOUND))
    speaker: str = parameter(DEFAULT, 'speaker id that is sent with the text', live=True)
    locale: str = parameter('en', 'language that is spoken (BCP 47)')
    threshold: float = parameter(0.5, 'probability above which sound counts as speech',
                                 minimum=0.05, maximum=0.95)
    start: float = parameter(0.1, 'seconds of speech before it counts as begun', minimum=0.03,
                             maximum=1.0)
    turn_taking: str = parameter('words', 'what tells that an utterance is over: silence alone, '
                                 'or the words before it too', choices=('words', 'silence'))
    end_silence: float = parameter(0.5, 'seconds of silence after which an utterance is over',
                                   minimum=0.2, maximum=5.0)
    end_silence_complete: float = parameter(
        0.3, 'the same after words that are probably the last', minimum=0.2, maximum=5.0)
    end_silence_incomplete: float = parameter(
        1.2, 'the same after words that need others, as "and" does', minimum=0.2, maximum=10.0)
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
        """Load the recognizer and the voice activity detector, unless sound is to come first."""
        self._speech = self.publisher(LiveSpeech, 'speech', qos.SPEECH)
        self._is_speaking = self.publisher(Bool, 'is_speaking', qos.SPEAKING)
        self._health = HealthRegistry()
        self._loaded = threading.Event()
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
        self._turns = (TurnPredictor(table.locale, _end_likelihood(table.locale))
                       if table.turn_taking == 'words' else None)
        if self._turns is not None and not self._turns.knows_language:
            self.get_logger().info(f'no words of {table.locale!r} tell when a turn ends: silence '
                                   'alone does')
        self._loaded.set()

    def start(self) -> None:
        """Start to listen."""
        table = self.parameters
        self._held: collections.deque[tuple[int, NDArray[np.float32]]] = collections.deque(
            maxlen=CHUNKS_HELD)
        self._pipeline = None
        self._loading = False
        if self._loaded.is_set():
            self._begin()
        self._told_speaking: bool | None = None
        self._tell_speaking()
        self.create_timer(STALL_CHECK_INTERVAL, self._look)
        self._guard = EchoGuard(table.mute_tail) if table.mute_while_speaking else None
        if self._guard is not None:
            self._voice_decoder = MonoDecoder()
            SoundTopic(self, 'voice/audio', VOICE_RATE, self._on_voice)
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
        self._pipeline = SpeechPipeline(
            self._activity, self._recognizer, self, settings,
            partial_every=table.partial_every, send_clauses=table.send_clauses,
            turns=self._turns)
        # Speech that has begun still becomes text.
        self.until_deactivate(self._pipeline.close)
        self._pipeline.start()

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, and how long the text of a sentence takes after its end is known."""
        if self._pipeline is None:
            return 'ok', 'loading' if self._loading else 'waiting for sound', {}
        statistics = self._pipeline.statistics
        times = list(statistics.endpoint_to_final)
        figures = {
            'utterances': statistics.utterances, 'empty': statistics.empty,
            'failed': statistics.failed, 'breaks': statistics.breaks,
            'complete': statistics.complete, 'incomplete': statistics.incomplete,
            'clipped': self._input.statistics.clipped,
            'invalid': self._input.statistics.invalid,
            'endpoint_to_final_ms_p50': float(np.median(times) * 1000) if times else 0.0,
            **self._health.figures()}
        if self._guard is not None:
            figures['muted_blocks'] = self._guard.muted
            figures['mute_tail_ms'] = self._guard.tail * 1000
            if self._guard.delay is not None:
                figures['echo_delay_ms'] = self._guard.delay * 1000
        complaint = self._health.complaint()
        level = 'warn' if statistics.failed or complaint else 'ok'
        line = 'hearing speech' if self._pipeline.speaking else 'silent'
        return level, f'{line}; {complaint}' if complaint else line, figures

    def partial(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what has been said so far."""
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, partial=text))

    def final(self, stamp: int, text: str, confidence: float) -> None:
        """Publish what was said."""
        self._speech.publish(messages.to_speech(
            self.parameters.speaker, stamp, self.parameters.locale, confidence, final=text))

    def _on_voice(self, sound: ReceivedSound) -> None:
        if self._guard is not None:
            self._guard.voice(sound.frame_id, sound.stamp,
                              self._voice_decoder.decode(sound.format, sound.data),
                              sound.format.rate)

    def _hear(self, stamp: int, samples: NDArray[np.float32]) -> None:
        if self._guard is not None:
            samples = self._guard.guard(stamp, samples, SPEECH_RATE)
        if self._pipeline is None:
            self._hold(stamp, samples)
        else:
            self._pipeline.push(stamp, samples)
            self._tell_speaking()

    def _hold(self, stamp: int, samples: NDArray[np.float32]) -> None:
        """Hold sound until the providers are loaded, which the first of it begins."""
        self._held.append((stamp, samples))
        if not self._loading:
            self._loading = True
            self.work('load', self._load_late)
        self._hear_held()

    def _hear_held(self) -> None:
        if self._held and self._loaded.is_set():
            self._begin()
            assert self._pipeline is not None
            while self._held:
                self._pipeline.push(*self._held.popleft())

    def _look(self) -> None:
        """Do what no sound may come any more to do."""
        self._hear_held()
        self._tell_speaking()

    def _load_late(self, stop: threading.Event) -> None:
        try:
            self._load()
        except UserError as error:
            # The rest of the graph, which has nothing to hear with, can still be watched.
            self.set_problem('providers', str(error))

    def _tell_speaking(self) -> None:
        """Publish whether somebody speaks, where that has changed."""
        speaking = self._pipeline is not None and self._pipeline.speaking
        if speaking != self._told_speaking:
            self._told_speaking = speaking
            self._is_speaking.publish(Bool(data=self._told_speaking))


def _end_likelihood(locale: str) -> EndLikelihood | None:
    """Return what knows where sentences end: the model that the link codes English with."""
    return SentenceEnd(load()).likelihood if speaks(('en',), locale) else None


def main() -> int:
    """Run the node."""
    return run(SttNode)


if __name__ == '__main__':
    end_process(main())
