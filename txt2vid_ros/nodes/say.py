"""The node of the speech skills: actions in, texts for tts out, and how each was heard back."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
import dataclasses
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
from std_msgs.msg import Bool, String
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import nearest
from txt2vid_ros.media.goals.arbiter import GoalArbiter
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal, SpeechOrder
from txt2vid_ros.media.goals.speakers import KnownSpeaker, speaker_for
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run
from txt2vid_ros.ros.skills.skill_actions import SayAction, TtsAction
from txt2vid_ros.ros.skills.sound_play import SoundAction
from txt2vid_ros.ros.skills.speech_action import SpeechAction
from txt2vid_ros.ros.sound.speech_connection import SpeechConnection
from txt2vid_ros.speaking.foreign_markup import without_foreign_markup
from txt2vid_ros.speaking.language.recognition import recognized
from txt2vid_ros.speaking.normalization.front_end import normalize

LONGEST_COUNTED = 5000
"""Characters of a text whose words are counted as they are said; a longer one's as written."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the say node."""

    skill: str = parameter('skill/say', 'name of the action communication_skills/Say; empty for '
                           'none')
    tts: str = parameter('tts_engine/tts', 'name of the action tts_msgs/TTS; empty for none')
    sound_play: str = parameter('sound_play', 'name of the action of sound_play, beside which '
                                'the topic robotsound is followed; empty for neither')


ACTIONS: Mapping[str, type[SpeechAction]] = {
    'skill': SayAction, 'tts': TtsAction, 'sound_play': SoundAction}
"""The action that each parameter names."""


