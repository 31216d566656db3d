"""Sound over the link: in its place in time, at most once, and never in the way of text."""

from __future__ import annotations

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import ReceivedAudio
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.wire import FrameType
from txt2vid_ros.link.sound.outgoing import OLDEST
from txt2vid_ros.link.sound.rungs import bearable, PACKET_SECONDS, RUNGS, wire_rate

AT_ONCE = 3
"""Packets of sound that are submitted together, which saves the simulation steps."""


class TwoVoices:
    """Both ends send numbered packets of sound, without a pause."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.sent: tuple[dict[int, float], dict[int, float]] = ({}, {})
        """The number of each packet, and when it was captured, at the sender's and the other."""
        for end, now in self._ends():
            end.sound.ask('audio', now)
        simulation.run(1)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / AT_ONCE / PACKET_SECONDS)):
            self.simulation.run(AT_ONCE * PACKET_SECONDS)
            for (end, now), sent in zip(self._ends(), self.sent, strict=True):
                for left in range(AT_ONCE, 0, -1):
                    number = len(sent)
                    sent[number] = now.wall - left * PACKET_SECONDS
                    end.sound.submit(number.to_bytes(4, 'big') + bytes(41), sent[number], now)

    def heard(self) -> tuple[dict[int, float], dict[int, float]]:
        """Return number and stamp of what the receiver heard, and the sender."""
        found: tuple[dict[int, float], dict[int, float]] = ({}, {})
        for events, stamps in zip((self.simulation.receiver_events,
                                   self.simulation.sender_events), found, strict=True):
            for event in events:
                if isinstance(event, ReceivedAudio):
                    for at, packet in enumerate(event.packets):
                        number = int.from_bytes(packet[:4], 'big')
                        assert number not in stamps, 'it is heard twice'
                        stamps[number] = event.stamp + at * event.seconds
        return found

    def _ends(self):
        simulation = self.simulation
        return ((simulation.sender, simulation.sender_time),
                (simulation.receiver, simulation.receiver_time))


def two_way(network: SimulatedNetwork | None = None, config: LinkConfig | None = None,
            **others: object) -> Simulation:
    return Simulation(network or SimulatedNetwork(delay=0.05), config, two_way=True, **others)


@pytest.mark.parametrize(('network', 'share'), [
    (SimulatedNetwork(), 1.0),
    (SimulatedNetwork(loss=0.2, duplication=0.2, delay=0.1, jitter=0.1), 0.7),
    (SimulatedNetwork(delay=0.05, jitter=0.6, duplication=0.5), 1.0),
    (SimulatedNetwork(delay=0.1, outages=((1006, 1011),)), 0.6),
], ids=['clean', 'lost', 'reordered', 'cut'])
def test_sound_is_heard_at_most_once_and_in_its_place_beside_text(
        network: SimulatedNetwork, share: float) -> None:
    simulation = two_way(network, receiver_ahead=3600.0, seed=2)
    voices = TwoVoices(simulation)
    said = []
    for number in range(5):
        said.append(f'Utterance number {number}.')
        simulation.say(said[-1])
        voices.run(3)
    simulation.run(20)
    assert simulation.heard == said
    for heard, sent, ahead in zip(voices.heard(), voices.sent, (3600.0, -3600.0), strict=True):
        assert share * len(sent) <= len(heard) <= len(sent)
        errors = [stamp - sent[number] - ahead for number, stamp in heard.items()]
        # The other clock is known to the half of what the way takes, and stays as it was.
        assert max(errors) - min(errors) < 0.01 + network.jitter
        assert max(map(abs, errors)) < 0.02 + network.delay + network.jitter


def test_sound_goes_on_after_an_outage_of_minutes() -> None:
    """In which more datagrams are lost than the counters of other frames tell apart."""
    simulation = two_way(SimulatedNetwork(delay=0.05, outages=((1005, 1040),)))
    voices = TwoVoices(simulation)
    voices.run(50)
    assert min(len(sent) - len(heard) for heard, sent in zip(
        voices.heard(), voices.sent, strict=True)) > 30 / PACKET_SECONDS
    for heard, sent in zip(voices.heard(), voices.sent, strict=True):
        assert max(heard) > len(sent) - 10


