"""A process that fails is started again, later each time, and given up when that does not help."""

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.core.process.restart_policy import RestartPolicy


def test_it_waits_longer_each_time_and_gives_up_in_the_end() -> None:
    policy = RestartPolicy(most_failures=4, backoff=Backoff(first=0.5, largest=10.0))
    assert [policy.failed(1.0, -11) for _ in range(4)] == [0.5, 1.0, 2.0, None]
    assert policy.failures == 4


def test_what_failed_before_a_steady_run_is_forgotten() -> None:
    policy = RestartPolicy(most_failures=3, steady_seconds=20.0)
    assert [policy.failed(1.0), policy.failed(1.0)] == [0.5, 1.0]
    assert policy.failed(20.1) == 0.0, 'it is started again at once'
    assert policy.failures == 1
    assert [policy.failed(20.0), policy.failed(0.0)] == [1.0, None]


def test_what_only_the_user_can_mend_is_not_tried_again() -> None:
    assert RestartPolicy().failed(1000.0, EXIT_USER_ERROR) is None


def test_two_processes_are_counted_apart() -> None:
    one, other = RestartPolicy(), RestartPolicy()
    one.failed(1.0)
    assert (one.failures, other.failures) == (1, 0)
