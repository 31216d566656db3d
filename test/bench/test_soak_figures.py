"""The rulers of the soak test: what grows, what is lost, what the report says."""

from __future__ import annotations

import json
import math
from pathlib import Path
import random
from typing import Any

from hri_msgs.msg import LiveSpeech
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image
from trajectory_msgs.msg import JointTrajectory
from txt2vid_ros.bench.rig.plot import chart
from txt2vid_ros.bench.rig.slope import theil_sen
from txt2vid_ros.bench.soak.garbage import nonsense
from txt2vid_ros.bench.soak.log import read, SoakLog
from txt2vid_ros.bench.soak.results.bars import bars
from txt2vid_ros.bench.soak.results.figures import figures
from txt2vid_ros.bench.soak.results.report import page
from txt2vid_ros.bench.soak.utterance import Utterance
from txt2vid_ros.core.errors import UserError

Row = dict[str, Any]


def processes(grown_an_hour: float, minutes: int = 60, pid: int = 7) -> list[Row]:
    """Return what a process holds that begins with a large step and then grows evenly."""
    return [{'kind': 'processes', 't': at * 10.0, 'load': 1.0, 'held': {'tts': [
        pid, 200.0 + 50 * math.exp(-at / 10) + grown_an_hour * at * 10 / 3600 + (at % 7 == 0) * 20,
        1.0, 5, 5]}} for at in range(minutes * 6)]


def utterance(number: int, at: float, verdict: str = 'whole', **more: Any) -> Row:
    share = {'whole': 1.0, 'cut': 0.5}.get(verdict, 0.0)
    return {'kind': 'utterance', 't': at + 4, 'number': number, 'way': 'heard', 'claps': False,
            'interrupted': False, 'published': at, 'begun': at, 'last': at + 2, 'ends': 1,
            'verdict': verdict, 'ids': 1, 'share': share, 'loud_s': 1.0,
            'said_s': 2.0, 'summed_s': 2.0, 'offsets_ms': [], **more}


def fault(name: str, at: float, **more: Any) -> Row:
    return {'kind': 'fault', 'name': name, 't': at, 'end': at + 2, **more}


