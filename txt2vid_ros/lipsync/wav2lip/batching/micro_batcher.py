"""
Computes the requests of many threads together.

A request that finds nothing running goes in at once; those that come while a batch is computed are
the next batch. So batches grow with the load by themselves, and nobody waits where nothing is
gained, as with the dynamic batchers of Triton and Ray Serve at a delay of 0. What their users
complain of is kept out by construction: a request that fails fails alone, one that nobody waits
for any more is not computed, and whatever happens every request is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
import dataclasses
import logging
import threading
import time
from typing import Generic, TypeVar

from txt2vid_ros.lipsync.wav2lip.batching.waiting_line import WaitingLine

Work = TypeVar('Work')
Result = TypeVar('Result')

CAPACITY = 1024
"""Pictures that wait at most; who asks for more waits until there is room."""

_log = logging.getLogger(__name__)


class BatcherClosedError(RuntimeError):
    """The batcher was closed before the request was computed."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__('the network was closed')


@dataclasses.dataclass(frozen=True)
class BatchCounts:
    """What was computed since the start."""

    requests: int = 0
    batches: int = 0
    largest: int = 0
    """Requests in one batch."""
    split: int = 0
    """Batches that failed, and whose requests were then computed one by one."""


@dataclasses.dataclass(frozen=True)
class _Request(Generic[Work, Result]):
    work: Work
    answer: Future[Result]


class MicroBatcher(Generic[Work, Result]):
    """A queue, and threads that compute what waits there, earliest deadline first."""

    def __init__(self, compute: Callable[[Sequence[Work]], Sequence[Result]],
                 most: Callable[[], int], *, workers: int = 1, gather: float = 0.0,
                 capacity: int = CAPACITY) -> None:
        """
        Start `workers` threads, each of which calls `compute` with a batch at a time.

        `compute` returns one result for each request of the batch. `most` returns how many
        pictures of different requests may be computed together at present. `gather`: seconds
        that a request waits for others while nothing runs.
        """
        self.counts = BatchCounts()
        self._compute = compute
        self._most = most
        self._capacity = capacity
        self._line: WaitingLine[_Request[Work, Result]] = WaitingLine(gather)
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._serve, name=f'batches {number}',
                                          daemon=True) for number in range(workers)]
        for thread in self._threads:
            thread.start()

    def ask(self, work: Work, size: int, deadline: float) -> Result:
        """
        Return the result for `work`, which is `size` pictures, the first to be seen at `deadline`.

        Deadlines only order the requests: any clock, as long as it is the same. Raises what
        `compute` raises for this request alone, and BatcherClosedError.
        """
        answer: Future[Result] = Future()
        with self._changed:
            # One that is larger than the whole queue goes in when nothing else waits.
            while (not self._closed and self._line.pictures
                   and self._line.pictures + size > self._capacity):
                self._changed.wait()
            if self._closed:
                raise BatcherClosedError
            self._line.add(_Request(work, answer), size, deadline, time.monotonic())
            self._changed.notify_all()
        try:
            return answer.result()
        except BaseException:
            # Who is interrupted waits no more: then it is not computed.
            answer.cancel()
            raise

    def close(self) -> None:
        """
        Let what is computed end, and refuse what waits; may be called twice.

        Returns when all threads have ended.
        """
        with self._changed:
            self._closed = True
            refused = self._line.clear()
            self._changed.notify_all()
        for request in refused:
            if request.answer.set_running_or_notify_cancel():
                request.answer.set_exception(BatcherClosedError())
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (batch := self._next()) is not None:
            wanted = [one for one in batch if one.answer.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _next(self) -> list[_Request[Work, Result]] | None:
        """Wait for the next batch; return None at the end."""
        with self._changed:
            while not self._closed:
                now, most = time.monotonic(), self._most()
                left = self._line.due_in(now, most)
                if left == 0:
                    batch = self._line.take(now, most)
                    self._changed.notify_all()      # there is room
                    return batch
                self._changed.wait(left)
        return None

    def _answer(self, batch: Sequence[_Request[Work, Result]]) -> None:
        split = False
        try:
            results = self._computed(batch)
        except BaseException as error:      # who asked gets it; the thread serves the others
            if len(batch) == 1:
                batch[0].answer.set_exception(error)
            else:
                split = True
                _log.warning('%d pictures together failed (%s: %s); each is computed by itself',
                             len(batch), type(error).__name__, error)
                for one in batch:
                    self._answer_alone(one)
        else:
            for one, result in zip(batch, results, strict=True):
                one.answer.set_result(result)
        self._count(len(batch), split)

    def _answer_alone(self, one: _Request[Work, Result]) -> None:
        try:
            one.answer.set_result(self._computed([one])[0])
        except BaseException as error:
            one.answer.set_exception(error)

    def _computed(self, batch: Sequence[_Request[Work, Result]]) -> Sequence[Result]:
        results = self._compute([one.work for one in batch])
        if len(results) != len(batch):
            raise RuntimeError(f'{len(results)} results for {len(batch)} requests')
        return results

    def _count(self, requests: int, split: bool) -> None:
        with self._changed:
            before = self.counts
            self.counts = BatchCounts(
                before.requests + requests, before.batches + 1,
                max(before.largest, requests), before.split + split)
