"""The voice node: text in, stamped speech out ahead of its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import math
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.options import OptionTables, prefix_of
from txt2vid_ros.core.people import DEFAULT, People
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.listening.barge_in import Decision
from txt2vid_ros.providers.choice import person_options
from txt2vid_ros.providers.resilience.fallback_voice import FallbackVoice
from txt2vid_ros.providers.spoken_language import LanguageChoice
from txt2vid_ros.providers.voice_change import VoiceChange
from txt2vid_ros.providers.voice_set import option_tables, VoiceSet, VoiceSettings
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.live_loader import LiveLoader
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import Declared, parameter, put_back
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.sound.lead_request import LeadRequest
from txt2vid_ros.ros.sound.speech_publisher import TimedSpeechPublisher
from txt2vid_ros.speaking.scheduler import SpeechScheduler
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.unsaid import counted_words
from txt2vid_ros.speaking.visemes.track import mouth_track

REFUSAL_SECONDS = 30.0
"""Seconds for which the diagnostics warn of a text that found the queue full."""


OF_VOICES = ('provider', 'voice', 'speed', 'people', 'first_limit', 'gap_limit', 'whole_limit')
"""The parameters that the voices are made of, besides all options."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the tts node."""

    provider: tuple[str, ...] = parameter(
        ('hibari',), 'text-to-speech providers: the next speaks where one fails', live=True)
    voice: str = parameter('', "the (first) provider's name for the voice; empty for its own "
                           'default', live=True)
    speed: float = parameter(1.0, 'pace of the voice', minimum=0.5, maximum=2.0, live=True)
    people: str = parameter('', 'file that maps speaker ids to voices and faces', live=True)
    first_limit: float = parameter(
        0.0, 'seconds that a provider may take to its first sound; 0 for its own default',
        minimum=0.0, maximum=600.0, live=True)
    gap_limit: float = parameter(
        0.0, 'seconds for which its sound may stall within a clause; 0 for its own default',
        minimum=0.0, maximum=600.0, live=True)
    whole_limit: float = parameter(
        0.0, 'seconds that it may work on a clause; 0 for its own default', minimum=0.0,
        maximum=3600.0, live=True)
    chunk: float = parameter(0.04, 'seconds of sound in a message', minimum=0.02, maximum=0.04)
    ahead: float = parameter(1.0, 'how many seconds before it is heard sound is published at '
                             'the earliest', minimum=0.2, maximum=5.0)
    lead: float = parameter(0.15, 'seconds from having a first sample to its being heard, until '
                            'the downstream nodes have requested a lead', minimum=0.0, maximum=5.0)
    lead_max: float = parameter(0.6, 'seconds that the lead never exceeds',
                                minimum=0.0, maximum=5.0)
    queue: int = parameter(64, 'utterances that may wait', minimum=1, maximum=10000)
    max_characters: int = parameter(20000, 'longest text that is spoken; the rest is cut off',
                                    minimum=1, maximum=10_000_000, live=True)
    emoji: str = parameter('omit', 'what is said of emoji: nothing, or their names',
                           choices=('omit', 'name'))
    interrupt_on_new_text: bool = parameter(
        False, 'whether new text interrupts what is being said', live=True)
    beside_sound: bool = parameter(
        False, 'whether playout speaks on the same topics, as in a call whose peer sends text '
        'and sound by turns')
    listeners: tuple[str, ...] = parameter(
        (), 'nodes that have to listen to voice/audio before the first words are spoken')


