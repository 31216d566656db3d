"""Writes topics into a bag, on machines without rosbag2."""

from __future__ import annotations

import collections
from collections.abc import Callable
import contextlib
from pathlib import Path
import queue
import signal
import threading
import time
from typing import Any, Final

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from hri_msgs.msg import LiveSpeech
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.media.bag import typestore
from txt2vid_ros.ros import qos
from txt2vid_ros.ros.destruction import destroy

VERSION: Final = 9
"""Of the bag's metadata: what Jazzy writes."""
WAITING = 500
"""Messages that may wait to be written before more are dropped, and counted."""
DISCOVERY = (3.5, 8.0)
"""Seconds that finding the publishers takes at the least, and may take at the most: a participant
of Fast DDS whose first announcements were lost announces itself again after 3 s."""
# What can be recorded, and with what QoS it is listened to.
TOPICS: dict[str, tuple[Any, QoSProfile]] = {
    'text': (String, qos.TEXT),
    'speech': (LiveSpeech, qos.SPEECH),
    'heard': (LiveSpeech, qos.SPEECH),
    'mic/audio': (AudioDataStamped, qos.CAPTURED),
    'mic/audio_info': (AudioInfo, qos.INFO),
    'voice/audio': (AudioDataStamped, qos.CAPTURED),
    'voice/audio_info': (AudioInfo, qos.INFO),
    'voice/mouth': (JointTrajectory, qos.MOUTH),
    'face/image_raw/compressed': (CompressedImage, qos.IMAGE),
    'face/image_raw': (Image, qos.IMAGE),
    '/diagnostics': (DiagnosticArray, qos.SPEECH),
}
USUAL = tuple(topic for topic in TOPICS if topic != 'face/image_raw')
"""What is worth its place: raw pictures take 23 MB a second."""
_PLUGINS = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}


def record(bag: Path, namespace: str, topics: list[str], storage: str, seconds: float,
           ready: Callable[[], None] = lambda: print('recording; Ctrl-C ends it', flush=True)
           ) -> dict[str, int]:
    """Record until Ctrl-C, SIGTERM or the end of `seconds`; return the messages of each topic.

    Raises UserError for a topic that is not known and a folder that exists.
    """
    for topic in topics:
        if topic not in TOPICS:
            raise UserError(f'--topics {topic} is not known', f'There is {", ".join(TOPICS)}.')
    try:
        writer = Writer(bag, version=VERSION, storage_plugin=_PLUGINS[storage])
        writer.open()
    except (WriterError, OSError) as error:
        raise UserError(f'{bag} cannot be written: {error}', 'Name a folder that does not exist.'
                        ) from error
    try:
        return _Recording(writer, checked_namespace(namespace)).run(
            topics or list(USUAL), seconds, ready)
    finally:
        writer.close()


class _Recording:
    """Subscriptions whose messages go, as they came, to the thread that writes."""

    def __init__(self, writer: Writer, namespace: str) -> None:
        self._writer = writer
        self._namespace = namespace
        self._queue: queue.Queue[tuple[Any, str, int, bytes]] = queue.Queue(WAITING)
        self._counts: collections.Counter[str] = collections.Counter()
        self._dropped = 0
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._subscriptions: dict[str, Any] = {}
        self._latched: set[str] = set()
        self._arrived: set[str] = set()

    def run(self, topics: list[str], seconds: float, ready: Callable[[], None]
            ) -> dict[str, int]:
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                # Not in the main thread: whoever runs us there ends it by `seconds`.
                signal.signal(number, lambda *_: self._stop.set())
        context = rclpy.Context()
        rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
        node = rclpy.create_node(f'txt2vid_bag_{time.time_ns()}', context=context,
                                 namespace=self._namespace)
        store = typestore()
        # In the order of the table: what a node latches arrives once it knows the subscriptions
        # that were made before, so it tells that nothing of its other topics is lost any more.
        for topic in sorted(topics, key=list(TOPICS).index):
            kind, profile = TOPICS[topic]
            name = topic if topic.startswith('/') else f'{self._namespace}/{topic}'
            connection = self._writer.add_connection(
                name, type_name(kind), typestore=store)
            if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                self._latched.add(name)
            self._subscriptions[name] = node.create_subscription(
                kind, name, self._taker(connection, name), profile, raw=True)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        spinning = threading.Thread(target=self._spin, args=(node, executor, ready), name='spin')
        spinning.start()
        # Written on this thread, which has opened the bag: SQLite insists on it.
        self._write(seconds)
        self._stop.set()
        spinning.join()
        executor.shutdown()
        destroy(node)
        context.try_shutdown()
        if self._dropped:
            print(f'{self._dropped} messages were not recorded: the disk is too slow')
        return dict(self._counts)

    def _settle(self, node: Any, executor: SingleThreadedExecutor) -> None:
        """Wait until what is published arrives: discovery takes its time."""
        begun = time.monotonic()
        while not self._stop.is_set() and time.monotonic() - begun < DISCOVERY[1]:
            executor.spin_once(timeout_sec=0.05)
            if time.monotonic() - begun > DISCOVERY[0] and all(
                    held.get_publisher_count() >= node.count_publishers(name)
                    and (name not in self._latched or name in self._arrived
                         or not node.count_publishers(name))
                    for name, held in self._subscriptions.items()):
                return

    def _taker(self, connection: Any, name: str) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            self._arrived.add(name)
            try:
                self._queue.put_nowait((connection, name, time.time_ns(), data))
            except queue.Full:
                self._dropped += 1
        return take

    def _spin(self, node: Any, executor: SingleThreadedExecutor, ready: Callable[[], None]
              ) -> None:
        self._settle(node, executor)
        ready()
        self._ready.set()
        while not self._stop.is_set():
            executor.spin_once(timeout_sec=0.1)

    def _write(self, seconds: float) -> None:
        """Write what comes until stopped, or for `seconds` from when we were ready."""
        end = None
        while not self._stop.is_set() or not self._queue.empty():
            if end is None and seconds > 0 and self._ready.is_set():
                end = time.monotonic() + seconds
            if end is not None and time.monotonic() > end:
                self._stop.set()
            try:
                connection, name, stamp, data = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            self._writer.write(connection, stamp, bytes(data))
            self._counts[name] += 1


def type_name(kind: Any) -> str:
    """Return a message class's name as bags have it."""
    package, _, _ = kind.__module__.partition('.')
    return f'{package}/msg/{kind.__name__}'
