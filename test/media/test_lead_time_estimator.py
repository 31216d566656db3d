"""The lead covers the delays that are there, and no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator


def observed(delays: list[float], **options: float) -> LeadTimeEstimator:
    """Return an estimator that has seen the delays."""
    estimator = LeadTimeEstimator(0.1, **options)  # type: ignore[arg-type]
    for delay in delays:
        estimator.observe(delay)
    return estimator


def test_before_any_delay_it_is_the_need_and_the_margin() -> None:
    assert observed([], margin=0.02).lead_time == pytest.approx(0.12)


@given(st.lists(st.floats(0, 0.3), min_size=50, max_size=250))
def test_nearly_all_delays_are_covered_and_it_is_no_longer_than_the_longest(
        delays: list[float]) -> None:
    usual = observed(delays, margin=0.0).lead_time - 0.1
    assert sum(delay <= usual + 1e-9 for delay in delays) >= 0.96 * len(delays)
    assert usual <= max(delays) + 1e-9


def test_it_falls_when_the_delays_have_gone_by() -> None:
    estimator = observed([0.3] * 250)
    slow = estimator.lead_time
    for _ in range(250):
        estimator.observe(0.01)
    assert estimator.lead_time < slow - 0.2


def test_it_stays_within_its_bounds() -> None:
    assert observed([5.0] * 100, largest=0.4).lead_time == 0.4
    assert observed([-5.0] * 100, smallest=0.05).lead_time == 0.05