def test_a_replayed_datagram_of_sound_is_not_heard_again() -> None:
    simulation = two_way()
    voices = TwoVoices(simulation)
    voices.run(6)
    for to_receiver, datagram in list(simulation.sent_log):
        if wire.parse_header(datagram).frame_type is FrameType.AUDIO:
            simulation.inject(datagram, to_receiver)
    assert len(voices.heard()[0]) > 80
    assert simulation.receiver.counters.duplicates > 20


def test_the_other_end_of_a_one_way_link_reports_too() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05))
    simulation.run(1)
    simulation.sender.sound.ask('audio', simulation.sender_time)
    for _ in range(150):
        now = simulation.sender_time
        simulation.sender.sound.submit(bytes(45), now.wall, now)
        simulation.run(PACKET_SECONDS)
    assert simulation.sender.sound.figures['sound_sent'] > 40
    assert simulation.sender.sound.figures['sound_bit_rate'] > RUNGS[0].bit_rate


@pytest.mark.parametrize(('rate', 'bit_rates'), [
    (0, [6000, 8000, 12_000, 16_000]), (9000, [6000]), (13_000, [6000, 8000]), (5000, [])])
def test_the_bit_rate_is_what_the_own_limit_leaves(rate: float, bit_rates: list[int]) -> None:
    config = LinkConfig(rate=rate)
    assert [rung.bit_rate for rung in bearable(config)] == bit_rates
    simulation = two_way(config=config)
    if not bit_rates:
        with pytest.raises(UserError, match='9000'):
            simulation.sender.sound.ask('audio', simulation.sender_time)
        return
    voices = TwoVoices(simulation)
    before = simulation.sender.counters.wire_bits_out
    seconds = 5 * len(bit_rates)
    voices.run(seconds)
    spent = (simulation.sender.counters.wire_bits_out - before) / seconds
    assert not rate or spent < rate
    assert simulation.sender.sound.ladder.rung.bit_rate == bit_rates[-1]
    assert len(voices.heard()[0]) > 0.95 * len(voices.sent[0])


def test_small_datagrams_carry_less_sound_or_none() -> None:
    assert [rung.packets for rung in bearable(LinkConfig(mtu=128))] == [1, 1]
    assert bearable(LinkConfig(mtu=40)) == ()
    simulation = two_way(config=LinkConfig(mtu=128))
    voices = TwoVoices(simulation)
    voices.run(3)
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= 128
    assert len(voices.heard()[0]) > 40


def test_text_waits_for_a_datagram_of_sound_at_most() -> None:
    config = LinkConfig(rate=9000)
    simulation = two_way(config=config)
    voices = TwoVoices(simulation)
    voices.run(5)
    largest = config.wire_bits(bytes(config.sound_overhead + RUNGS[0].body_bytes)) / config.rate
    for number in range(10):
        said = simulation.now
        simulation.say(f'Utterance number {number}.')
        voices.run(1.5)
        assert simulation.heard_at[-1][0] - said <= 0.05 + largest + 0.04


def test_sound_that_the_rate_does_not_bear_is_left_out_instead_of_late() -> None:
    """An encoder that does not keep to its rate: what is heard is not older for it."""
    simulation = two_way(config=LinkConfig(rate=9000))
    simulation.run(1)
    simulation.sender.sound.ask('audio', simulation.sender_time)
    for _ in range(150):
        now = simulation.sender_time
        simulation.sender.sound.submit(bytes(130), now.wall, now)
        simulation.run(PACKET_SECONDS)
        for event in simulation.receiver_events:
            if isinstance(event, ReceivedAudio):
                assert simulation.receiver_time.wall - event.stamp < OLDEST + 0.5
        simulation.receiver_events.clear()
    assert simulation.sender.sound.figures['sound_dropped'] > 20


def test_what_sound_costs_on_the_wire() -> None:
    """The figures of docs/link.md."""
    assert [round(wire_rate(rung, LinkConfig()), -2) for rung in RUNGS] == [
        7800, 10_600, 14_600, 21_100]
