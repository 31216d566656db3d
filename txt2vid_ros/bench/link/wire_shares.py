"""Where the bits of a simulated link go, datagram by datagram."""

from __future__ import annotations

from txt2vid_ros.bench.link.simulation import LinkSimulation
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.wire import FrameType

_SHARES = ('text', 'seal', 'frame', 'headers', 'repair', 'control', 'acknowledgements', 'data',
           'handshake')
_SEQUENCES = 256
_OF_FRAMES = {FrameType.ACK: 'acknowledgements', FrameType.CONTROL: 'control',
              FrameType.DATA: 'data', FrameType.PARTIAL: 'control',
              FrameType.HELLO: 'handshake', FrameType.WELCOME: 'handshake',
              FrameType.SOLICIT: 'handshake'}


def wire_shares(simulation: LinkSimulation) -> dict[str, float]:
    """
    Return the bits of all datagrams sent so far, by what they are for.

    What speech costs is told apart: the coded text, the tags, what frames it (and what rides), the
    headers of the transport, and all of what is sent again. Of other datagrams all goes together.
    """
    config = simulation.config
    shares = dict.fromkeys(_SHARES, 0.0)
    first: set[tuple[bool, bytes]] = set()
    for to_receiver, datagram in simulation.sent_log:
        bits = config.wire_bits(datagram)
        kind = wire.parse_header(datagram).frame_type
        if kind is FrameType.WELCOME or len(first) == _SEQUENCES:
            first.clear()  # Sequences begin again.
        if kind in _OF_FRAMES:
            shares[_OF_FRAMES[kind]] += bits
            continue
        # Byte 0 without the bit for what rides, which is on the first copy alone.
        name = (to_receiver, bytes([datagram[0] & 0xDF, datagram[1]]))
        if name in first:
            shares['repair'] += bits
            continue
        first.add(name)
        seal = config.tag_bytes * config.bits_per_byte
        shares['seal'] += seal
        shares['headers'] += config.header_bytes * config.bits_per_byte
        shares['frame'] += len(datagram) * config.bits_per_byte - seal
    coded = simulation.text_bytes * config.bits_per_byte
    shares['text'] += coded
    repeated = config.bits_per_byte * (simulation.sender.counters.repair_bytes
                                       + simulation.receiver.counters.repair_bytes)
    shares['repair'] += repeated
    shares['frame'] -= coded + repeated
    return shares
