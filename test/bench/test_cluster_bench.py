"""The simulation of many faces agrees with what can be computed by hand, and is repeatable."""

from __future__ import annotations

import json
from pathlib import Path
import xml.etree.ElementTree as Xml

from command_line import txt2vid
import pytest
from txt2vid_ros.bench.cluster.serving import needed, served, Serving

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
    wrong = txt2vid('bench', 'cluster', '--steps', '1=0')
    assert (wrong.returncode, 'Traceback' in wrong.stderr) == (2, False)
