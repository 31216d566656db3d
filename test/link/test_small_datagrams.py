"""Names and handshakes within the mtu: nothing is longer, and nothing blocks what comes after."""

from __future__ import annotations

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.seal import TAG_SIZES

LONG = 'Nobody told me about the meeting at four, and I never understood the old radio. ' * 3


@pytest.mark.parametrize(('mtu', 'speaker', 'locale'), [
    (64, 'x' * 60, 'en'), (128, 'x' * 64, 'y' * 60), (64, 'é' * 20, 'de')])
def test_names_that_no_datagram_holds_are_refused_and_block_nobody(
        mtu: int, speaker: str, locale: str) -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.02), LinkConfig(mtu=mtu))
    simulation.say('Before.')
    simulation.run(2)
    with pytest.raises(UserError, match=rf'mtu {mtu} bytes.*shorter id, or set mtu to \d+'):
        simulation.say('Never.', speaker, locale)
    simulation.say('After.')
    simulation.run(20)
    assert simulation.heard == ['Before.', 'After.']


def test_the_mtu_that_is_named_is_enough() -> None:
    speaker, locale = 'x' * 60, 'en_GB'
    with pytest.raises(UserError) as caught:
        Simulation(config=LinkConfig(mtu=64)).say('Never.', speaker, locale)
    mtu = int(str(caught.value).split('mtu to ')[1].split()[0])
    simulation = Simulation(SimulatedNetwork(delay=0.02), LinkConfig(mtu=mtu))
    simulation.say(LONG, speaker, locale)
    simulation.run(20)
    assert simulation.heard == [LONG]


@pytest.mark.parametrize('tag_bytes', TAG_SIZES)
def test_every_datagram_keeps_to_the_smallest_mtu(tag_bytes: int) -> None:
    """Handshakes with and without room for names, offset reports, parts, drops, new sessions."""
    config = LinkConfig(mtu=64, tag_bytes=tag_bytes, incremental=True)
    simulation = Simulation(SimulatedNetwork(loss=0.1, delay=0.05, jitter=0.1), config,
                            receiver_ahead=-1e9)
    for number in range(12):
        simulation.network.loss = 1.0 if number == 8 else 0.1
        simulation.say(LONG if number % 3 else 'Short.', f'speaker number {number}', 'de')
        simulation.run(35.0 if number == 8 else 2.0)
        if number == 5:
            simulation.start_receiver()
    simulation.run(40)
    kinds = {wire.parse_header(datagram)[0] for _, datagram in simulation.sent_log}
    assert kinds >= {wire.FrameType.HELLO, wire.FrameType.WELCOME, wire.FrameType.BATCH,
                     wire.FrameType.CONTROL, wire.FrameType.ACK}
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= 64
    assert simulation.heard[-1] == LONG
    assert {event.speaker for _, event in simulation.heard_at} <= {
        f'speaker number {number}' for number in range(12)}


def test_names_travel_in_the_handshake_where_there_is_room() -> None:
    bodies = []
    for mtu in (64, 1200):
        simulation = Simulation(SimulatedNetwork(delay=0.02), LinkConfig(mtu=mtu))
        simulation.say('Hello.', 'a speaker with a long name', 'en_GB')
        simulation.run(2)
        bodies.append(len(simulation.sent_log[0][1]))
        assert [e.speaker for _, e in simulation.heard_at] == ['a speaker with a long name']
    assert bodies[0] <= 64 < bodies[1]
