"""What the fuzz tests and the long fuzz runs share: hostile datagrams, and what must hold."""

from __future__ import annotations

import random

from link_simulation import SimulatedNetwork, Simulation
from txt2vid_ros.link.protocol.audio import AudioBody
from txt2vid_ros.link.protocol.control import Ack, Control, Hello, Welcome
from txt2vid_ros.link.protocol.repair import without_repairs
from txt2vid_ros.link.protocol.speech import unpack_batch, unpack_single
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, FrameType
from txt2vid_ros.link.transport.framing import (
    cobs_decode,
    cobs_encode,
    CobsDeframer,
    LengthDeframer,
)

SENTENCES = ['Good morning.', 'Did you sleep well?', 'The kettle is on.']


class Target:
    """A link in use, at which datagrams can be thrown; it must go on as if nothing were."""

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.simulation = Simulation(SimulatedNetwork(delay=0.01), seed=seed)
        self.count = 0
        for text in SENTENCES:
            self.simulation.say(text)
            self.simulation.run(3)
        self.said = list(SENTENCES)
        self.recorded = list(self.simulation.sent_log)

    def throw(self, datagram: bytes) -> None:
        """Deliver a datagram to both ends."""
        simulation = self.simulation
        self.count += 1
        simulation.receiver.receive(datagram, simulation.receiver_time)
        simulation.sender.receive(datagram, simulation.sender_time)
        if self.count % 64 == 0:
            simulation.run(0.05)

    def mutated(self) -> bytes:
        """Return a datagram that was really sent, replayed or damaged."""
        datagram = bytearray(self.chance.choice(self.recorded)[1])
        for _ in range(self.chance.randrange(4)):
            kind = self.chance.randrange(4)
            at = self.chance.randrange(len(datagram) + 1)
            if kind == 0 and at < len(datagram):
                datagram[at] ^= 1 << self.chance.randrange(8)
            elif kind == 1:
                del datagram[at:]
            elif kind == 2:
                datagram[at:at] = self.chance.randbytes(self.chance.randrange(5))
            else:
                datagram += self.chance.randbytes(self.chance.randrange(70))
        return bytes(datagram)

    def check(self) -> None:
        """Fail unless only what was said is heard, and the link still works."""
        simulation = self.simulation
        simulation.run(2)
        text = f'Still here, after {self.count}.'
        self.said.append(text)
        simulation.say(text)
        simulation.run(20)
        assert simulation.heard == self.said
        assert len(simulation.sender_events) < 100
        simulation.sent_log.clear()


def parse(body: bytes) -> None:
    """Give bytes to every parser of sealed bodies; only their own errors may come out."""
    for unpack in (unpack_single, unpack_batch, Hello.unpack, Welcome.unpack, AudioBody.unpack,
                   lambda b: Control.unpack(b, 300), lambda b: Ack.read(BodyReader(b), 300),
                   lambda b: without_repairs(FrameType.BATCH, b)):
        try:
            unpack(body)
        except FrameError:
            continue
    for deframer in (LengthDeframer(), CobsDeframer()):
        deframer.feed(body)
        assert sum(map(len, deframer.take(len(body) + 1))) <= len(body)
    cobs_decode(body)
    assert cobs_decode(cobs_encode(body)) == body
