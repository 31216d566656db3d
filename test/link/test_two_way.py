"""Both directions on one link: each utterance once and in order, whichever end speaks."""

from __future__ import annotations

import pathlib
import random

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import Connected, Dropped, Mismatch, OutgoingText
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.wire import FrameType

ASKED = [f'{start} number {number}?' for number in range(4) for start in (
    'Could you please look at radio', 'Did anybody tell you about meeting', 'Where is chair')]
TOLD = [f'{start} {number}.' for number in range(4) for start in (
    'I never understood plan', 'She was really happy with telephone', 'Let us repair window')]


def two_way(network: SimulatedNetwork | None = None, config: LinkConfig | None = None,
            **others: object) -> Simulation:
    return Simulation(network or SimulatedNetwork(delay=0.05), config, two_way=True, **others)


def converse(simulation: Simulation, pause: float = 2.0) -> None:
    for asked, told in zip(ASKED, TOLD, strict=True):
        simulation.say(asked)
        simulation.run(pause)
        simulation.answer(told)
        simulation.run(pause)


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('network', [
    SimulatedNetwork(),
    SimulatedNetwork(loss=0.2, duplication=0.1, delay=0.3, jitter=0.3),
    SimulatedNetwork(loss=0.5, delay=0.05),
    SimulatedNetwork(delay=0.05, jitter=2.0, duplication=0.5),
    SimulatedNetwork(loss=0.2, delay=0.3, outages=((1010, 1020), (1030, 1040))),
], ids=['clean', 'issue', 'half lost', 'reordered', 'cut twice'])
def test_both_hear_every_utterance_once_and_in_order(network: SimulatedNetwork,
                                                     seed: int) -> None:
    simulation = two_way(network, seed=seed)
    converse(simulation)
    simulation.run(40)
    assert simulation.heard == ASKED
    assert simulation.answers == TOLD
    assert simulation.sender.backlog == simulation.receiver.backlog == 0


def test_both_may_speak_at_the_same_moment() -> None:
    simulation = two_way(SimulatedNetwork(loss=0.2, delay=0.3, jitter=0.2), seed=5)
    for asked, told in zip(ASKED, TOLD, strict=True):
        simulation.say(asked)
        simulation.answer(told)
        simulation.run(0.7)
    simulation.run(40)
    assert (simulation.heard, simulation.answers) == (ASKED, TOLD)


def test_the_end_that_waits_may_speak_first() -> None:
    simulation = two_way()
    simulation.run(2)
    simulation.answer('Who is there?')
    simulation.run(1)
    assert simulation.answers == ['Who is there?']


@pytest.mark.parametrize('seed', range(4))
def test_either_end_may_start_again(seed: int, tmp_path: pathlib.Path) -> None:
    """What the other end holds is not lost; what has been heard is not heard again."""
    stores = [tmp_path / name for name in ('caller', 'listener')]
    simulation = two_way(SimulatedNetwork(loss=0.2, delay=0.1, jitter=0.1), seed=seed,
                         caller_store=ProgressStore(stores[0]), store=ProgressStore(stores[1]))
    chance = random.Random(seed)
    said: tuple[list[str], list[str]] = ([], [])
    for number in range(24):
        if number % 6 == 5:
            # The end that starts again holds nothing then: what it says would be lost with it.
            simulation.run(20)
            if chance.random() < 0.5:
                simulation.caller_store = ProgressStore(stores[0])
                simulation.start_sender()
                simulation.answer('Are you back?')
                said[1].append('Are you back?')
            else:
                simulation.store = ProgressStore(stores[1])
                simulation.start_receiver()
                simulation.say('Are you back?')
                said[0].append('Are you back?')
        asks = chance.random() < 0.5
        text = f'Utterance {number} of somebody.'
        said[not asks].append(text)
        (simulation.say if asks else simulation.answer)(text)
        simulation.run(chance.choice([0.1, 1.0, 4.0]))
    simulation.run(40)
    assert (simulation.heard, simulation.answers) == said


def test_a_listener_that_has_restarted_is_noticed_in_silence() -> None:
    """It cannot call; the caller asks now and then, and so it can be spoken from soon."""
    simulation = two_way()
    simulation.say('Hello.')
    simulation.run(5)
    simulation.start_receiver()
    simulation.run(45)
    simulation.answer('Here I am again.')
    simulation.run(1)
    assert simulation.answers == ['Here I am again.']


