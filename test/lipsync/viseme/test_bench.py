"""The figures of the face are measured on its pictures and hold what the README promises."""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import pytest

from txt2vid_ros.cli.bench import face as bench
from txt2vid_ros.errors import UserError
from txt2vid_ros.lipsync.measure import best_lag, correlation


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args(words)


def test_the_default_face_with_a_real_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, 'SENTENCES', bench.SENTENCES[:2])
    figures = bench.run(options())
    assert figures['opening_r'] >= 0.8
    assert figures['bilabials_closed'] >= 0.95
    assert figures['bilabials'] >= 8
    assert figures['silence_opening'] < 0.02
    assert abs(figures['offset_ms']) < 20
    assert figures['outside_change'] == 0
    assert figures['ms_per_frame'] > 0


def test_from_the_sound_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, 'SENTENCES', bench.SENTENCES[2:4])
    figures = bench.run(options('--from-audio', '--size', '480x360'))
    assert figures['opening_r'] >= 0.6
    assert figures['silence_opening'] < 0.02
    assert abs(figures['offset_ms']) < 40


@pytest.mark.parametrize('size', ['640', 'axb', '640x', 'x480'])
def test_a_bad_size_is_named(size: str) -> None:
    with pytest.raises(UserError, match='--size'):
        bench.run(options('--size', size))


def test_a_lag_is_found_between_the_samples() -> None:
    times = np.arange(0, 4, 0.04)
    asked = np.sin(2 * np.pi * 1.7 * times) + np.sin(2 * np.pi * 0.9 * times)
    late = np.sin(2 * np.pi * 1.7 * (times - 0.05)) + np.sin(2 * np.pi * 0.9 * (times - 0.05))
    assert best_lag(late, asked, times) == pytest.approx(0.05, abs=0.01)
    assert best_lag(asked, asked, times) == pytest.approx(0, abs=0.005)


def test_a_mouth_that_does_not_move_correlates_with_nothing() -> None:
    moving = np.sin(np.arange(50.0))
    assert correlation(np.zeros(50), moving) == 0
    assert correlation(np.full(50, np.nan), moving) == 0
    assert correlation(moving, 2 * moving + 1) == pytest.approx(1)
