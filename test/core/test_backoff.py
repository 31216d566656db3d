"""Pauses between tries grow up to a limit and never overflow."""

from txt2vid_ros.core.backoff import Backoff


def test_pauses_double_up_to_the_largest() -> None:
    backoff = Backoff(first=0.5, largest=3.0)
    assert [backoff.after(failures) for failures in range(6)] == [0.0, 0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_peer_that_is_away_for_weeks_overflows_nothing() -> None:
    assert Backoff(first=0.5, largest=10.0).after(1_000_000) == 10.0