def test_acknowledgements_ride_on_what_is_said() -> None:
    simulation = two_way()
    converse(simulation, 3.0)
    before = len(simulation.sent_log)
    converse(simulation, 3.0)
    frames = [wire.parse_header(datagram) for _, datagram in simulation.sent_log[before:]]
    assert sum(header.rides for header in frames) > 0.9 * 2 * len(ASKED)
    assert len([h for h in frames if h.frame_type is FrameType.ACK]) <= 2


def test_no_nonce_is_used_for_two_plaintexts() -> None:
    """A sequence that is sent again is sealed as before, but for what rides on the first copy."""
    simulation = two_way(SimulatedNetwork(loss=0.3, delay=0.1, jitter=0.3), seed=2)
    simulation.run(2)
    simulation.sent_log.clear()  # The handshake, which has random nonces.
    converse(simulation)
    simulation.run(20)
    assert simulation.sender.counters.sessions == 1
    sealed: dict[tuple[bool, bytes], bytes] = {}
    for to_receiver, datagram in simulation.sent_log:
        first = sealed.setdefault((to_receiver, datagram[:2]), datagram)
        assert first == datagram
    assert simulation.sender.counters.retries + simulation.receiver.counters.retries > 3


def test_ends_of_different_roles_say_so() -> None:
    simulation = two_way()
    simulation.two_way = False
    simulation.start_receiver()
    simulation.run(2)
    for events in (simulation.sender_events, simulation.receiver_events):
        assert any('role' in e.problem for e in events if isinstance(e, Mismatch))


def test_both_know_the_clocks_and_starts_are_converted() -> None:
    simulation = two_way(SimulatedNetwork(delay=0.1), receiver_ahead=5.0)
    converse(simulation, 3.0)
    said = simulation.receiver_time.wall
    simulation.answer('When was that?')
    simulation.run(2)
    assert simulation.answered_at[-1][1].start == pytest.approx(said - 1.5 - 5.0, abs=0.02)
    offset = simulation.sender.measured_offset(simulation.sender_time)
    assert offset is not None and offset.seconds == pytest.approx(5.0, abs=0.02)
    reported = simulation.receiver.reported_offset
    assert reported is not None and reported[0] == pytest.approx(5.0, abs=0.02)
    assert simulation.receiver.clock.smoothed_round_trip == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize('rate', [0, 300])
def test_an_outage_beyond_max_age_is_reported_by_both(rate: int) -> None:
    simulation = two_way(SimulatedNetwork(delay=0.05, outages=((1010, 1070),)),
                         LinkConfig(rate=rate), seed=3)
    for number in range(40):
        simulation.say(f'Question number {number}?')
        simulation.answer(f'Answer number {number}.')
        simulation.run(3)
    simulation.run(60)
    for here, there, heard in (
            (simulation.sender_events, simulation.receiver_events, simulation.heard),
            (simulation.receiver_events, simulation.sender_events, simulation.answers)):
        lost = sum(e.count for e in here if isinstance(e, Dropped) and 'old' in e.reason)
        told = sum(e.count for e in there if isinstance(e, Dropped) and 'sender' in e.reason)
        assert lost == told > 0
        assert len(heard) == 40 - lost
    assert simulation.receiver.backlog == simulation.sender.backlog == 0


def test_the_whole_end_keeps_its_rate() -> None:
    simulation = two_way(SimulatedNetwork(loss=0.1, delay=0.2), LinkConfig(rate=200, max_age=40))
    simulation.sender.submit_data(bytes(50), simulation.sender_time)
    for number in range(20):
        simulation.say(f'Question number {number}?')
        simulation.answer(f'Answer number {number}.')
        simulation.run(4)
    seconds = simulation.now - 1000.0
    for end in (simulation.sender, simulation.receiver):
        assert end.counters.wire_bits_out < 200 * seconds + 400 + 8 * 300


def test_interim_texts_go_both_ways() -> None:
    simulation = two_way(config=LinkConfig(incremental=True))
    converse(simulation, 1.0)
    for end, now in ((simulation.sender, simulation.sender_time),
                     (simulation.receiver, simulation.receiver_time)):
        speaker = 'ann' if end is simulation.sender else 'bob'
        end.submit_partial(OutgoingText('And so', speaker, 'en', now.wall), now)
    simulation.run(2)
    assert [h.text for _, h in simulation.heard_at if h.partial] == ['And so']
    assert [h.text for _, h in simulation.answered_at if h.partial] == ['And so']


