"""A participant beside the graph that has it speak, interrupts it and waits for the end."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from hri_msgs.msg import LiveSpeech
from std_srvs.srv import Trigger
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.side.side_node import SideNode
from txt2vid_ros.ros.sound.speech_connection import SpeechConnection

GONE_SECONDS = 3.0
"""Seconds without a tts node after which nothing that was said is expected to be heard."""
LOOK_SECONDS = 0.25
"""Seconds between looks for one."""


class SpeechClient:
    """
    Has the graph speak, and knows when what it said has been heard.

    Use as a context manager; its methods may be called from any thread.
    """

    def __init__(self, namespace: str) -> None:
        """Join the graph under `namespace`. Raises UserError if that is not one."""
        self._side = SideNode('txt2vid_client', checked_namespace(namespace))
        self._node = self._side.node
        self._heard = self._node.create_publisher(LiveSpeech, 'heard', qos.SPEECH)
        self._interrupt = self._node.create_client(Trigger, 'tts/interrupt')
        self._began: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._said: dict[str, int] = {}
        """How many times tts had been started anew when each utterance was said."""
        self._restarts = 0
        self._changed = threading.Condition()
        self._connection = SpeechConnection(
            self._node, self._heard,
            lambda utterance, stamp: self._note(self._began, utterance, stamp),
            lambda utterance, stamp: self._note(self._ended, utterance, stamp),
            self._on_restart)
        self._side.spin()

    def __enter__(self) -> SpeechClient:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Leave the graph."""
        self.close()

    def close(self) -> None:
        """Leave the graph; may be called twice."""
        self._side.close()

    def connected(self) -> bool:
        """Return whether a tts node listens and its voice can be followed."""
        return self._connection.connected()

    def wait_connected(self, timeout: float) -> None:
        """Wait until the graph listens. Raises UserError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self.connected():
            if time.monotonic() > deadline:
                namespace = self._node.get_namespace()
                raise UserError(
                    f'no tts node listens on {namespace}/heard',
                    'Start the talking head first ("txt2vid live" or "ros2 launch"), with the '
                    'same --namespace and ROS_DOMAIN_ID.')
            time.sleep(0.02)

    def say(self, text: str, speaker: str = '', locale: str = '') -> str:
        """Publish a text; return the id of the utterance that it becomes."""
        with self._changed:
            restarts = self._restarts
        utterance = self._connection.say(text, speaker, time.time_ns(), locale)
        self._note(self._said, utterance, restarts)
        return utterance

    def interrupt(self, timeout: float = 5.0) -> str:
        """Silence the graph; return its answer. Raises UserError where none comes."""
        if not self._interrupt.wait_for_service(timeout):
            raise UserError('no tts node answers', 'Start the talking head first: txt2vid live')
        future = self._interrupt.call_async(Trigger.Request())
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        if not done.wait(timeout):
            raise UserError('the tts node does not answer', 'See its output.')
        return str(future.result().message)

    def wait_begun(self, utterance: str, timeout: float) -> int | None:
        """Wait for an utterance's first chunk; return when it is heard (nanoseconds), or None."""
        return self._wait(self._began, utterance, timeout)

    def wait_ended(self, utterance: str, timeout: float) -> bool:
        """
        Wait until an utterance has been heard to its end; return whether it has.

        That is False before the time is over where its tts node has ended, or began anew.
        """
        end = self._wait(self._ended, utterance, timeout)
        if end is None:
            return False
        time.sleep(max(0.0, (end - time.time_ns()) / SECOND))
        return True

    def _wait(self, times: dict[str, int], utterance: str, timeout: float) -> int | None:
        seen = time.monotonic()
        deadline = seen + timeout
        with self._changed:
            while utterance not in times:
                now = time.monotonic()
                if self._connection.has_voice():
                    seen = now
                forgotten = self._said.get(utterance, self._restarts) < self._restarts
                if now >= deadline or forgotten or now - seen > GONE_SECONDS:
                    break
                self._changed.wait(min(deadline - now, LOOK_SECONDS))
            return times.get(utterance)

    def _on_restart(self) -> None:
        with self._changed:
            self._restarts += 1
            self._changed.notify_all()

    def _note(self, times: dict[str, int], utterance: str, stamp: int) -> None:
        with self._changed:
            times.setdefault(utterance, stamp)
            while len(times) > 1000:
                times.pop(next(iter(times)))
            self._changed.notify_all()
