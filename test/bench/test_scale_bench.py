"""`txt2vid bench scale` tells how many talking heads a machine carries, and what each takes."""

from __future__ import annotations

import mmap
import os

import pytest
from txt2vid_ros.bench.commands.scale import figures, most_that
from txt2vid_ros.bench.rig.running_graph import join_own_domain
from txt2vid_ros.bench.scale.footprint import Footprint, footprint
from txt2vid_ros.bench.scale.hall import Hall

SMALL = ('--composed', 'true', '--tts', 'clap', '--engine', 'flash', '--width', '160', '--height',
         '120', '--web', 'false', '--skills', 'false', '--responder', 'none')


@pytest.mark.parametrize(('limit', 'most', 'found', 'asked'), [
    (0, 16, 0, [1]),
    (1, 16, 1, [1, 2]),
    (6, 16, 6, [1, 2, 4, 8, 6, 7]),
    (9, 3, 3, [1, 2, 3]),
    (16, 16, 16, [1, 2, 4, 8, 16]),
])
def test_the_number_that_a_machine_carries_is_found(
        limit: int, most: int, found: int, asked: list[int]) -> None:
    tried = []

    def carries(count: int) -> bool:
        tried.append(count)
        return count <= limit

    assert most_that(carries, most) == found
    assert tried == asked


def test_the_figures_are_those_of_as_many_as_it_carries() -> None:
    steps = [{'sessions': count, 'lateness_ms_p99': 50.0, **dict.fromkeys((
        'cores_speaking', 'cores_idle', 'pss_mb_speaking', 'pss_mb_idle', 'uss_mb_speaking',
        'uss_mb_idle'), each)} for count, each in ((1, 2.0), (2, 3.0), (3, 4.0))]
    found = figures(2, steps)
    assert found['sessions_at_99_percent'] == 2
    assert found['cores_speaking_per_session'] == 3.0
    # 1 x 2 became 3 x 4 with two more.
    assert found['growth_per_session']['cores_speaking'] == 5.0
    assert figures(0, steps[:1])['growth_per_session']['pss_mb_speaking'] == 2.0


def test_memory_that_nobody_shares_counts_in_both_ways() -> None:
    before = footprint([os.getpid()])
    with mmap.mmap(-1, 32 << 20) as held:
        held.write(b'x' * len(held))
        after = footprint([os.getpid()])
        assert after.unique - before.unique == pytest.approx(len(held), rel=0.1)
        assert after.proportional - before.proportional == pytest.approx(len(held), rel=0.1)
    assert after.seconds >= before.seconds > 0
    assert footprint([]) == Footprint()


def test_two_talking_heads_are_measured_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('ROS_DOMAIN_ID', 'ROS_AUTOMATIC_DISCOVERY_RANGE'):
        # Restored after the test.
        monkeypatch.setenv(name, os.environ.get(name, ''))
    join_own_domain()
    with Hall(SMALL) as hall:
        hall.resize(2)
        found = hall.measured(1.0, speaking=True)
        assert 0 < found.on_time <= 1
        assert found.cores > 0
        assert found.pss_mb > found.uss_mb > 10
        assert found.lateness_ms_p99 > 0
        hall.resize(1)
        assert len(hall.sessions) == 1
    assert not hall.sessions
