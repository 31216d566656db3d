"""This link over this machine's real UDP: delay and processor time, without and with a flood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import threading
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.link.conversation import Conversation
from txt2vid_ros.bench.link.flood import Flood
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY
from txt2vid_ros.link.messages import LinkEvent, OutgoingText, ReceivedText
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.runner import instant, LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

ARRIVAL_TIMEOUT = 10.0
"""Seconds."""
FLOODED_TEXTS = 30
"""Utterances sent during a flood."""
FLOODED_PAUSE = 0.1
"""Seconds between them."""


@dataclasses.dataclass
class ConnectedEnds:
    """A sender and a receiver with a session."""

    sender: LinkRunner[Sender]
    receiver: LinkRunner[Receiver]
    client: UdpClient
    port: int
    arrived: threading.Semaphore

    def say(self, text: str) -> None:
        """Submit an utterance."""
        self.sender.use(lambda end, now: end.submit(
            OutgoingText(text, 'ann', 'en', now.wall), now))


@contextlib.contextmanager
def connected_ends() -> Iterator[ConnectedEnds]:
    """Connect two ends through 127.0.0.1."""
    arrived = threading.Semaphore(0)

    def on_event(event: LinkEvent) -> None:
        if isinstance(event, ReceivedText):
            arrived.release()

    codec, config = TextCodec(), LinkConfig()
    server = UdpServer('127.0.0.1:0')
    receiver = LinkRunner(Receiver(config, NO_KEY, codec, instant()), server, on_event)
    client = UdpClient(f'127.0.0.1:{server.port}')
    sender = LinkRunner(Sender(config, NO_KEY, codec, instant()), client, lambda event: None)
    try:
        deadline = time.monotonic() + ARRIVAL_TIMEOUT
        while not sender.end.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        yield ConnectedEnds(sender, receiver, client, server.port, arrived)
    finally:
        sender.close()
        receiver.close()


def timed(conversation: Conversation, send: Callable[[str], None],
          arrived: threading.Semaphore, pause: float = 0.0) -> dict[str, float]:
    """Send each text once the one before has arrived; return delay and processor time."""
    delays = []
    busy = time.process_time()
    for text in conversation.texts:
        begun = time.perf_counter()
        send(text)
        if not arrived.acquire(timeout=ARRIVAL_TIMEOUT):
            break
        delays.append(time.perf_counter() - begun)
        time.sleep(pause)
    busy = time.process_time() - busy
    return {'first_byte_ms_p50': float(np.median(delays) * 1000),
            'first_byte_ms_p95': float(np.percentile(delays, 95) * 1000),
            'first_byte_ms_max': max(delays) * 1000,
            'timed': len(delays),
            'cpu_percent': 100 * busy / conversation.seconds}


def over_udp(conversation: Conversation) -> dict[str, Any]:
    """Send the conversation over this link."""
    with connected_ends() as ends:
        return timed(conversation, ends.say, ends.arrived)


def under_flood(conversation: Conversation, spoofed: bool) -> dict[str, Any]:
    """
    Send the beginning of the conversation alongside 10,000 garbage datagrams a second.

    `spoofed`: they come from the sender's own address, not from a stranger's.
    """
    beginning = Conversation(conversation.texts[:FLOODED_TEXTS], conversation.words_per_minute)
    with connected_ends() as ends:
        socket = ends.client.filenos()[0] if spoofed else None
        with Flood(ends.port, socket) as flood:
            figures = timed(beginning, ends.say, ends.arrived, FLOODED_PAUSE)
        figures.pop('cpu_percent')
        counters = ends.receiver.end.counters
        return {**figures, 'garbage_a_second': flood.rate, 'garbage_counted': counters.rejected,
                'sent': len(beginning.texts), 'delivered': counters.utterances,
                'text': f'the first {len(beginning.texts)} utterances'}
