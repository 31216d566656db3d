"""Requests of many threads: their order, how long they wait, what fails and how it all ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
import contextlib
import itertools
import random
import threading
from typing import Any

import pytest
from txt2vid_ros.lipsync.wav2lip.batching.micro_batcher import BatcherClosedError, MicroBatcher
from txt2vid_ros.lipsync.wav2lip.batching.waiting_line import MAX_WAIT, WaitingLine

LONGEST = 60.0      # seconds that a test waits before it fails


class Network:
    """Squares numbers, one batch at a time and only when it is let; negative ones it cannot."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(batch))
        self.begun.release()
        assert self.go_on.acquire(timeout=LONGEST)
        if min(batch) < 0:
            raise ValueError(f'{min(batch)} is negative')
        return [number * number for number in batch]

    def holds(self) -> None:
        """Wait until a batch is being computed."""
        assert self.begun.acquire(timeout=LONGEST)

    def let(self, batches: int = 1000) -> None:
        self.go_on.release(batches)


class Askers:
    """Threads that ask, each of which is known to wait before the next one does."""

    def __init__(self, batcher: MicroBatcher[int, int], pool: ThreadPoolExecutor) -> None:
        self._batcher = batcher
        self._pool = pool

    def ask(self, number: int, deadline: float = 0.0, size: int = 1) -> Future[int]:
        before = self._batcher._line._count
        answer = self._pool.submit(self._batcher.ask, number, size, deadline)
        wait_until(lambda: self._batcher._line._count > before or answer.done())
        return answer


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(round(LONGEST / 0.002)):
        if condition():
            return
        threading.Event().wait(0.002)
    raise AssertionError('it did not come to that')


@pytest.fixture
def network() -> Network:
    return Network()


@contextlib.contextmanager
def asked(network: Network, most: int = 8, **options: Any
          ) -> Iterator[tuple[MicroBatcher[int, int], Askers]]:
    batcher: MicroBatcher[int, int] = MicroBatcher(network, lambda: most, **options)
    with ThreadPoolExecutor(16) as pool, contextlib.closing(batcher):
        try:
            yield batcher, Askers(batcher, pool)
        finally:
            network.let()


def test_what_comes_while_one_is_computed_goes_in_together(network: Network) -> None:
    with asked(network, most=3) as (batcher, askers):
        answers = [askers.ask(1)]
        network.holds()
        answers += [askers.ask(number, deadline) for number, deadline in (
            (2, 5.0), (3, 1.0), (4, 4.0), (5, 2.0), (6, 3.0))]
        network.let()
        assert [one.result(LONGEST) for one in answers] == [1, 4, 9, 16, 25, 36]
        wait_until(lambda: batcher.counts.batches == 3)
        assert batcher.counts.requests == 6 and batcher.counts.largest == 3
    assert [len(batch) for batch in network.batches] == [1, 3, 2]


def test_a_lone_request_waits_for_nobody(network: Network) -> None:
    network.let()
    with asked(network) as (_, askers):
        for number in range(5):
            assert askers.ask(number).result(LONGEST) == number * number
    assert network.batches == [[0], [1], [2], [3], [4]]


def test_one_that_fails_fails_alone(network: Network) -> None:
    with asked(network) as (batcher, askers):
        first = askers.ask(1)
        network.holds()
        answers = {number: askers.ask(number) for number in (2, -3, 4, -5, 6)}
        network.let()
        assert first.result(LONGEST) == 1
        for number in (2, 4, 6):
            assert answers[number].result(LONGEST) == number * number
        for number in (-3, -5):
            with pytest.raises(ValueError, match=f'{number} is negative'):
                answers[number].result(LONGEST)
        assert askers.ask(7).result(LONGEST) == 49
        assert batcher.counts.split == 1


def test_too_few_results_leave_nobody_waiting() -> None:
    batcher: MicroBatcher[int, int] = MicroBatcher(lambda batch: [], lambda: 8)
    with contextlib.closing(batcher), pytest.raises(RuntimeError, match='0 results for 1'):
        batcher.ask(1, 1, 0.0)


def test_whatever_is_raised_is_told_to_who_asked_and_others_are_served() -> None:
    def ends(batch: Sequence[int]) -> Sequence[int]:
        if batch == [1]:
            raise SystemExit('over')
        return batch

    batcher: MicroBatcher[int, int] = MicroBatcher(ends, lambda: 8)
    with contextlib.closing(batcher):
        with pytest.raises(SystemExit, match='over'):
            batcher.ask(1, 1, 0.0)
        assert batcher.ask(2, 1, 0.0) == 2


def test_at_the_end_what_is_computed_is_answered_and_what_waits_is_refused(
        network: Network) -> None:
    with asked(network) as (batcher, askers):
        computed = askers.ask(2)
        network.holds()
        waiting = [askers.ask(number) for number in (3, 4)]
        closing = threading.Thread(target=batcher.close)
        closing.start()
        for one in waiting:
            with pytest.raises(BatcherClosedError):
                one.result(LONGEST)
        assert closing.is_alive()
        network.let()
        closing.join(LONGEST)
        assert not closing.is_alive() and computed.result(LONGEST) == 4
        batcher.close()
        with pytest.raises(BatcherClosedError):
            batcher.ask(5, 1, 0.0)
    assert network.batches == [[2]]
    assert not any(thread.is_alive() for thread in batcher._threads)


