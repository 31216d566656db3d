"""Writes topics into a bag, on machines without rosbag2."""

from __future__ import annotations

import collections
from collections.abc import Callable
from pathlib import Path
import queue
import time
from typing import Any, Final

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.media.bags.bag import typestore
from txt2vid_ros.ros.side.bag_topics import DISCOVERY_LEAST, stop_on_signal, TOPICS, type_name
from txt2vid_ros.ros.side.side_node import SideNode

METADATA_VERSION: Final = 9
"""The version of the bag's metadata that Jazzy writes."""
QUEUE_DEPTH = 500
"""Messages that may wait to be written; more are dropped, and counted."""
DISCOVERY_MOST = 8.0
"""Seconds after which recording counts as begun, whatever has been found by then."""
USUAL = tuple(topic for topic in TOPICS if topic != 'face/image_raw')
"""What is recorded where no topics are named; raw pictures take 23 MB a second."""
_PLUGINS = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}


def record(bag: Path, namespace: str, topics: list[str], storage: str, seconds: float,
           ready: Callable[[], None] = lambda: print('recording; Ctrl-C ends it', flush=True)
           ) -> dict[str, int]:
    """
    Record until Ctrl-C, SIGTERM or the end of `seconds`; return the messages of each topic.

    Raises UserError for an unknown topic, and for a folder that exists.
    """
    for topic in topics:
        if topic not in TOPICS:
            raise UserError(f'--topics {topic} is unknown', f'Available: {", ".join(TOPICS)}.')
    try:
        writer = Writer(bag, version=METADATA_VERSION, storage_plugin=_PLUGINS[storage])
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
    """Subscriptions that pass serialized messages to the thread that writes."""

    def __init__(self, writer: Writer, namespace: str) -> None:
        self._writer = writer
        self._namespace = namespace
        self._queue: queue.Queue[tuple[Any, str, int, bytes]] = queue.Queue(QUEUE_DEPTH)
        self._counts: collections.Counter[str] = collections.Counter()
        self._dropped = 0
        self._stop = stop_on_signal()
        self._subscriptions: dict[str, Any] = {}
        self._latched: set[str] = set()
        self._arrived: set[str] = set()

    def run(self, topics: list[str], seconds: float, ready: Callable[[], None]
            ) -> dict[str, int]:
        with SideNode('txt2vid_bag', self._namespace) as side:
            self._subscribe(side.node, topics)
            side.spin()
            # Written on this thread, which has opened the bag: SQLite requires it.
            self._write(side.node, seconds, ready)
        if self._dropped:
            print(f'{self._dropped} messages were not recorded: the disk is too slow')
        return dict(self._counts)

    def _subscribe(self, node: Node, topics: list[str]) -> None:
        store = typestore()
        # In the order of the table: a node's latched message arrives once the node knows of the
        # earlier subscriptions, so from then on nothing on its other topics is lost.
        for topic in sorted(topics, key=list(TOPICS).index):
            message_class, profile = TOPICS[topic]
            name = topic if topic.startswith('/') else f'{self._namespace}/{topic}'
            connection = self._writer.add_connection(
                name, type_name(message_class), typestore=store)
            # What has a state tells it at once; `trace` may have nothing to tell yet.
            if profile.durability == DurabilityPolicy.TRANSIENT_LOCAL and profile.depth == 1:
                self._latched.add(name)
            self._subscriptions[name] = node.create_subscription(
                message_class, name, self._callback(connection, name), profile, raw=True)

    def _callback(self, connection: Any, name: str) -> Callable[[bytes], None]:
        def put(data: bytes) -> None:
            self._arrived.add(name)
            try:
                self._queue.put_nowait((connection, name, time.time_ns(), data))
            except queue.Full:
                self._dropped += 1
        return put

    def _discovered(self, node: Node, waited: float) -> bool:
        """Return whether what is published arrives, `waited` seconds after subscribing."""
        return waited > DISCOVERY_MOST or (waited > DISCOVERY_LEAST and all(
            held.get_publisher_count() >= node.count_publishers(name)
            and (name not in self._latched or name in self._arrived
                 or not node.count_publishers(name))
            for name, held in self._subscriptions.items()))

    def _write(self, node: Node, seconds: float, ready: Callable[[], None]) -> None:
        """Write what arrives until stopped, or for `seconds` once discovery is over."""
        begun = time.monotonic()
        discovered, end = False, float('inf')
        while not self._stop.is_set() or not self._queue.empty():
            now = time.monotonic()
            if not discovered and self._discovered(node, now - begun):
                discovered = True
                end = now + seconds if seconds > 0 else end
                ready()
            if now > end:
                self._stop.set()
            try:
                connection, name, stamp, data = self._queue.get(timeout=0.05)
            except queue.Empty:
                continue
            self._writer.write(connection, stamp, bytes(data))
            self._counts[name] += 1
