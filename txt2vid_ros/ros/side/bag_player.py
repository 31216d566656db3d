"""Publishes what is in a bag, and the time it was recorded at, on machines without rosbag2."""

from __future__ import annotations

import collections
from collections.abc import Callable
import contextlib
from pathlib import Path
import signal
import threading
import time

from audio_common_msgs.msg import AudioDataStamped
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.media.bag import opened
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.destruction import destroy
from txt2vid_ros.ros.side.bag_recorder import DISCOVERY, TOPICS, type_name

SPOKEN = ('text', 'heard')
"""What a whole graph is played: it makes voice and face of it anew."""
VOICE = ('voice/audio', 'voice/audio_info', 'voice/mouth')
"""What is played where nothing of that was recorded: the face is made anew."""
TICK = 0.005
"""Seconds from one /clock to the next."""
LEAD_IN = 2 * SECOND
"""Nanoseconds for which the clock runs before the first message: the face is there by then."""
PATIENCE = 20.0
"""Seconds within which somebody has to listen."""
QUIET = 3.0
"""Seconds without any voice after which what was played has been said."""


def play(bag: Path, namespace: str, topics: list[str], rate: float,
         ready: Callable[[], None] = lambda: print('playing; Ctrl-C ends it', flush=True)
         ) -> dict[str, int]:
    """Play until all has been said, Ctrl-C or SIGTERM; return the messages of each topic.

    Raises UserError for a topic that is not in the bag, and where nobody listens.
    """
    if not 0.01 <= rate <= 100:
        raise UserError(f'--rate {rate:g} cannot be', 'Say 0.01 to 100.')
    with opened(bag) as reader:
        chosen = _chosen(reader, topics)
        player = _Player(checked_namespace(namespace), sorted(set(chosen.values())))
        try:
            return player.run(reader, chosen, rate, ready)
        finally:
            player.close()


def _chosen(reader: Reader, wanted: list[str]) -> dict[str, str]:
    """Return the topics of the bag that are played, and what they are called in TOPICS."""
    held = {}
    for connection in reader.connections:
        for topic, (kind, _) in TOPICS.items():
            if connection.msgcount and connection.msgtype == type_name(kind) and \
                    connection.topic.rstrip('/').endswith('/' + topic.lstrip('/')):
                held[connection.topic] = topic
    for topic in wanted:
        if topic not in held.values():
            raise UserError(f'--topics {topic} is not in the bag',
                            f'There is {", ".join(sorted(set(held.values()))) or "nothing"}.')
    for some in (wanted, SPOKEN, VOICE):
        if chosen := {name: topic for name, topic in held.items() if topic in some}:
            return chosen
    raise UserError('the bag has neither text nor voice',
                    'Record heard, or name what is to be played: --topics.')


class _Player:
    """A node that publishes /clock at any pace, and each message when its time has come."""

    def __init__(self, namespace: str, topics: list[str]) -> None:
        self._stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                # Not in the main thread: whoever runs us there waits for the end.
                signal.signal(number, lambda *_: self._stop.set())
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(f'txt2vid_bag_{time.time_ns()}', context=self._context,
                                       namespace=namespace)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._clock = self._node.create_publisher(Clock, '/clock', QoSProfile(depth=1))
        self._publishers = {
            topic: self._node.create_publisher(TOPICS[topic][0], topic, TOPICS[topic][1])
            for topic in topics}
        self._node.create_subscription(AudioDataStamped, 'voice/audio', self._on_voice, qos.AUDIO)
        self._voice_until = 0
        self._active = 0.0

    def run(self, reader: Reader, chosen: dict[str, str], rate: float,
            ready: Callable[[], None]) -> dict[str, int]:
        counts: collections.Counter[str] = collections.Counter()
        begin = reader.start_time - LEAD_IN
        self._wait_for_listeners(begin)
        ready()
        started = time.monotonic()

        def now() -> int:
            return begin + int((time.monotonic() - started) * rate * SECOND)

        connections = [each for each in reader.connections if each.topic in chosen]
        for connection, logged, data in reader.messages(connections=connections):
            while now() < logged and not self._stop.is_set():
                self._tick(now())
            if self._stop.is_set():
                return dict(counts)
            topic = chosen[connection.topic]
            # With the time that it was recorded at, whenever the clock last told.
            self._clock.publish(Clock(clock=messages.to_time(max(now(), logged))))
            self._publishers[topic].publish(bytes(data))
            counts[self._publishers[topic].topic_name] += 1
            self._active = time.monotonic()
        # The clock goes on until the last of it has been heard.
        while not self._stop.is_set() and (
                now() < self._voice_until + SECOND or time.monotonic() - self._active < QUIET):
            self._tick(now())
        return dict(counts)

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        destroy(self._node)
        self._context.try_shutdown()

    def _wait_for_listeners(self, begin: int) -> None:
        """Wait until all that there are have been found; the clock stands still meanwhile."""
        started = time.monotonic()
        while not self._stop.is_set():
            self._tick(begin)
            waited = time.monotonic() - started
            known = [(held.get_subscription_count(), self._node.count_subscribers(name))
                     for name, held in (*self._publishers.items(), ('/clock', self._clock))]
            if waited > DISCOVERY[0] and all(
                    count and count >= there for count, there in known):
                return
            if waited > PATIENCE:
                raise UserError(
                    f'nobody listens on {self._node.get_namespace()} and /clock',
                    'Start the graph first: txt2vid live --use-sim-time true, with the same '
                    '--namespace and ROS_DOMAIN_ID.')

    def _tick(self, now: int) -> None:
        self._clock.publish(Clock(clock=messages.to_time(now)))
        until = time.monotonic() + TICK
        while (left := until - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def _on_voice(self, message: AudioDataStamped) -> None:
        self._voice_until = max(self._voice_until, messages.from_time(message.header.stamp))
        self._active = time.monotonic()
