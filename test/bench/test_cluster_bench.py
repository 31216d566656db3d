"""The simulation of many faces agrees with what can be computed by hand, and is repeatable."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import re
import xml.etree.ElementTree as Xml

from command_line import txt2vid
import pytest
from txt2vid_ros.bench.cluster.serving import needed, served, Serving
from txt2vid_ros.bench.commands.cluster import add_arguments, run
from txt2vid_ros.core.errors import UserError

SERVING = Serving({1: 0.01, 11: 0.02}, network=0.002)
"""Ten milliseconds for a mouth, one more for each further one."""


def test_one_face_waits_for_the_network_for_others_and_for_its_mouth() -> None:
    found = served(SERVING, 1, 1)
    assert (found.in_time, found.mean_batch, found.refused) == (1.0, 1.0, 0.0)
    assert (found.p50, found.p99) == pytest.approx((0.002 + 0.004 + 0.01,) * 2)
    assert SERVING.step(6) == pytest.approx(0.015)
    assert SERVING.step(21) == pytest.approx(0.03)


def test_a_replica_carries_what_its_largest_batch_allows_and_no_more() -> None:
    # 64 mouths in 73 ms are 877 a second, or 35 faces, if they may wait for long.
    patient = Serving(SERVING.steps, deadline=1.0, network=0.002)
    assert served(patient, 30, 1, 4.0).in_time == 1.0
    assert served(patient, 400, 1, 4.0).in_time < 0.5
    assert served(patient, 400, 1, 4.0).refused > 0.1
    assert served(patient, 400, 16, 4.0).in_time == 1.0


def test_twice_the_faces_need_about_twice_the_replicas_and_the_work_of_a_request_counts() -> None:
    few, many = (needed(SERVING, sessions) for sessions in (50, 200))
    assert 2 <= few <= 6
    assert 3 * few <= many <= 5 * few
    slower = Serving(SERVING.steps, network=0.002, request=0.002)
    assert needed(slower, 50) > few
    assert needed(Serving({1: 1.0, 2: 1.0}), 2, most=4) == 0
    assert served(SERVING, 50, few, seed=7) == served(SERVING, 50, few, seed=7)


def test_the_command_draws_the_growth(tmp_path: Path) -> None:
    plot = tmp_path / 'growth.svg'
    done = txt2vid('bench', 'cluster', '--json', '--simulate', '40', '--seconds', '1', '--steps',
                   '1=10,11=20', '--request-ms', '0', '1', '--plot', str(plot))
    assert done.returncode == 0, done.stderr
    alone, slower = json.loads(done.stdout).values()
    assert alone['steps'][-1]['sessions'] == 40
    assert 1 <= alone['replicas_for_all'] <= slower['replicas_for_all']
    assert 'sessions' in ''.join(Xml.fromstring(plot.read_text()).itertext())
    assert plot.stat().st_size < 200_000


@pytest.mark.parametrize(('wrong', 'told'), [
    (('--steps', '1=0'), "--steps is '1=0'"), (('--simulate', '0'), '--simulate is 0'),
    (('--request-ms', '1', '-1'), '--request-ms is -1'), (('--seconds', '0'), '--seconds is 0'),
    (('--network-ms', 'nan'), '--network-ms is nan'),
    (('--steps', '1=nan,4=2'), "--steps is '1=nan,4=2'"),
    (('--simulate', '1', '--plot', '/no/such/folder/growth.svg'),
     '--plot: /no/such/folder/growth.svg cannot be written')])
def test_what_cannot_be_simulated_is_said(wrong: tuple[str, ...], told: str) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(UserError, match=re.escape(told)):
        run(parser.parse_args(wrong))