@given(st.floats(-50, 50), st.integers(0, 2 ** 32 - 1))
def test_a_slope_is_found_though_a_quarter_of_the_points_lies_anywhere(
        slope: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    at = np.arange(80.0)
    values = slope * at + chance.normal(0, 0.1, 80)
    values[chance.choice(80, 20, replace=False)] += chance.uniform(-1000, 1000, 20)
    found = theil_sen(list(at), list(values))
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(slope, abs=0.1)


def test_of_many_points_the_slope_is_the_same_and_of_one_there_is_none() -> None:
    at = [each / 10 for each in range(5000)]
    assert theil_sen(at, [3 * each for each in at]).value == pytest.approx(3)
    assert math.isnan(theil_sen([1.0], [2.0]).value)


@pytest.mark.parametrize('grown', [0.0, 0.5, 25.0])
def test_growth_is_that_after_the_warm_up(grown: float) -> None:
    found = figures(processes(grown))
    assert found['rss_slope_mb_per_h']['tts'] == pytest.approx(grown, abs=0.3)
    low, high = found['rss_slope_interval']['tts']
    assert low - 0.01 <= grown <= high + 0.3


def test_a_process_that_was_restarted_is_judged_by_its_longest_life() -> None:
    rows = [*processes(100.0, 5, pid=3), *(
        {**row, 't': row['t'] + 300} for row in processes(2.0, 60, pid=4))]
    assert figures(rows)['rss_slope_mb_per_h']['tts'] == pytest.approx(2.0, abs=0.3)


def test_growth_is_measured_behind_the_last_fault_where_enough_is_left() -> None:
    rows = processes(0.0)
    for row in rows:
        # What a fault has a node load stays, and is no growth.
        row['held']['tts'][1] += 200.0 * (row['t'] > 1830.0)
    assert figures([*rows, fault('garbage', 1800.0)])['rss_slope_mb_per_h'][
        'tts'] == pytest.approx(0.0, abs=0.3)
    late = figures([*rows, fault('garbage', 1800.0), fault('kill web', 3300.0)])
    assert late['rss_slope_minutes']['tts'] > 45


def test_claps_count_apart_for_which_the_machine_was_quick_enough() -> None:
    def look(at: float, every: int = 1, drops: int = 0) -> Row:
        return {'kind': 'stages', 't': at, 'lipsync.mouth_every': every, 'lipsync.drops': drops}

    rows = [look(0.0), look(2.0), utterance(1, 0.5, claps=True, offsets_ms=[0.5, -0.4]), look(4.0),
            utterance(2, 4.5, claps=True, offsets_ms=[36.0]), look(6.0, every=2), look(8.0),
            utterance(3, 8.5, claps=True, offsets_ms=[80.0]), look(10.0, drops=1),
            look(12.0, drops=1), utterance(4, 12.5, claps=True, offsets_ms=[7.0])]
    found = figures(rows)
    assert found['offsets_measured'] == 5
    assert found['offsets_in_time'] == 2
    assert found['offset_ms_p95_in_time'] == pytest.approx(0.5, abs=0.05)


def test_what_is_lost_is_told_apart_by_what_caused_it() -> None:
    rows = [
        utterance(1, 0), utterance(2, 10, 'lost'), fault('kill tts', 20.5, back_s=2.5),
        utterance(3, 20, 'cut'), utterance(4, 21, 'lost'), fault('kill web', 39, back_s=1.0),
        utterance(5, 40, 'cut'), utterance(6, 60, ids=3), utterance(7, 70, summed_s=4.0),
        utterance(10, 75, ids=2),
        utterance(8, 80, 'cut', interrupted=True), utterance(9, 90, 'unseen'),
        {'kind': 'gap', 't': 39.5, 'seconds': 2.0}, {'kind': 'gap', 't': 75.0, 'seconds': 0.6}]
    found = figures(rows)
    assert (found['lost'], found['repeated'], found['interruptions']) == (1, 3, 1)
    assert [each['number'] for each in found['lost_utterances']] == [2]
    assert [each['number'] for each in found['cut_by_kill_of_tts']] == [3, 4]
    assert [(each['number'], each['after']) for each in found['cut_utterances']] == [
        (5, 'kill web')]
    assert found['unseen_on_topics'] == 1
    assert found['worst_restart_s'] == 2.5
    assert (found['worst_picture_gap_s'], found['worst_undisturbed_picture_gap_s']) == (2.0, 0.6)
    assert [each['gap_s'] for each in found['faults']] == [0.0, 2.0]


def test_a_node_that_does_not_come_back_has_no_time() -> None:
    rows = [fault('kill web', 1, back_s=1.0), fault('kill tts', 9, back_s=None)]
    assert figures(rows)['worst_restart_s'] is None
    assert [kept for _, said, kept in bars(figures(rows)) if said == 'one did not come back'
            ] == [False]


def pictures(at: float, seen: int = 100, missing: float = 0.0, frozen: float = 0.1,
             changes: int = 90) -> Row:
    return {'kind': 'pictures', 't': at, 'seen': seen, 'changes': changes, 'missing_s': missing,
            'frozen_s': frozen}


def picture_bar(rows: list[Row]) -> tuple[str, bool | None]:
    return next((said, kept) for bar, said, kept in bars(figures(rows))
                if 'without a picture' in bar)


def test_pictures_that_never_come_back_count_until_the_end() -> None:
    rows = [pictures(10), fault('kill stream', 20, back_s=2.0),
            {'kind': 'gap', 't': 20.0, 'seconds': 0.7}, fault('kill lipsync', 60, back_s=2.0),
            pictures(90, missing=28.0, frozen=29.0)]
    found = figures(rows)
    assert (found['worst_picture_gap_s'], found['worst_undisturbed_picture_gap_s']) == (28.0, 0.0)
    assert found['worst_frozen_picture_s'] == 29.0
    assert [(each['gap_s'], each['frozen_s']) for each in found['faults']] == [
        (0.7, 0.0), (28.0, 29.0)]
    assert picture_bar(rows)[1] is False
    assert picture_bar(rows[:3])[1] is True


def test_a_run_without_any_picture_fails_and_one_that_was_not_watched_is_not_measured() -> None:
    assert picture_bar([pictures(0.5, 0, 0.5)]) == ('no picture came', False)
    assert picture_bar([pictures(0.5, changes=0)]) == (
        'the picture was frozen all the time', False)
    assert picture_bar([utterance(1, 0)]) == ('', None)


def test_what_was_not_judged_is_not_taken_for_heard() -> None:
    rows = [utterance(1, 0)]
    assert bars(figures(rows))[0][2] is True
    rows.append({'kind': 'unjudged', 't': 9.0, 'number': 2})
    assert bars(figures(rows))[0][1:] == ('0 lost, 0 twice, 1 not judged of 2', False)


def test_growth_is_missed_where_the_lower_end_of_its_interval_is_above_the_bar() -> None:
    kept = {grown: next(kept for bar, _, kept in bars(figures(processes(grown))) if 'grows' in bar)
            for grown in (0.2, 25.0)}
    assert kept == {0.2: True, 25.0: False}


def test_the_report_tells_files_threads_and_processor_time() -> None:
    rows = processes(0.0)
    for number, row in enumerate(rows):
        row['held']['tts'][2:] = [number * 2.0, 5 + number // 100, 7]
    found = figures(rows)
    assert found['open_files']['tts'] == [5, 8] and found['threads']['tts'] == [7, 7]
    assert found['processor_percent']['tts'] == 20.0


def test_offsets_of_the_end_are_told_apart() -> None:
    rows = [utterance(number, number * 10.0, offsets_ms=[-4.0 if number < 8 else 30.0])
            for number in range(10)]
    found = figures(rows)
    assert found['offset_ms_p95_last'] == 30.0
    assert found['offsets_measured'] == 10


def test_an_utterance_knows_its_sound_by_its_id() -> None:
    said = Utterance(1, 'a', 'heard', 1000, 'default')
    assert said.owns('default#1000') and said.owns('default#1000~2')
    assert said.owns('default#1001')    # the same text again
    assert not said.owns('default#900000') and not said.owns('link#1000') and not said.owns('x')
    over_link = Utterance(1, 'a', 'link', 10 ** 12, 'link')
    assert over_link.owns(f'link#{10 ** 12 + 10 ** 8}')
    assert not over_link.owns(f'link#{10 ** 12 + 10 ** 9}')


def test_what_was_written_before_an_interruption_is_kept(tmp_path: Path) -> None:
    file = tmp_path / 'soak.jsonl'
    log = SoakLog(file)
    log.add('begin', minutes=1)
    log.close()
    with file.open('a') as more:
        more.write('{"kind": "fau')
    assert [row['kind'] for row in read(file)] == ['begin']
    file.write_text('no\n{}\n')
    with pytest.raises(UserError, match='line 1'):
        read(file)
    with pytest.raises(UserError, match='cannot be read'):
        read(tmp_path / 'none')


def test_the_report_has_every_plot_and_escapes_what_it_shows(tmp_path: Path) -> None:
    rows = [{'kind': 'begin', 't': 0.0, 'epoch': 0, 'machine': '<b>', 'cores': 2},
            *processes(2.0, 10), fault('kill tts', 60, back_s=2.0), utterance(1, 30, 'lost'),
            {'kind': 'stages', 't': 5.0, 'tts.lead_ms': 300.0}]
    text = page(rows)
    assert text.count('<svg') == 7
    assert '<b>' not in text and '&lt;b&gt;' in text
    assert 'kill tts, 60 s' in text and 'missed' in text and 'not measured' in text
    assert page([])     # nothing has happened yet


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e9, 1e9) | st.just(math.nan))))
def test_a_plot_takes_whatever_it_is_given(points: list[tuple[float, float]]) -> None:
    found = chart('a', 'b', {'c': sorted(points)}, [(3.0, 'd')])
    assert found.endswith('</svg>') and 'nan' not in found and 'inf' not in found


def test_nonsense_can_be_published_as_any_type() -> None:
    for seed in range(50):
        for kind in (LiveSpeech, Image, CameraInfo, JointTrajectory):
            assert isinstance(nonsense(kind, random.Random(seed)), kind)
    json.dumps(figures([]))
