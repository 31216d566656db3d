"""The ROS participant of a test: publishes, records topics, calls services."""

from __future__ import annotations

from collections.abc import Callable
import re
import threading
import time
from types import TracebackType
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticStatus
from graph_harness import eventually, TalkingHead, TIMEOUT
from hri_msgs.msg import LiveSpeech
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python
from std_msgs.msg import String
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.side.side_node import SideNode


def numbers(status: DiagnosticStatus) -> dict[str, float]:
    """Return what a node's diagnostics tell in numbers; its state, for one, is a word."""
    return {pair.key: float(pair.value) for pair in status.values
            if re.fullmatch(r'-?[0-9.]+(e[-+]?[0-9]+)?', pair.value)}


class Recording:
    """The messages of a topic as they arrive."""

    def __init__(self, keep: Callable[[Any], Any] = lambda message: message) -> None:
        """Keep of each message what `keep` returns: pictures are large."""
        self._keep = keep
        self.messages: list[Any] = []
        self.sent: list[int] = []
        """When each was published, nanoseconds."""
        self._changed = threading.Condition()

    def add(self, message: Any, info: dict[str, Any]) -> None:
        with self._changed:
            self.sent.append(info['source_timestamp'])
            self.messages.append(self._keep(message))
            self._changed.notify_all()

    def wait(self, good: Callable[[Any], bool] = lambda message: True, after: int = 0,
             timeout: float = TIMEOUT) -> Any:
        """Wait for a `good` message, the first one from number `after` on; return it."""
        deadline = time.monotonic() + timeout
        at = after
        with self._changed:
            while True:
                while at < len(self.messages):
                    if good(self.messages[at]):
                        return self.messages[at]
                    at += 1
                left = deadline - time.monotonic()
                assert left > 0, f'no such message among {len(self.messages)}'
                self._changed.wait(left)

    def of(self, utterance: str) -> list[Any]:
        """Return the messages that carry an utterance's id."""
        return [each for each in self.messages if each.header.frame_id == utterance]


class Observer:
    """A node in the namespace of a talking head; use as a context manager."""

    def __init__(self, head: TalkingHead, namespace: str | None = None) -> None:
        self._side = SideNode('observer', namespace or head.namespace, head.domain)
        self.node = self._side.node
        self._publishers: dict[str, Any] = {}
        self._clients: dict[str, Any] = {}
        self._side.spin()

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._side.close()

    def record(self, kind: Any, topic: str, profile: Any = None,
               keep: Callable[[Any], Any] = lambda message: message) -> Recording:
        """Subscribe and wait for a publisher; that of the voice is matched with us by then."""
        recording = Recording(keep)
        self.node.create_subscription(kind, topic, recording.add, profile or qos.AUDIO)
        eventually(lambda: self.node.count_publishers(topic), f'a publisher of {topic}')
        if topic == 'voice/audio':
            # Latched: it arrives once tts is matched with the subscriptions that were made before.
            self.record(AudioInfo, 'voice/audio_info', qos.INFO).wait()
        return recording

    def publisher(self, kind: Any, topic: str, profile: Any = None, readers: int = 1) -> Any:
        """Return a publisher with at least `readers` subscriptions matched."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(
                kind, topic, profile or qos.SPEECH)
        held = self._publishers[topic]
        eventually(lambda: held.get_subscription_count() >= readers, f'a subscriber of {topic}')
        return held

    def text(self, text: str) -> None:
        """Publish on `text`, as people do with `ros2 topic pub`."""
        self.publisher(String, 'text', qos.TEXT).publish(String(data=text))

    def heard(self, text: str, speaker: str, stamp: int = 0) -> None:
        """Publish a final LiveSpeech."""
        message = LiveSpeech(final=text, confidence=1.0)
        message.header.frame_id = speaker
        message.header.stamp = messages.to_time(stamp)
        self.publisher(LiveSpeech, 'heard').publish(message)

    def call(self, kind: Any, service: str, request: Any) -> Any:
        """Call a service and return its answer."""
        # One client for all calls: the answer to one that the service has not matched yet is lost.
        if service not in self._clients:
            self._clients[service] = self.node.create_client(kind, service)
        client = self._clients[service]
        assert client.wait_for_service(TIMEOUT), service
        future = client.call_async(request)
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT), f'no answer of {service}'
        return future.result()

    def set_parameter(self, node: str, name: str, value: Any) -> tuple[bool, str]:
        """Set a parameter at run time; return whether it was accepted, and why not."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        result = self.call(SetParameters, f'{node}/set_parameters',
                           SetParameters.Request(parameters=[parameter])).results[0]
        return result.successful, result.reason

    def get_parameter(self, node: str, name: str) -> Any:
        """Return the value of a parameter."""
        value = self.call(GetParameters, f'{node}/get_parameters',
                          GetParameters.Request(names=[name])).values[0]
        return parameter_value_to_python(value)

    def describe(self, node: str, name: str) -> Any:
        """Return the descriptor of a parameter."""
        return self.call(DescribeParameters, f'{node}/describe_parameters',
                         DescribeParameters.Request(names=[name])).descriptors[0]


def end_of(recording: Recording, after: int = 0, utterance: str = '') -> AudioDataStamped:
    """
    Wait for an end of an utterance on a recording of voice/audio.

    Of `utterance`, or the first one from message number `after` on.
    """
    return recording.wait(lambda message: len(message.audio.data) == 0
                          and utterance in ('', message.header.frame_id), after)
