"""What an end reports about itself, and when it asks the user to look."""

from __future__ import annotations

from link_simulation import KEY, SimulatedNetwork, Simulation
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.link_statistics import LinkStatistics
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.handshake import Initiator
from txt2vid_ros.link.report import parsed


def test_forgeries_raise_a_warning_that_passes() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.01))
    figures = LinkStatistics(simulation.receiver)
    assert figures.problem == 'waiting for the other end'
    simulation.say('Hello.')
    simulation.run(2)
    for _ in range(12):
        figures.report(simulation.receiver_time)
    assert figures.problem == ''
    forged = wire.head(wire.FrameType.SINGLE, 0, 1) + b'quite another text'
    for tag in range(4):
        simulation.inject(bytes([forged[0] | tag]) + forged[1:])
    assert figures.report(simulation.receiver_time)['forged'] == 4
    assert '4 recent datagram(s) were forged' in figures.problem
    for _ in range(12):
        figures.report(simulation.receiver_time)
    assert figures.problem == ''


def test_another_key_is_told_from_silence() -> None:
    simulation = Simulation(receiver_key=bytes(32))
    figures = LinkStatistics(simulation.receiver)
    figures.report(simulation.receiver_time)
    simulation.say('Hello.')
    simulation.run(5)
    figures.report(simulation.receiver_time)
    assert 'both ends need the same' in figures.problem


def test_what_was_sent_again_is_not_called_loss_and_is_nothing_to_a_receiver() -> None:
    simulation = Simulation(SimulatedNetwork(loss=0.3, delay=0.05), seed=4)
    for number in range(20):
        simulation.say(f'Sentence number {number}.')
        simulation.run(2)
    for end, now in ((simulation.sender, simulation.sender_time),
                     (simulation.receiver, simulation.receiver_time)):
        report = {key: str(value) for key, value in LinkStatistics(end).report(now).items()}
        known = parsed(report)
        assert 'loss_percent' not in known
        assert (known.get('resent_percent', 0) > 0) == (known['role'] == 'sender')


def test_a_hello_of_another_model_is_a_problem_until_a_session_begins() -> None:
    """It may be an old one, replayed: that must not leave an error behind for good."""
    simulation = Simulation(SimulatedNetwork(delay=0.01))
    initiator = Initiator(KEY, b'else' * 8, LinkConfig(), 7, Instant(0.0, 0.0))
    simulation.inject(initiator.hello('', '', simulation.sender_time))
    assert [e.problem for e in simulation.receiver_events if hasattr(e, 'problem')]
    simulation.say('Hello.')
    simulation.run(2)
    assert simulation.heard == ['Hello.']


def lost(figures: LinkStatistics, simulation: Simulation, seconds: int, *, there: bool = True
         ) -> list[float]:
    """Report once a second; return for how long the other end counts as lost each time."""
    found = []
    for _ in range(seconds):
        simulation.run(1.0)
        now = simulation.sender_time if there else simulation.receiver_time
        found.append(figures.report(now).get('lost_s', 0.0))
    return found


def test_a_link_that_is_cut_counts_as_lost_until_it_is_back() -> None:
    network = SimulatedNetwork(delay=0.05, outages=((1030.0, 1070.0),))
    simulation = Simulation(network, LinkConfig(max_age=60), two_way=True)
    figures = LinkStatistics(simulation.sender)
    simulation.say('Hello.')
    # One who only speaks is answered seldom, and that is no loss.
    before = []
    for number in range(7):
        simulation.say(f'Sentence number {number}.')
        before += lost(figures, simulation, 4)
    assert not any(before)
    simulation.run(2.5)  # The cut has begun.
    simulation.say('Are you there?')
    cut = lost(figures, simulation, 30)
    assert not any(cut[:9])
    assert cut[-1] > 20
    assert cut[-1] - cut[-2] == 1.0
    assert lost(figures, simulation, 25)[-1] == 0.0
    assert simulation.heard[-1] == 'Are you there?'


def test_an_end_that_says_nothing_notices_that_keepalives_stay_away() -> None:
    network = SimulatedNetwork(delay=0.05, outages=((1100.0, 9999.0),))
    simulation = Simulation(network, LinkConfig(keepalive=10.0), two_way=True)
    figures = LinkStatistics(simulation.receiver)
    simulation.say('Hello.')
    assert not any(lost(figures, simulation, 90, there=False))
    assert lost(figures, simulation, 60, there=False)[-1] > 40