class SayNode(ManagedNode):
    """Maps the actions by which robots ask for speech to a GoalArbiter in front of tts."""

    NAME = 'say'
    Parameters = Parameters

    def configure(self) -> None:
        """Serve the actions whose interfaces are installed."""
        self._heard = self.publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._unwanted = self.publisher(String, 'tts/interrupt_utterance', qos.SPEECH)
        self._speakers: list[KnownSpeaker] = []
        self._arbiter: GoalArbiter | None = None
        self._outcomes: collections.Counter[Outcome] = collections.Counter()
        self._last_stamp = 0
        self._actions: list[SpeechAction] = []
        self._connection: SpeechConnection | None = None
        for name, action in ACTIONS.items():
            self._serve(getattr(self.parameters, name), action)

    def start(self) -> None:
        """Begin to take goals."""
        self._arbiter = arbiter = GoalArbiter(self.ros_clock, self)
        self.until_deactivate(self._stop_taking)
        self._connection = None
        self.create_subscription(LiveSpeech, 'voice/caption', self._on_caption, qos.CAPTION)
        self.create_subscription(
            Bool, 'voice/held', lambda message: arbiter.holding(message.data), qos.SPEAKING)
        self.create_subscription(DiagnosticArray, 'voice/speakers', self._on_speakers, qos.INFO)
        for action in self._actions:
            action.listen()
        self.work('goals', arbiter.run)
        self.get_logger().info(
            f'taking goals: {", ".join(action.name for action in self._actions)}')

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return how goals have ended."""
        busy = self._arbiter is not None and self._arbiter.busy
        return 'ok', 'saying' if busy else 'silent', {
            outcome.name.lower(): self._outcomes[outcome] for outcome in Outcome}

    def refused(self, order: SpeechOrder) -> str:
        """Return why an order would not be taken now, or ''."""
        if self._arbiter is None:
            return f'{self.get_name()} is not active'
        # What cannot be said is answered with the reason, whatever is being said.
        if isinstance(self._sayable(order)[0], Outcome):
            return ''
        return '' if self._arbiter.allows(order.priority) else (
            f'its priority, {order.priority}, is lower than that of the goal that is being said')

    def take(self, order: SpeechOrder, heard: Callable[[str, float], None],
             finished: Callable[[Outcome, str], None], *, queued: bool = False
             ) -> SpeechGoal | None:
        """Have an order spoken; return its goal, None where it has ended already."""
        def ended(outcome: Outcome, words: str = '') -> None:
            self._outcomes[outcome] += 1
            finished(outcome, words or outcome.value)

        if self._arbiter is None:
            ended(Outcome.CLOSED)
            return None
        text, speaker = self._sayable(order)
        if isinstance(text, Outcome):
            ended(text, speaker)
            return None
        goal = SpeechGoal(text, speaker, order.locale, order.priority,
                          self._characters(text, speaker, order.locale), ended, heard, queued)
        if self._connection is None:
            # Not before there is a goal: to follow the voice costs a millisecond for each chunk.
            self._connection = SpeechConnection(
                self, self._heard, self._arbiter.sound, self._arbiter.ended, self._arbiter.lost)
        self._arbiter.start(goal)
        return goal

    def cancel(self, goal: SpeechGoal) -> None:
        """Silence a goal."""
        if self._arbiter is not None:
            self._arbiter.cancel(goal)

    def knows(self, voice: str) -> bool:
        """Return whether a speaker or a voice is called that."""
        return any(voice and voice in (each.id, each.voice) for each in self._speakers)

    def ready(self) -> bool:
        """Return whether tts would speak a text now."""
        return self._connection is not None and self._connection.connected()

    def say(self, goal: SpeechGoal) -> str:
        """Give a goal's text to tts; return the id of the utterance."""
        # One goal is one utterance, also while simulated time stands still.
        self._last_stamp = max(self.ros_clock.now(), self._last_stamp + 1)
        assert self._connection is not None    # ready() has been asked
        return self._connection.say(goal.text, goal.speaker, self._last_stamp, goal.locale)

    def interrupt(self, utterance: str) -> None:
        """Have tts end an utterance."""
        self._unwanted.publish(String(data=utterance))

    def _serve(self, name: str, action: type[SpeechAction]) -> None:
        if not name:
            return
        kind = action.type_or_none()
        if kind is None:
            self.get_logger().info(
                f'{action.PACKAGES[0]} is not installed: there is no action {name}')
            return
        try:
            made = action(self, name, self, kind)
        except (ValueError, RuntimeError) as error:
            # The middleware refuses interfaces that were built for another one.
            self.get_logger().error(f'there is no action {name}: {" ".join(str(error).split())}')
            return
        self.until_cleanup(made.close)
        self._actions.append(made)

    def _stop_taking(self) -> None:
        if self._arbiter is not None:
            self._arbiter.close()
        self._arbiter = None

    def _sayable(self, order: SpeechOrder) -> tuple[str | Outcome, str]:
        """Return the text of an order and its speaker; or how it ends unsaid, and why."""
        text = without_foreign_markup(order.text)
        if not text:
            return Outcome.EMPTY, ''
        try:
            return text, speaker_for(self._speakers, order.voice, order.locale)
        except UserError as error:
            return Outcome.UNSUPPORTED, str(error)

    def _characters(self, text: str, speaker: str, locale: str) -> int:
        """Return how many characters the words of a text have as they are said."""
        languages = next((each.languages for each in self._speakers if each.id == speaker),
                         ('en',))
        language = nearest(languages, locale or recognized(text, languages[0], languages))
        said = text if len(text) > LONGEST_COUNTED else normalize(
            text, (language or languages[0],)).text
        return sum(map(len, said.split()))

    def _on_caption(self, message: LiveSpeech) -> None:
        if self._arbiter is not None:
            self._arbiter.caption(
                message.header.frame_id, messages.from_time(message.header.stamp),
                message.final or message.incremental, final=bool(message.final))

    def _on_speakers(self, message: DiagnosticArray) -> None:
        self._speakers = [KnownSpeaker(*each) for each in messages.from_speakers(message)]


def main() -> int:
    """Run the node."""
    return run(SayNode)


if __name__ == '__main__':
    end_process(main())
