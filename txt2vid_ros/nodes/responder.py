"""The node that answers: it says back what it hears, or what a chat service writes."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import math
import threading
from typing import Any, TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.locales import speaks
from txt2vid_ros.core.people import DEFAULT
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.monitoring.node_status import NodeParameters
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.parameters import parameter
from txt2vid_ros.ros.running import end_process, run

if TYPE_CHECKING:
    from txt2vid_ros.dialogue.dialogue import Dialogue, DialogueSettings
    from txt2vid_ros.providers.cloud.chat.service import ChatService

ECHO, CHAT = 'echo', 'chat'
INSTRUCTIONS = (
    'You are talking with somebody, and a voice reads out what you write, word by word. Answer as '
    'people speak, in one to three short sentences, unless more is asked for. Write plain text: '
    'no lists, headings, code, links or emoji. What you hear may be misheard.')
INTERRUPT_TIMEOUT = 1.0
"""Seconds to wait until the voice is silent."""
RACE = SECOND // 2
"""Nanoseconds after a question within which it may be told that it has interrupted the voice."""


@dataclasses.dataclass(frozen=True)
class Parameters(NodeParameters):
    """The parameters of the responder node."""

    provider: str = parameter(ECHO, 'who answers: echo says back what is heard, chat asks a chat '
                              'service', choices=(ECHO, CHAT))
    base_url: str = parameter('', "the chat service's address up to /chat/completions; empty for "
                              'OPENAI_BASE_URL, else OpenAI')
    model: str = parameter('', "the chat service's name of the model; empty for OPENAI_MODEL")
    instructions: str = parameter(INSTRUCTIONS, 'what the model is told before all that is said',
                                  live=True)
    turns: int = parameter(20, 'turns of both sides that the model is reminded of', minimum=1,
                           maximum=1000)
    longest: int = parameter(1500, 'characters of an answer, after which it ends with its '
                             'sentence', minimum=40, maximum=2500, live=True)
    timeout: float = parameter(20.0, 'seconds for which the chat service may write nothing',
                               minimum=0.1, maximum=600.0)
    retries: int = parameter(1, 'further attempts where it fails before its first word',
                             minimum=0, maximum=5, live=True)
    excuse: str = parameter('I am sorry, I cannot answer right now.', 'what is said where there '
                            'is no answer; empty for nothing', live=True)


class ResponderNode(ManagedNode):
    """Maps speech to the text of an answer."""

    NAME = 'responder'
    Parameters = Parameters

    def configure(self) -> None:
        """Look up the chat service."""
        table = self.parameters
        self._service: ChatService | None = None
        if table.provider == CHAT:
            # Only where it is needed: an echo should start at once and take no memory.
            from txt2vid_ros.providers.cloud.chat import service
            self._service = service.ChatService(table.base_url, table.model, table.timeout)
            self.until_cleanup(self._service.close)
        self._heard = self.publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._dialogue: Dialogue | None = None
        self._languages: tuple[str, ...] = ()
        self._echoed = 0
        self._silenced_at: float = 0
        self._asked_at = 0

    def start(self) -> None:
        """Listen, and answer."""
        if self._service is not None:
            from txt2vid_ros.dialogue import dialogue
            self._dialogue = dialogue.Dialogue(self._service.answer, self, self._settings())
            self.until_deactivate(self._dialogue.close)
            self._dialogue.start()
            self._interrupt = self.create_client(Trigger, 'tts/interrupt')
            self.create_subscription(LiveSpeech, 'voice/caption', self._on_caption, qos.CAPTION)
            self.create_subscription(Header, 'voice/interrupted', self._on_interrupted, qos.SPEECH)
            self.create_subscription(DiagnosticArray, 'voice/speakers', self._on_speakers,
                                     qos.INFO)
        self.create_subscription(LiveSpeech, 'speech', self._on_speech, qos.SPEECH,
                                 qos_overriding_options=qos.overridable())
        self.get_logger().info('answering' if self._service else 'saying back what is heard')

    def parameters_changed(self) -> None:
        """Hold the conversation from now on as it is set."""
        if self._dialogue is not None:
            self._dialogue.settings = self._settings()

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return how many answers there were, and how soon the last one began."""
        if self._dialogue is None:
            return 'ok', 'echoing', {'answers': self._echoed}
        statistics = self._dialogue.statistics
        return 'ok', 'answering', {
            'answers': statistics.answers, 'drops': statistics.failed,
            'failed': statistics.failed, 'cut': statistics.cut,
            'first_clause_ms': statistics.first_piece * 1000}

    def say(self, text: str, locale: str) -> None:
        """Have a piece of an answer spoken, in its language where the face speaks that."""
        # A text in a language that it does not speak is not said; without one, it chooses.
        known = locale if locale and speaks(self._languages, locale) else ''
        self._heard.publish(messages.to_speech(DEFAULT, self.ros_clock.now(), known, 1.0,
                                               final=text))

    def silence(self) -> None:
        """End what is being spoken of an answer to which somebody does not listen any more."""
        done = threading.Event()
        # That it is silenced may be told before the call is answered.
        self._silenced_at = math.inf
        self._interrupt.call_async(Trigger.Request()).add_done_callback(lambda _: done.set())
        # What is said next must not come before that, or it would be silenced too.
        done.wait(INTERRUPT_TIMEOUT)
        self._silenced_at = self.ros_clock.now()

    def problem(self, line: str) -> None:
        """Log why there is no answer, once, and report it in the diagnostics while it lasts."""
        self.set_problem('answers', line)

    def _settings(self) -> DialogueSettings:
        from txt2vid_ros.dialogue import dialogue
        table = self.parameters
        return dialogue.DialogueSettings(table.instructions, table.turns, table.longest,
                                         table.retries, table.excuse)

    def _on_speech(self, message: LiveSpeech) -> None:
        if not message.final.strip():
            return
        if self._dialogue is not None:
            # Who asks over the voice has interrupted it, which may be told after the question.
            self._asked_at = self.ros_clock.now()
            self._dialogue.hear(message.final, message.locale)
        else:
            # With its stamp and its speaker, whose voice and face people.yaml names.
            self._heard.publish(message)
            self._echoed += 1

    def _on_caption(self, message: LiveSpeech) -> None:
        if self._dialogue is not None:
            self._dialogue.caption(message.final or message.incremental,
                                   final=bool(message.final))

    def _on_speakers(self, message: DiagnosticArray) -> None:
        self._languages = next((languages for speaker, _, languages in
                                messages.from_speakers(message) if speaker == DEFAULT), ())

    def _on_interrupted(self, message: Header) -> None:
        # By somebody else: what this node has silenced, and what was just asked, it answers.
        if self._dialogue is not None and messages.from_time(message.stamp) > max(
                self._silenced_at, self._asked_at + RACE):
            self._dialogue.interrupt()


def main() -> int:
    """Run the node."""
    return run(ResponderNode)


if __name__ == '__main__':
    end_process(main())
