#!/usr/bin/env python3
"""
Answers what it hears with a chat service, and speaks while the answer is still being written.

    export OPENAI_API_KEY=...           # or, for a model on this machine without a key:
    export OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=llama3.2
    txt2vid live --responder examples/responder.py

--responder chat does the same with parameters and diagnostics. Copy this to bring your own: ask()
is the place for another model, for tools, or for what your robot knows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
import sys
import threading

from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger
from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.dialogue.dialogue import Dialogue, DialogueSettings
from txt2vid_ros.providers.cloud.chat.service import ChatService

INSTRUCTIONS = 'You are a friendly face on a screen. Answer in one or two short spoken sentences.'


class Responder(Node):
    """Maps `speech` to `text`; txt2vid_ros.dialogue cuts, remembers and ends the answers."""

    def __init__(self) -> None:
        """Listen. Raises UserError where no service is named."""
        super().__init__('responder')
        self.service = ChatService()
        self.text = self.create_publisher(String, 'text', 10)
        self.interrupt = self.create_client(Trigger, 'tts/interrupt')
        self.dialogue = Dialogue(self.ask, self, DialogueSettings(INSTRUCTIONS))
        self.create_subscription(LiveSpeech, 'speech', self.on_speech, 50)
        self.create_subscription(LiveSpeech, 'voice/caption', self.on_caption, 50)
        self.dialogue.start()

    def ask(self, messages: Sequence[Mapping[str, str]], cancelled: Callable[[], bool]
            ) -> Iterator[str]:
        """Yield the words that answer `messages`, as they come."""
        return self.service.answer(messages, cancelled)

    def on_speech(self, message: LiveSpeech) -> None:
        """Answer what was said, in place of what is still being said or written."""
        if message.final:
            self.dialogue.hear(message.final, message.locale)

    def on_caption(self, message: LiveSpeech) -> None:
        """Note how much of an answer has been heard: only that goes into the history."""
        self.dialogue.caption(message.final or message.incremental, final=bool(message.final))

    def say(self, text: str, locale: str) -> None:
        """Have a clause spoken; the face recognizes its language, as most texts show it."""
        self.text.publish(String(data=text))

    def silence(self) -> None:
        """End the speech: somebody has said something else. Called on the dialogue's thread."""
        silent = threading.Event()
        self.interrupt.call_async(Trigger.Request()).add_done_callback(lambda _: silent.set())
        silent.wait(1.0)

    def problem(self, line: str) -> None:
        """Say in the log why there is no answer; '' where there is one again."""
        if line:
            self.get_logger().error(line)


def main() -> int:
    """Run it in the namespace of the face until Ctrl-C; return the exit status."""
    rclpy.init()
    try:
        node = Responder()
        while rclpy.ok():
            # Not spin(): a signal that comes just before it waits does not wake it, ever.
            rclpy.spin_once(node, timeout_sec=1.0)
    except UserError as error:
        print(error, file=sys.stderr)
        return EXIT_USER_ERROR
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
