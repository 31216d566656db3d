"""This link over this machine's real UDP: delay and processor, quiet and under a flood."""

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
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY
from txt2vid_ros.link.messages import Event, Heard, Utterance
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.runner import instant, LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport.udp import UdpCaller, UdpListener

PATIENCE = 10.0
FLOODED_TEXTS = 30
FLOODED_PAUSE = 0.1


@dataclasses.dataclass
class Pair:
    """Both ends, connected."""

    near: LinkRunner[Sender]
    far: LinkRunner[Receiver]
    caller: UdpCaller
    port: int
    arrived: threading.Semaphore

    def say(self, text: str) -> None:
        """Submit an utterance."""
        self.near.use(lambda end, now: end.submit(Utterance(text, 'ann', 'en', now.wall), now))


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Connect two ends through 127.0.0.1."""
    arrived = threading.Semaphore(0)

    def on_event(event: Event) -> None:
        if isinstance(event, Heard):
            arrived.release()

    codec, config = TextCodec(load()), LinkConfig()
    listener = UdpListener('127.0.0.1:0')
    far = LinkRunner(Receiver(config, NO_KEY, codec, instant()), listener, on_event)
    caller = UdpCaller(f'127.0.0.1:{listener.port}')
    near = LinkRunner(Sender(config, NO_KEY, codec, instant()), caller, lambda event: None)
    try:
        deadline = time.monotonic() + PATIENCE
        while not near.end.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        yield Pair(near, far, caller, listener.port, arrived)
    finally:
        near.close()
        far.close()


def timed(talk: Conversation, send: Callable[[str], None],
          arrived: threading.Semaphore, pause: float = 0.0) -> dict[str, float]:
    """Send each text once the one before has arrived; return delay and processor time."""
    delays = []
    busy = time.process_time()
    for text in talk.texts:
        begun = time.perf_counter()
        send(text)
        if not arrived.acquire(timeout=PATIENCE):
            break
        delays.append(time.perf_counter() - begun)
        time.sleep(pause)
    busy = time.process_time() - busy
    return {'first_byte_ms_p50': float(np.median(delays) * 1000),
            'first_byte_ms_p95': float(np.percentile(delays, 95) * 1000),
            'first_byte_ms_max': max(delays) * 1000,
            'timed': len(delays),
            'cpu_percent': 100 * busy / talk.seconds}


def over_udp(talk: Conversation) -> dict[str, Any]:
    """Send the conversation over this link."""
    with pair() as ends:
        return timed(talk, ends.say, ends.arrived)


def under_flood(talk: Conversation, spoofed: bool) -> dict[str, Any]:
    """Send the beginning of the conversation beside 10,000 garbage datagrams a second.

    `spoofed`: they come from the sender's own address, and not from a stranger's.
    """
    beginning = Conversation(talk.texts[:FLOODED_TEXTS], talk.words_per_minute)
    with pair() as ends:
        socket = ends.caller.filenos()[0] if spoofed else None
        with Flood(ends.port, socket) as flood:
            figures = timed(beginning, ends.say, ends.arrived, FLOODED_PAUSE)
        figures.pop('cpu_percent')
        counters = ends.far.end.counters
        return {**figures, 'garbage_a_second': flood.rate, 'garbage_counted': counters.rejected,
                'sent': len(beginning.texts), 'delivered': counters.utterances,
                'text': f'the first {len(beginning.texts)} utterances'}
