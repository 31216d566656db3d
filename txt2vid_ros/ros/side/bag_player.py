"""Publishes the messages of a bag and their time on /clock, on machines without rosbag2."""

from __future__ import annotations

import collections
from collections.abc import Callable
from pathlib import Path
import time

from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.media.bags.bag import opened
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.side.bag_topics import DISCOVERY_LEAST, stop_on_signal, TOPICS, type_name
from txt2vid_ros.ros.side.side_node import SideNode

SPOKEN = ('text', 'heard')
"""What is played to a whole graph, which generates voice and face again from it."""
VOICE = ('voice/audio', 'voice/audio_info', 'voice/mouth')
"""What is played where none of that was recorded; only the face is generated again."""
CLOCK_PERIOD = 0.005
"""Seconds from one /clock to the next."""
LEAD_IN = 2 * SECOND
"""Nanoseconds for which the clock runs before the first message: the face is there by then."""
LISTENER_TIMEOUT = 20.0
"""Seconds within which a subscriber has to appear."""
SILENCE_AT_END = 3.0
"""Seconds without any voice after which all that was played has been said."""


def play(bag: Path, namespace: str, topics: list[str], rate: float,
         ready: Callable[[], None] = lambda: print('playing; Ctrl-C ends it', flush=True)
         ) -> dict[str, int]:
    """
    Play until all has been spoken, Ctrl-C or SIGTERM; return the messages of each topic.

    Raises UserError for a topic that is not in the bag, and where nobody listens.
    """
    if not 0.01 <= rate <= 100:
        raise UserError(f'--rate {rate:g} is out of range', 'Give 0.01 to 100.')
    with opened(bag) as reader:
        chosen = _chosen(reader, topics)
        with SideNode('txt2vid_bag', checked_namespace(namespace)) as side:
            player = _Player(side.node, sorted(set(chosen.values())))
            side.spin()
            return player.run(reader, chosen, rate, ready)


def _chosen(reader: Reader, wanted: list[str]) -> dict[str, str]:
    """Return the topics of the bag that are played, each with its name in TOPICS."""
    held = {}
    for connection in reader.connections:
        for topic, (message_class, _) in TOPICS.items():
            if connection.msgcount and connection.msgtype == type_name(message_class) and \
                    connection.topic.rstrip('/').endswith('/' + topic.lstrip('/')):
                held[connection.topic] = topic
    for topic in wanted:
        if topic not in held.values():
            raise UserError(f'--topics {topic} is not in the bag',
                            f'Available: {", ".join(sorted(set(held.values()))) or "none"}.')
    for some in (wanted, SPOKEN, VOICE):
        if chosen := {name: topic for name, topic in held.items() if topic in some}:
            return chosen
    raise UserError('the bag has neither text nor voice',
                    'Record heard, or choose topics with --topics.')


class _Player:
    """Publishes /clock at any rate, and each message when its time has come."""

    def __init__(self, node: Node, topics: list[str]) -> None:
        self._stop = stop_on_signal()
        self._node = node
        self._clock = node.create_publisher(Clock, '/clock', QoSProfile(depth=1))
        self._publishers = {topic: node.create_publisher(TOPICS[topic][0], topic, TOPICS[topic][1])
                            for topic in topics}
        node.create_subscription(AudioDataStamped, 'voice/audio', self._on_voice, qos.AUDIO)
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
            # First the clock: it shows at least the time at which the message was recorded.
            self._clock.publish(Clock(clock=messages.to_time(max(now(), logged))))
            self._publishers[topic].publish(bytes(data))
            counts[self._publishers[topic].topic_name] += 1
            self._active = time.monotonic()
        # The clock goes on until the last of it has been heard.
        while not self._stop.is_set() and (now() < self._voice_until + SECOND
                                           or time.monotonic() - self._active < SILENCE_AT_END):
            self._tick(now())
        return dict(counts)

    def _wait_for_listeners(self, begin: int) -> None:
        """Wait until all listeners have been found; the clock stands still meanwhile."""
        started = time.monotonic()
        while not self._stop.is_set():
            self._tick(begin)
            waited = time.monotonic() - started
            known = [(held.get_subscription_count(), self._node.count_subscribers(name))
                     for name, held in (*self._publishers.items(), ('/clock', self._clock))]
            if waited > DISCOVERY_LEAST and all(
                    count and count >= there for count, there in known):
                return
            if waited > LISTENER_TIMEOUT:
                raise UserError(
                    f'nobody listens on {self._node.get_namespace()} and /clock',
                    'Start the graph first: txt2vid live --use-sim-time true, with the same '
                    '--namespace and ROS_DOMAIN_ID.')

    def _tick(self, now: int) -> None:
        self._clock.publish(Clock(clock=messages.to_time(now)))
        self._stop.wait(CLOCK_PERIOD)

    def _on_voice(self, message: AudioDataStamped) -> None:
        self._voice_until = max(self._voice_until, messages.from_time(message.header.stamp))
        self._active = time.monotonic()
