"""Who leaves says so last: after all speech and data before it, and within a time."""

from __future__ import annotations

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import LastSent, ReceivedData, ReceivedText

BYE = b'\x10'
TEXTS = ['It was nice to talk to you.', 'See you in the harbour next week.', 'So long!']


def conversation(network: SimulatedNetwork, rate: float = 0.0, seed: int = 0) -> Simulation:
    """Return two ends that have spoken for a while, so that acknowledgements are batched."""
    simulation = Simulation(network, LinkConfig(rate=rate), two_way=True, seed=seed)
    for number in range(6):
        simulation.say(f'Sentence number {number}.')
        simulation.run(3)
    return simulation


def leave(simulation: Simulation, within: float) -> tuple[float, bool]:
    """Leave as the sender; return after how many seconds it is over, and whether it was told."""
    begun = simulation.now
    simulation.sender.data.submit_last(BYE, simulation.sender_time)
    while simulation.now < begun + within:
        simulation.run(0.05)
        for event in simulation.sender_events:
            if isinstance(event, LastSent):
                return simulation.now - begun, event.arrived
    raise AssertionError(f'not over within {within} s')


def order(simulation: Simulation) -> list[str | bytes]:
    """Return what the other end got."""
    return [event.text if isinstance(event, ReceivedText) else event.message
            for event in simulation.receiver_events
            if isinstance(event, ReceivedText | ReceivedData)]


@pytest.mark.parametrize(('network', 'rate', 'within'), [
    (SimulatedNetwork(delay=0.05), 0, 1.5),
    (SimulatedNetwork(loss=0.3, delay=0.2, jitter=0.2), 0, 30),
    (SimulatedNetwork(delay=0.3), 300, 15),
], ids=['clean', 'lossy', 'thin'])
@pytest.mark.parametrize('seed', range(4))
def test_the_last_words_and_messages_arrive_before_the_goodbye(
        network: SimulatedNetwork, rate: float, within: float, seed: int) -> None:
    simulation = conversation(network, rate, seed)
    piece = b'\x03' * 60
    simulation.sender.submit_data(piece, simulation.sender_time)
    for text in TEXTS:
        simulation.say(text)
    _, told = leave(simulation, within)
    assert told
    got = order(simulation)
    assert got[-1] == BYE
    assert [each for each in got if isinstance(each, str)][-3:] == TEXTS
    assert piece in got


def test_a_message_that_is_taken_meanwhile_is_not_the_goodbye() -> None:
    """One of a card is on its way as somebody leaves: its acknowledgement ends nothing."""
    simulation = conversation(SimulatedNetwork(delay=0.5))
    simulation.sender.submit_data(b'\x03' * 60, simulation.sender_time)
    simulation.run(0.9)
    seconds, told = leave(simulation, 10)
    assert told and order(simulation)[-1] == BYE
    assert seconds > 0.5


def test_who_does_not_answer_is_given_up_soon_and_nobody_is_not_waited_for() -> None:
    simulation = conversation(SimulatedNetwork(delay=0.05))
    simulation.network.loss = 1.0
    simulation.say(TEXTS[0])
    seconds, told = leave(simulation, 10)
    assert not told and 5 <= seconds < 7
    alone = Simulation(SimulatedNetwork(loss=1.0), two_way=True)
    alone.run(3)
    assert leave(alone, 1) == (pytest.approx(0.05, abs=0.06), False)


def test_a_bad_path_is_not_tried_for_ever() -> None:
    """The other end is heard all the time, and hears nothing."""
    simulation = conversation(SimulatedNetwork(delay=0.05))
    simulation.say(TEXTS[0])
    deliver = simulation.network.deliveries
    simulation.network.deliveries = (  # type: ignore[method-assign]
        lambda now, chance, bits=0.0, to_receiver=True: [] if to_receiver else deliver(
            now, chance, bits, to_receiver))
    for _ in range(5):
        simulation.answer('Hello? Are you there?')
    begun = simulation.now
    simulation.sender.data.submit_last(BYE, simulation.sender_time)
    while not any(isinstance(event, LastSent) for event in simulation.sender_events):
        simulation.answer('Hello?')
        simulation.run(1)
    assert 29 < simulation.now - begun < 32