@pytest.mark.parametrize('network', [
    SimulatedNetwork(delay=0.02),
    SimulatedNetwork(loss=0.3, duplication=0.2, delay=0.1, jitter=0.3, outages=((1005, 1020),)),
], ids=['clean', 'bad'])
def test_messages_of_data_arrive_once_and_in_order_beside_speech(
        network: SimulatedNetwork) -> None:
    simulation = two_way(network, seed=4)
    messages = [bytes([number]) * 900 for number in range(40)]
    waiting = list(messages)
    texts = []
    for number in range(100):
        while waiting and simulation.sender.data.room:
            simulation.sender.submit_data(waiting.pop(0), simulation.sender_time)
        if number % 4 == 0:
            texts.append(f'Utterance {number}.')
            simulation.say(texts[-1])
        simulation.run(1)
    simulation.run(240)  # At 30 % loss some of them have to wait until something is heard again.
    assert simulation.data == messages
    assert simulation.heard == texts
    assert simulation.sender.data.backlog == 0


@pytest.mark.parametrize('restart', ['start_sender', 'start_receiver'])
def test_data_goes_on_after_a_restart(restart: str) -> None:
    simulation = two_way()
    for number in range(5):
        simulation.sender.submit_data(bytes([number + 1]), simulation.sender_time)
    simulation.run(0.2)
    getattr(simulation, restart)()
    simulation.sender.submit_data(b'after', simulation.sender_time)
    simulation.run(45)
    assert simulation.data[-1] == b'after'
    assert simulation.sender.data.backlog == 0


def test_data_delays_speech_by_a_datagram_at_most() -> None:
    config = LinkConfig(rate=2400)
    simulation = two_way(config=config)
    simulation.run(2)
    largest = config.wire_bits(bytes(config.data_bytes)) / config.rate
    for number in range(20):
        while simulation.sender.data.room:
            simulation.sender.submit_data(bytes(simulation.sender.data.largest),
                                          simulation.sender_time)
        simulation.run(0.77)
        said = simulation.now
        simulation.say(f'Utterance number {number}.')
        simulation.run(4)
        assert simulation.heard_at[-1][0] - said <= 0.05 + largest + 0.01
    assert len(simulation.data) > 10


def test_data_that_fits_no_datagram_is_refused() -> None:
    simulation = two_way(config=LinkConfig(mtu=100))
    with pytest.raises(UserError, match='does not fit'):
        simulation.sender.submit_data(bytes(100), simulation.sender_time)
    simulation.sender.submit_data(bytes(simulation.sender.data.largest), simulation.sender_time)
    simulation.run(2)
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= 100
    with pytest.raises(UserError, match='wait'):
        for _ in range(100):
            simulation.sender.submit_data(b'x', simulation.sender_time)


def test_data_that_nobody_answers_is_not_sent_for_ever() -> None:
    simulation = two_way()
    simulation.run(2)
    simulation.network.loss = 1.0
    simulation.receiver.submit_data(b'card', simulation.receiver_time)
    simulation.run(60)
    sent = simulation.receiver.counters.datagrams_out
    simulation.run(3600)
    assert simulation.receiver.counters.datagrams_out == sent
    simulation.network.loss = 0.0
    simulation.say('Back again.')
    simulation.run(30)
    assert simulation.receiver.data.backlog == 0


def test_every_datagram_keeps_to_the_smallest_mtu() -> None:
    simulation = two_way(SimulatedNetwork(loss=0.2, delay=0.1, jitter=0.2),
                         LinkConfig(mtu=40, incremental=True))
    for number in range(12):
        simulation.say('A question that goes on and on until it is over. ' * 4, f'ann {number}')
        simulation.answer('An answer that is no shorter than the question was. ' * 4, 'bob')
        largest = bytes(simulation.sender.data.largest)
        simulation.sender.submit_data(largest, simulation.sender_time)
        simulation.run(3)
    simulation.run(30)
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= 40
    assert len(simulation.heard) == len(simulation.answers) == 12
    assert any(wire.parse_header(d).rides for _, d in simulation.sent_log)


def test_connected_is_told_at_both_ends() -> None:
    simulation = two_way()
    simulation.run(1)
    for events in (simulation.sender_events, simulation.receiver_events):
        assert [e.resumed for e in events if isinstance(e, Connected)] == [False]