class TtsNode(ManagedNode):
    """Maps topics to a SpeechScheduler, which publishes stamped speech."""

    NAME = 'tts'
    Parameters = Parameters
    OPTIONS_BY = ('provider', 'people')
    RATE_OF = 'utterances'

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of all voices that parameters and profiles name."""
        people = People.load(table.people)
        tables = option_tables(table.provider, people)
        for person in people:
            for line in person_options(person, tables, person.tts or table.provider)[1]:
                self.get_logger().warning(line)
        return dataclasses.replace(
            tables, texts={'options': [prefix_of(name) for name in table.provider]}, live=True)

    def configure(self) -> None:
        """Load the voices of all speakers."""
        self._voices = VoiceChange(self._load(self.declared))
        self.until_cleanup(self._voices.close)
        # Voices that are loaded later are resampled to it: the sound goes on as it is.
        self._rate = self._voices.voices.sample_rate
        self._loader = LiveLoader(self, 'the voice', OF_VOICES, self._load_others,
                                  self._use, self._drop)
        self.until_cleanup(self._loader.close)
        self._output = TimedSpeechPublisher(self, self._rate)
        self._speakers = self.publisher(DiagnosticArray, 'voice/speakers', qos.INFO)
        self._interrupted = self.publisher(Header, 'voice/interrupted', qos.SPEECH)

    def parameters_changed(self) -> None:
        """Load the voices that are set now beside those that speak."""
        self._loader.follow()

    def start(self) -> None:
        """Start to listen and speak."""
        self._lead = LeadRequest(self, self.parameters.lead, self.parameters.lead_max)
        self._languages = LanguageChoice()
        self._scheduler = SpeechScheduler(
            self._voice_for, mouth_track,
            self._output, self.ros_clock, lambda: self._lead.seconds, rate=self._rate,
            chunk=self.parameters.chunk,
            ahead=self.parameters.ahead, queue=self.parameters.queue,
            named_emoji=self.parameters.emoji == 'name', done_with=self._voices.give_back)
        self._refused, self._refused_at = 0, -math.inf
        self.until_deactivate(self._scheduler.close)
        self._speakers.publish(messages.to_speakers(self._voices.voices.speakers()))
        self._output.announce()
        self.create_subscription(String, 'text', self._on_text, qos.TEXT,
                                 qos_overriding_options=qos.overridable())
        self.create_subscription(LiveSpeech, 'heard', self._on_heard, qos.SPEECH,
                                 qos_overriding_options=qos.overridable())
        self.create_service(Trigger, 'tts/interrupt', self._on_interrupt)
        self.create_subscription(String, 'barge_in', self._on_barge_in, qos.SPEECH)
        self.create_subscription(
            String, 'tts/interrupt_utterance',
            lambda message: self._scheduler.interrupt_one(message.data), qos.SPEECH)
        self.work('first words', self._begin)
        self.work('captions', self._output.tell_heard)

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return counts, the lead and the time from text to voice."""
        self._output.check_rivals(int(self.parameters.beside_sound))
        statistics = self._scheduler.statistics
        health = self._voices.voices.health
        figures = {
            'lead_ms': self._lead.seconds * 1000,
            **statistics.text_to_voice.figures('text_to_voice_ms'),
            'queue_depth': self._scheduler.waiting,
            'drops': statistics.refused + statistics.failed,
            'unspoken_languages': self._languages.refused,
            **{name: getattr(statistics, name) for name in
               ('utterances', 'refused', 'unspeakable', 'unsaid_words', 'interrupted', 'held',
                'resumed', 'failed')},
            **health.figures()}
        complaint = health.complaint()
        if statistics.last_unsaid:
            complaint = '; '.join(filter(None, (
                complaint, f'of the last text, {statistics.last_unsaid} could not be said')))
        complaint = '; '.join(filter(None, (complaint, self._languages.complaint)))
        if statistics.refused > self._refused:
            self._refused, self._refused_at = statistics.refused, time.monotonic()
        refusing = time.monotonic() - self._refused_at < REFUSAL_SECONDS
        level = 'warn' if statistics.last_failed or refusing or complaint else 'ok'
        line = 'speaking' if self._scheduler.busy else 'silent'
        return level, f'{line}; {complaint}' if complaint else line, figures

    def _begin(self, stop: threading.Event) -> None:
        # Text is accepted and queued meanwhile.
        if self._output.wait_for_listeners(self.parameters.listeners, stop):
            self._scheduler.start()
            self.get_logger().info('ready to speak')

    def _on_text(self, message: String) -> None:
        now = self.ros_clock.now()
        self._say(message.data, DEFAULT, '', now, now)

    def _on_heard(self, message: LiveSpeech) -> None:
        if message.final:
            now = self.ros_clock.now()
            stamp = messages.from_time(message.header.stamp) or now
            self._say(message.final, message.header.frame_id, message.locale, stamp, now)

    def _say(self, text: str, speaker: str, locale: str, stamp: int, now: int) -> None:
        longest = self.parameters.max_characters
        if len(text) > longest:
            self.get_logger().warning(
                f'a text of {len(text)} characters is cut to tts.max_characters = {longest}; '
                'raise it, or send the text in parts')
            text = text[:longest].rpartition(' ')[0] or text[:longest]
        name = self._output.new_id(speaker, stamp)
        language = self._languages.choose(self._voices.voices, speaker, text, locale)
        if language is None:
            self._output.left_out(name, counted_words(text, locale))
            self._output.ended(name, now)
            return
        if self.parameters.interrupt_on_new_text:
            self._scheduler.interrupt()
        self._output.trace.mark(name, 'queued' if self._scheduler.busy else 'text', now,
                                text)
        utterance = SpeechRequest(name, text, speaker or DEFAULT, now, locale=language)
        if not self._scheduler.say(utterance):
            self.get_logger().error(
                f'tts.queue = {self.parameters.queue} utterances wait already; a text of '
                f'{len(text)} characters is not spoken. Send slower, or call tts/interrupt',
                throttle_duration_sec=5.0)
            self._output.ended(utterance.id, now)

    def _voice_for(self, text: SpeechRequest) -> FallbackVoice:
        try:
            return self._voices.take(text.speaker, text.locale)
        except UserError:
            self._output.left_out(text.id, counted_words(text.text, text.locale))
            raise

    def _on_barge_in(self, message: String) -> None:
        """Do what somebody who speaks over the voice is owed; see docs/barge-in.md."""
        acts: dict[str, Callable[[], object]] = {
            Decision.HOLD.value: self._scheduler.hold,
            Decision.RESUME.value: self._scheduler.resume,
            Decision.DROP.value: self._drop_speech}
        act = acts.get(message.data)
        if act is not None:
            act()
            return
        self.get_logger().warning(
            f'barge_in: {message.data[:20]!r} is none of {", ".join(acts)}; it is ignored',
            throttle_duration_sec=10.0)

    def _on_interrupt(self, request: Trigger.Request, response: Trigger.Response
                      ) -> Trigger.Response:
        ended = self._scheduler.interrupt()
        self._tell_interrupted()
        response.success = True
        response.message = f'{ended} utterance{"" if ended == 1 else "s"} ended'
        return response

    def _drop_speech(self) -> None:
        if self._scheduler.drop():
            self._tell_interrupted()

    def _tell_interrupted(self) -> None:
        """Tell those who still think about what to say."""
        self._interrupted.publish(Header(stamp=messages.to_time(self.ros_clock.now())))

    def _load(self, declared: Declared[Any]) -> VoiceSet:
        return VoiceSet(_settings(declared))

    def _load_others(self, declared: Declared[Any]) -> VoiceSet:
        settings, before = _settings(declared), self._voices.voices
        try:
            return VoiceSet(settings, before)
        except UserError:
            if not settings.keeps_voice_of_another_provider(before.settings):
                raise
            return VoiceSet(dataclasses.replace(settings, voice=''), before)

    def _use(self, voices: VoiceSet) -> None:
        self._voices.use(voices)
        self._speakers.publish(messages.to_speakers(voices.speakers()))
        if self.parameters.voice and not voices.settings.voice and self.executor is not None:
            # Where all other changes are made.
            self.executor.create_task(self._forget_voice, voices.settings)

    def _forget_voice(self, used: VoiceSettings) -> None:
        """Let the parameter show that the new provider speaks with its default voice."""
        name = self.parameters.voice
        if name and _settings(self.declared) == dataclasses.replace(used, voice=name):
            self.report_refusal(f'{used.provider[0]} has no voice {name!r} and speaks with its '
                                'default one; set tts.voice to choose another')
            put_back(self, 'voice', self.declared.specs['voice'], '')

    def _drop(self, voices: VoiceSet) -> None:
        voices.release(self._voices.voices)


def _settings(declared: Declared[Any]) -> VoiceSettings:
    table = declared.table
    return VoiceSettings(
        table.provider, table.voice, table.speed, table.people,
        TimeLimits(table.first_limit, table.gap_limit, table.whole_limit, 0.0),
        dict(declared.options))


def main() -> int:
    """Run the node."""
    return run(TtsNode)


if __name__ == '__main__':
    end_process(main())
