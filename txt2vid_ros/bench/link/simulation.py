"""
Runs a link over a simulated network on a simulated clock: exact, and faster than real time.

The benchmark counts bits with it, and tests look for histories that lose or repeat something.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import random

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import (
    Instant,
    LinkEvent,
    OutgoingText,
    ReceivedData,
    ReceivedText,
)
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.roles import CALLING_PEER, LISTENING_PEER, RECEIVER, SENDER

_START = 1000.0
"""Seconds on the simulated clock at which the ends start."""
_WALL_OFFSET = 1_700_000_000.0
"""Seconds of the sender's wall clock beyond the simulated one."""
_MONO_OFFSET = 77.0
"""Seconds of the receiver's monotonic clock beyond the simulated one."""


@dataclasses.dataclass
class SimulatedNetwork:
    """What happens to datagrams on their way, in both directions. Seconds and probabilities."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.01
    jitter: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()
    """From and to, on the simulation's clock."""
    rate: float = 0.0
    """Bits a second that it carries in each direction; 0 for any."""
    queue: float = 10.0
    """Seconds that a datagram waits for those before it at most; else it is lost."""
    _free: dict[bool, float] = dataclasses.field(default_factory=dict)
    """When each direction has carried what it has taken."""

    def deliveries(self, now: float, chance: random.Random, bits: float = 0.0,
                   to_receiver: bool = True) -> list[float]:
        """Return when copies of a datagram of so many bits that is sent at `now` arrive."""
        if any(start <= now < stop for start, stop in self.outages):
            return []
        begin = max(now, self._free.get(to_receiver, now))
        if self.rate:
            if begin - now > self.queue:
                return []
            begin += bits / self.rate
            self._free[to_receiver] = begin
        copies = 2 if chance.random() < self.duplication else 1
        return [begin + self.delay + chance.random() * self.jitter for _ in range(copies)
                if chance.random() >= self.loss]


@dataclasses.dataclass(frozen=True)
class SimulatedClocks:
    """How the receiver's clock differs from the sender's."""

    ahead: float = 0.0
    drift: float = 0.0
    """Seconds a second."""