def test_a_full_queue_holds_back_who_asks_for_more(network: Network) -> None:
    with asked(network, most=2, capacity=2) as (batcher, askers):
        answers = [askers.ask(1)]
        network.holds()
        answers += [askers.ask(2), askers.ask(3)]
        late = threading.Thread(target=lambda: answers.append(_done(batcher.ask(4, 1, 0.0))))
        late.start()
        late.join(0.05)
        assert late.is_alive() and batcher._line.pictures == 2
        network.let()
        late.join(LONGEST)
        assert [one.result(LONGEST) for one in answers] == [1, 4, 9, 16]


def test_one_that_is_larger_than_all_limits_goes_in_by_itself(network: Network) -> None:
    with asked(network, most=4, capacity=8) as (_, askers):
        answers = [askers.ask(1)]
        network.holds()
        answers.append(askers.ask(2, size=4))
        network.let()
        answers.append(askers.ask(3, size=100))
        assert [one.result(LONGEST) for one in answers] == [1, 4, 9]


def test_what_nobody_waits_for_is_not_computed(network: Network) -> None:
    with asked(network) as (batcher, askers):
        first = askers.ask(1)
        network.holds()
        second = askers.ask(2)
        # As where the thread that asks is interrupted.
        batcher._line._waiting[0].item.answer.cancel()
        network.let()
        assert first.result(LONGEST) == 1
        assert second.exception(LONGEST) is not None
    assert network.batches == [[1]]


def test_who_gathers_goes_in_without_others_too(network: Network) -> None:
    network.let()
    with asked(network, gather=MAX_WAIT) as (_, askers):
        assert askers.ask(3).result(LONGEST) == 9


def test_several_batches_are_computed_at_once_where_that_is_asked_for(network: Network) -> None:
    with asked(network, most=1, workers=2) as (_, askers):
        answers = [askers.ask(2), askers.ask(3)]
        network.holds()
        network.holds()
        network.let()
        assert [one.result(LONGEST) for one in answers] == [4, 9]


def test_many_threads_each_get_their_own() -> None:
    def squares(batch: Sequence[int]) -> Sequence[int]:
        if any(number % 17 == 0 for number in batch):
            raise ValueError('seventeen')
        return [number * number for number in batch]

    def work(start: int) -> int:
        right = 0
        for number in range(start, start + 50):
            try:
                right += batcher.ask(number, 1, random.random()) == number * number
            except ValueError:
                right += number % 17 == 0
        return right

    batcher: MicroBatcher[int, int] = MicroBatcher(squares, lambda: 16, workers=2)
    with ThreadPoolExecutor(8) as pool, contextlib.closing(batcher):
        assert list(pool.map(work, range(0, 400, 50))) == [50] * 8


def test_the_earliest_deadline_goes_first_and_ties_by_arrival() -> None:
    line: WaitingLine[str] = WaitingLine()
    for name, deadline in (('c', 3.0), ('a', 1.0), ('b', 2.0), ('a2', 1.0)):
        line.add(name, 1, deadline, now=0.0)
    assert [line.take(0.01, most=2) for _ in range(2)] == [['a', 'a2'], ['b', 'c']]
    assert line.due_in(0.01, 2) is None and line.pictures == 0


def test_nobody_starves_whatever_others_ask_for() -> None:
    line: WaitingLine[str] = WaitingLine()
    line.add('patient', 1, float('inf'), now=0.0)
    taken = []
    for step in itertools.count():
        now = step * 0.004
        line.add(f'urgent {step}', 1, deadline=now, now=now)
        taken += line.take(now, most=1)
        if taken[-1] == 'patient':
            break
    assert now == pytest.approx(MAX_WAIT)
    assert taken[:-1] == [f'urgent {step}' for step in range(10)]


def test_who_gathers_waits_for_a_full_batch_or_the_time_that_was_set() -> None:
    line: WaitingLine[str] = WaitingLine(gather=0.03)
    assert line.due_in(0.0, 3) is None
    line.add('a', 2, 9.0, now=1.0)
    assert line.due_in(1.0, 3) == pytest.approx(0.03)
    assert line.due_in(1.02, 3) == pytest.approx(0.01)
    assert line.due_in(1.5, 3) == 0.0
    line.add('b', 1, 8.0, now=1.01)
    assert line.due_in(1.01, 3) == 0.0
    assert line.take(1.01, 3) == ['b', 'a']
    with pytest.raises(ValueError, match='not within'):
        WaitingLine(gather=MAX_WAIT * 1.01)


def test_a_batch_ends_where_the_next_one_does_not_fit() -> None:
    line: WaitingLine[str] = WaitingLine()
    for name, size in (('a', 3), ('b', 2), ('c', 1)):
        line.add(name, size, 0.0, now=0.0)
    assert [line.take(0.0, most=4) for _ in range(2)] == [['a'], ['b', 'c']]


def _done(value: int) -> Future[int]:
    done: Future[int] = Future()
    done.set_result(value)
    return done
