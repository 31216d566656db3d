"""The share of the air time: kept in every hour, and nothing is lost without a word."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.duty_cycle import DutyCycle
from txt2vid_ros.link.link_statistics import LinkStatistics
from txt2vid_ros.link.messages import Dropped


def most_in_an_hour(sent: list[tuple[float, float]]) -> float:
    """Return the largest air time in any hour; `sent` are times and seconds on the air."""
    return max((sum(seconds for at, seconds in sent[first:] if at < start + 3600)
                for first, (start, _) in enumerate(sent)), default=0.0)


@settings(max_examples=20)
@given(st.lists(st.floats(0.0, 400.0), max_size=60), st.floats(0.001, 0.1))
def test_no_hour_has_more_than_the_share(pauses: list[float], share: float) -> None:
    limit = DutyCycle(share, 1000.0, 0.2 * share * 3600 * 1000)
    now, sent = 50.0, []
    for number, pause in enumerate(pauses):
        now = limit.ready_at(now + pause)
        assert limit.ready_at(now) == now, 'who waits until then may send'
        seconds = (0.05 + 0.15 * (number % 2)) * share * 3600
        limit.spend(seconds * 1000, now)
        sent.append((now, seconds))
    assert most_in_an_hour(sent) <= share * 3600 * (1 + 1e-9)


def test_a_talk_beyond_the_share_waits_and_what_gets_too_old_is_said() -> None:
    config = LinkConfig(rate=100, duty_cycle=0.01, mtu=64, header_bytes=20, max_age=900)
    simulation = Simulation(SimulatedNetwork(delay=0.2), config)
    statistics = LinkStatistics(simulation.sender)
    said, sent, problems = 0, [], set()
    while simulation.now < 1000.0 + 1.5 * 3600:
        before = len(simulation.sent_log)
        simulation.say(f'This is sentence number {said}, and it is not a short one.')
        said += 1
        simulation.run(60.0)
        sent += [(simulation.now, config.wire_bits(datagram) / 100)
                 for forward, datagram in simulation.sent_log[before:] if forward]
        statistics.report(simulation.sender_time)
        problems.add(statistics.problem.split(':')[0])
    assert 25.0 < most_in_an_hour(sent) <= 36.0
    lost = sum(e.count for e in simulation.sender_events if isinstance(e, Dropped))
    assert lost > 0 and len(simulation.heard) > 8
    assert len(simulation.heard) + lost + simulation.sender.backlog >= said
    assert 'the air time that duty_cycle allows in an hour is used up' in problems


def test_calling_in_vain_leaves_air_time_for_speech() -> None:
    config = LinkConfig(rate=300, duty_cycle=0.01, mtu=64, header_bytes=20, max_age=900)
    simulation = Simulation(SimulatedNetwork(outages=((0.0, 4000.0),)), config)
    simulation.run(3000.0)
    simulation.say('Hello at last.')
    simulation.run(700.0)
    simulation.say('Is there anybody?')
    simulation.run(900.0)
    assert simulation.heard[-1:] == ['Is there anybody?']


def test_data_and_silence_leave_air_time_to_the_speech_of_two_peers() -> None:
    config = LinkConfig(rate=600, duty_cycle=0.01, mtu=64, header_bytes=20)
    simulation = Simulation(SimulatedNetwork(delay=0.2), config, two_way=True)
    silent, full = 1800.0, 1800.0
    simulation.run(silent)
    for end in (simulation.sender, simulation.receiver):
        assert end.counters.wire_bits_out / config.rate < 0.002 * silent
    for _ in range(int(full / 30)):
        while simulation.sender.data.room:
            simulation.sender.submit_data(bytes(20), simulation.sender_time)
        simulation.run(30.0)
    assert 10.0 < simulation.sender.counters.wire_bits_out / config.rate < 22.0
    simulation.say('And yet it is heard.')
    simulation.run(5.0)
    assert simulation.heard == ['And yet it is heard.']


@pytest.mark.parametrize(('settings', 'match'), [
    ({'duty_cycle': 0.01}, 'duty_cycle needs rate'),
    ({'duty_cycle': 1.5, 'rate': 300}, 'duty_cycle'),
    ({'duty_cycle': 0.01, 'rate': 300}, 'a datagram of mtu 1200 takes 33 s.*smaller mtu')])
def test_shares_that_cannot_work_are_refused(settings: dict[str, float], match: str) -> None:
    with pytest.raises(UserError, match=match):
        LinkConfig(**settings)  # type: ignore[arg-type]