class LinkSimulation:
    """
    A sender and a receiver, the network between them, and the time.

    Where it is two-way, both are peers: the sender is the one that calls.
    """

    def __init__(self, codec: TextCodec, keys: tuple[bytes, bytes], network: SimulatedNetwork,
                 config: LinkConfig, seed: int = 0, clocks: SimulatedClocks | None = None,
                 store: ProgressStore | None = None, two_way: bool = False,
                 caller_store: ProgressStore | None = None) -> None:
        """Start both ends at 1000 s; `keys` are the sender's and the receiver's."""
        self.two_way = two_way
        self.network = network
        self.config = config
        self.chance = random.Random(seed)
        self.now = _START
        self.store = store or ProgressStore()
        self.caller_store = caller_store or ProgressStore()
        self.sent_log: list[tuple[bool, bytes]] = []
        """All datagrams that were sent, each after whether it was to the receiver."""
        self.sender_events: list[LinkEvent] = []
        self.receiver_events: list[LinkEvent] = []
        self.heard_at: list[tuple[float, ReceivedText]] = []
        """Texts that the receiver got, each after the time."""
        self.answered_at: list[tuple[float, ReceivedText]] = []
        """Texts that the caller got, likewise."""
        self._codec, self._keys = codec, keys
        self._clocks = clocks or SimulatedClocks()
        self._wire: list[tuple[float, int, bool, bytes]] = []
        self._order = itertools.count()
        self.start_sender()
        self.start_receiver()

    def start_sender(self) -> None:
        """Replace the sender with a new one that knows nothing."""
        self.sender = Peer(self.config, self._keys[0], self._codec, self.sender_time,
                           CALLING_PEER if self.two_way else SENDER, self.caller_store)

    def start_receiver(self) -> None:
        """Replace the receiver with a new one that knows what the store holds."""
        self.receiver = Peer(self.config, self._keys[1], self._codec, self.receiver_time,
                             LISTENING_PEER if self.two_way else RECEIVER, self.store)

    @property
    def sender_time(self) -> Instant:
        """Return the time on the sender's clocks."""
        return Instant(self.now, _WALL_OFFSET + self.now)

    @property
    def receiver_time(self) -> Instant:
        """Return the time on the receiver's clocks."""
        error = self._clocks.ahead + (self.now - _START) * self._clocks.drift
        return Instant(self.now + _MONO_OFFSET, _WALL_OFFSET + self.now + error)

    def say(self, text: str, speaker: str = 'ann', locale: str = 'en') -> None:
        """Submit an utterance that began 1.5 s ago."""
        utterance = OutgoingText(text, speaker, locale, self.sender_time.wall - 1.5)
        self.sender.submit(utterance, self.sender_time)
        self.settle()

    def answer(self, text: str, speaker: str = 'bob', locale: str = 'en') -> None:
        """Submit an utterance of the other peer."""
        utterance = OutgoingText(text, speaker, locale, self.receiver_time.wall - 1.5)
        self.receiver.submit(utterance, self.receiver_time)
        self.settle()

    def inject(self, datagram: bytes, to_receiver: bool = True) -> None:
        """Deliver a datagram that no end has sent."""
        if to_receiver:
            self.receiver.receive(datagram, self.receiver_time)
        else:
            self.sender.receive(datagram, self.sender_time)
        self.settle()

    def settle(self) -> None:
        """Send what is due now, and collect what happened."""
        self.sender.prepare(self.sender_time)
        self.receiver.prepare(self.receiver_time)
        while (event := self.sender.take_event()) is not None:
            self.sender_events.append(event)
            if isinstance(event, ReceivedText):
                self.answered_at.append((self.now, event))
        self.sender.confirm_delivered()
        while (event := self.receiver.take_event()) is not None:
            self.receiver_events.append(event)
            if isinstance(event, ReceivedText):
                self.heard_at.append((self.now, event))
        self.receiver.confirm_delivered()
        for to_receiver, datagrams in ((True, self.sender.poll(self.sender_time)),
                                       (False, self.receiver.poll(self.receiver_time))):
            for datagram, _ in datagrams:
                self.sent_log.append((to_receiver, datagram))
                bits = self.config.wire_bits(datagram)
                for at in self.network.deliveries(self.now, self.chance, bits, to_receiver):
                    heapq.heappush(self._wire, (at, next(self._order), to_receiver, datagram))

    def run(self, seconds: float) -> None:
        """Let time pass, event by event."""
        end = self.now + seconds
        for _ in range(2_000_000):
            self.settle()
            wakeups = [self.sender.next_wakeup(self.sender_time),
                       self.receiver.next_wakeup(self.receiver_time) - _MONO_OFFSET]
            if self._wire:
                wakeups.append(self._wire[0][0])
            self.now = min(end, max(self.now, *[min(wakeups)]))
            while self._wire and self._wire[0][0] <= self.now:
                _, _, to_receiver, datagram = heapq.heappop(self._wire)
                if to_receiver:
                    self.receiver.receive(datagram, self.receiver_time)
                else:
                    self.sender.receive(datagram, self.sender_time)
            if self.now >= end:
                self.settle()
                return
        raise RuntimeError('the simulation does not come to rest')

    @property
    def heard(self) -> list[str]:
        """Return the texts that were received, interim ones not included."""
        return [heard.text for _, heard in self.heard_at if not heard.partial]

    @property
    def answers(self) -> list[str]:
        """Return the texts that the caller received, interim ones not included."""
        return [heard.text for _, heard in self.answered_at if not heard.partial]

    @property
    def data(self) -> list[bytes]:
        """Return the messages of data that the receiver got."""
        return [e.message for e in self.receiver_events if isinstance(e, ReceivedData)]

    @property
    def text_bytes(self) -> float:
        """Return the bytes of the coded texts, which both ends count once they have arrived."""
        return (self.sender.counters.text_bytes + self.receiver.counters.text_bytes) / 2

    @property
    def wire_bits(self) -> int:
        """Return what both ends have sent since they started."""
        return self.sender.counters.wire_bits_out + self.receiver.counters.wire_bits_out
