"""The clock offset between two machines, from the link's own exchanges."""

from __future__ import annotations

from collections.abc import Callable
import random

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.own_clock import OwnClock

TEXT = 'This is one of the sentences that measure the clock.'


def exchange(estimator: OffsetEstimator, at: float, offset: float, out: float,
             back: float) -> None:
    estimator.add(at, at + out + offset, at + out + offset + 0.5, at + out + back + 0.5)


def test_nothing_is_known_before_the_first_exchange() -> None:
    assert OffsetEstimator().at(0.0) is None


@pytest.mark.parametrize('seed', range(10))
def test_an_offset_of_5_s_over_a_jittering_link_within_10_ms(seed: int) -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05, jitter=0.05, loss=0.05), seed=seed,
                            receiver_ahead=5.0)
    for _ in range(40):
        simulation.say(TEXT)
        simulation.run(4)
    offset = simulation.sender.measured_offset(simulation.sender_time)
    assert offset is not None
    assert offset.seconds == pytest.approx(5.0, abs=0.010)
    assert abs(offset.seconds - 5.0) < offset.uncertainty
    told = simulation.receiver.reported_offset
    assert told is not None
    assert told[0] == pytest.approx(5.0, abs=0.010)


def test_on_one_machine_it_reads_zero() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.0002, jitter=0.0005))
    for _ in range(10):
        simulation.say(TEXT)
        simulation.run(4)
    offset = simulation.sender.measured_offset(simulation.sender_time)
    assert offset is not None
    assert offset.seconds == pytest.approx(0.0, abs=0.001)


def test_drift_is_found_and_extrapolated() -> None:
    estimator, chance = OffsetEstimator(), random.Random(0)
    drift = 100e-6
    for at in range(0, 1200, 20):
        exchange(estimator, at, 3.0 + drift * at, 0.01 + chance.random() * 0.005,
                 0.01 + chance.random() * 0.005)
    estimate = estimator.at(1300.0)
    assert estimate is not None
    assert estimate.drift == pytest.approx(drift, rel=0.1)
    assert estimate.seconds == pytest.approx(3.0 + drift * 1300, abs=0.005)


def test_a_clock_that_is_set_is_followed_at_once() -> None:
    estimator = OffsetEstimator()
    for at in range(20):
        exchange(estimator, at, 1.0, 0.01, 0.01)
    exchange(estimator, 20, -7.0, 0.01, 0.01)
    estimate = estimator.at(20.0)
    assert estimate is not None
    assert estimate.seconds == pytest.approx(-7.0, abs=0.001)


def test_an_exchange_that_goes_back_in_time_says_nothing() -> None:
    estimator = OffsetEstimator()
    estimator.add(10.0, 10.0, 10.5, 9.0)
    assert estimator.count == 0


def test_uncertainty_is_half_of_what_the_delays_leave_open() -> None:
    estimator = OffsetEstimator()
    exchange(estimator, 0.0, 2.0, 0.03, 0.01)
    estimate = estimator.at(0.5)
    assert estimate is not None
    assert estimate.round_trip == pytest.approx(0.04)
    assert abs(estimate.seconds - 2.0) <= estimate.uncertainty == pytest.approx(0.02, abs=0.001)


@pytest.mark.parametrize('two_way', [False, True])
@pytest.mark.parametrize('end', ['sender', 'receiver'])
@pytest.mark.parametrize('seconds', [104.8576, -60.0, 4000.0])
def test_a_clock_that_is_set_far_within_a_session_is_followed(
        end: str, seconds: float, two_way: bool) -> None:
    """The stamps of acknowledgements count to 104 s: what is set beyond needs a new session."""
    simulation = Simulation(SimulatedNetwork(delay=0.05, jitter=0.02), two_way=two_way)
    for _ in range(4):
        simulation.say(TEXT)
        simulation.run(4)
    setattr(simulation, f'{end}_set', seconds)
    simulation.run(1)
    for _ in range(6):
        simulation.say(TEXT)
        simulation.run(4)
    expected = simulation.receiver_set - simulation.sender_set
    offset = simulation.sender.measured_offset(simulation.sender_time)
    assert offset is not None
    assert offset.seconds == pytest.approx(expected, abs=0.02)
    told = simulation.receiver.reported_offset
    assert told is not None
    assert told[0] == pytest.approx(expected, abs=0.02)
    assert simulation.heard == [TEXT] * 10
    last = simulation.heard_at[-1][1]
    assert last.arrived - last.start == pytest.approx(1.55, abs=0.1)
    assert simulation.receiver.counters.sessions == 2


def test_a_clock_that_is_set_while_nothing_gets_through_is_followed_afterwards() -> None:
    network = SimulatedNetwork(delay=0.05)
    simulation = Simulation(network)
    simulation.say(TEXT)
    simulation.run(4)
    network.outages = ((simulation.now, simulation.now + 3),)
    simulation.receiver_set = 104.8576
    simulation.run(4)
    for _ in range(4):
        simulation.say(TEXT)
        simulation.run(4)
    offset = simulation.sender.measured_offset(simulation.sender_time)
    assert offset is not None and offset.seconds == pytest.approx(104.8576, abs=0.02)


@pytest.mark.parametrize(('wall', 'times'), [
    (lambda mono: 5e8 + mono, 0),
    (lambda mono: 5e8 + mono / 2, 0),                   # a bag that is played at half its rate
    (lambda mono: 5e8 + mono + (10.0 if mono > 50 else 0.0), 0),
    (lambda mono: 5e8 + mono + (20.0 if mono > 50 else 0.0), 1),
    (lambda mono: 5e8 + mono + (8.0 if mono > 50 else 0.0) + (8.0 if mono > 70 else 0.0), 1),
    (lambda mono: 0.0 if mono < 50 else 5e8 + mono, 1),   # the first time of a bag
    (lambda mono: 5e8 + 100 * mono, 4)])
def test_only_a_clock_that_is_set_far_asks_for_a_new_session_and_not_all_the_time(
        wall: Callable[[float], float], times: int) -> None:
    clock = OwnClock(Instant(0.0, wall(0.0)))
    asked = [mono for mono in range(1, 120) if clock.was_set(Instant(mono, wall(float(mono))))]
    assert len(asked) == times
