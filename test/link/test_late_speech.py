"""Speech that arrives minutes or an hour after it was said: complete, once, with its start."""

from __future__ import annotations

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.config import LinkConfig, MAX_AGE, queue_for
from txt2vid_ros.link.messages import Dropped
from txt2vid_ros.link.protocol.wire import FrameType, parse_header


def said_at(simulation: Simulation) -> list[float]:
    """Return when each text that was heard began, in seconds on the simulation's clock."""
    behind = simulation.sender_time.wall - simulation.now
    return [event.start - behind for _, event in simulation.heard_at]


def test_what_is_said_in_an_outage_of_an_hour_arrives_with_its_start_times() -> None:
    network = SimulatedNetwork(delay=0.3, outages=((1010.0, 4560.0),))
    config = LinkConfig(max_age=MAX_AGE, queue=queue_for(MAX_AGE))
    simulation = Simulation(network, config)
    starts, texts = [], []
    for number in range(700):       # more than 256, and many in the window when it begins
        texts.append(f'Sentence number {number}.')
        simulation.say(texts[-1])
        starts.append(simulation.now - 1.5)
        simulation.run(5.0)
    simulation.run(1500.0)
    assert simulation.heard == texts
    assert said_at(simulation) == pytest.approx(starts, abs=0.35)
    assert max(at - start for (at, _), start in zip(simulation.heard_at, starts, strict=True)
               ) > 3500


def test_what_gets_older_than_max_age_is_dropped_and_said() -> None:
    network = SimulatedNetwork(outages=((1010.0, 2000.0),))
    simulation = Simulation(network, LinkConfig(max_age=600))
    for number in range(19):
        simulation.say(f'Sentence number {number}.')
        simulation.run(60.0)
    simulation.run(100.0)
    lost = sum(e.count for e in simulation.sender_events if isinstance(e, Dropped))
    assert 4 <= lost <= 8 and len(simulation.heard) == 19 - lost
    assert sum(e.count for e in simulation.receiver_events if isinstance(e, Dropped)) == lost


@pytest.mark.parametrize('delay', [10.0, 40.0])
def test_over_a_satellite_that_takes_long(delay: float) -> None:
    simulation = Simulation(SimulatedNetwork(delay=delay), LinkConfig(max_age=600), seed=1)
    texts = [f'Sentence number {number}.' for number in range(20)]
    starts = []
    for text in texts:
        simulation.say(text)
        starts.append(simulation.now - 1.5)
        simulation.run(10.0)
    simulation.run(300.0)
    assert simulation.heard == texts
    assert said_at(simulation) == pytest.approx(starts, abs=0.5)
    speech = [d for to_receiver, d in simulation.sent_log
              if to_receiver and parse_header(d)[0] in (FrameType.SINGLE, FrameType.BATCH)]
    assert len(speech) < 5 * len(texts), 'it is not sent again all the time'


@pytest.mark.parametrize('delay', [10.0, 40.0, 70.0])
def test_two_peers_over_a_path_that_takes_long(delay: float) -> None:
    """Stamps of acknowledgements that may have gone round say nothing of the clocks."""
    simulation = Simulation(SimulatedNetwork(delay=delay), LinkConfig(max_age=900), seed=1,
                            two_way=True, receiver_ahead=5000.0)
    asked = [f'Question number {number}.' for number in range(10)]
    told = [f'Answer number {number}.' for number in range(10)]
    starts = []
    simulation.run(3 * delay)
    for question, answer in zip(asked, told, strict=True):
        simulation.say(question)
        simulation.answer(answer)
        starts.append(simulation.now - 1.5)
        simulation.run(20.0)
    simulation.run(600.0)
    assert (simulation.heard, simulation.answers) == (asked, told)
    assert said_at(simulation) == pytest.approx([5000.0 + start for start in starts], abs=0.5)
    behind = simulation.sender_time.wall - simulation.now
    assert [event.start - behind for _, event in simulation.answered_at] == pytest.approx(
        starts, abs=0.5)
    for end in (simulation.sender, simulation.receiver):
        assert end.clock.smoothed_round_trip == pytest.approx(2 * delay, rel=0.2)
    speech = [d for _, d in simulation.sent_log
              if parse_header(d)[0] in (FrameType.SINGLE, FrameType.BATCH)]
    assert len(speech) < 5 * len(asked + told), 'it is not sent again all the time'


def test_only_speech_that_may_be_old_has_the_longer_start_time() -> None:
    lengths = []
    for max_age in (40.0, 41.0):
        simulation = Simulation(SimulatedNetwork(), LinkConfig(max_age=max_age))
        for _ in range(3):
            simulation.say('Yes.')
            simulation.run(5.0)
        lengths.append(len(next(datagram for to_receiver, datagram in reversed(
            simulation.sent_log) if to_receiver)))
    assert lengths[1] - lengths[0] == 2
