"""
Sessions that ask replicas for mouths, as a discrete-event simulation: the same seed, same figures.

Each session wants a mouth 25 times a second, begins at a random part of a picture, and asks for
the next one only when it has the one before, as txt2vid_ros.lipsync.remote does. Of two replicas
chosen at random the one with less to do is asked, as Ray Serve does (M. Mitzenmacher, "The Power
of Two Choices in Randomized Load Balancing"). A replica gathers requests as cluster/lipsync.py
has `serve.batch` do it. Nothing fails, and no replica is started meanwhile.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Mapping
import dataclasses
import heapq
import itertools
import random

import numpy as np

FPS = 25
IN_TIME = 0.99
"""Of the mouths, for a number of sessions to count as served."""


@dataclasses.dataclass(frozen=True)
class Serving:
    """What takes how long, seconds; what is the deployment's is as it is configured."""

    steps: Mapping[int, float]
    """Of the network for a batch of so many mouths."""
    request: float = 0.0
    """Of each request in its replica, beside the network and one after another."""
    network: float = 0.001
    """There and back."""
    deadline: float = 0.04
    """From when a picture is due to its mouth."""
    gather: float = 0.004
    most_together: int = 64
    most_ongoing: int = 64
    """Of a replica; others wait for one that has room."""
    most_queued: int = 64
    """That wait so; others are refused."""

    def step(self, batch: int) -> float:
        """Return the seconds for a batch; between measured sizes on a straight line."""
        sizes = sorted(self.steps)
        if batch <= sizes[0]:
            return self.steps[sizes[0]] + batch * self.request
        above = min(bisect.bisect_left(sizes, batch), len(sizes) - 1)
        low, high = sizes[above - 1], sizes[above]
        slope = (self.steps[high] - self.steps[low]) / (high - low)
        return self.steps[low] + slope * (batch - low) + batch * self.request


@dataclasses.dataclass(frozen=True)
class Served:
    """How the sessions fared."""

    in_time: float
    """Share of the mouths within the deadline; what was refused is not."""
    p50: float
    p99: float
    """Seconds from when a picture is due to its mouth; for ever where it was refused."""
    mean_batch: float
    refused: float
    """Share of the requests."""


@dataclasses.dataclass
class _Replica:
    waiting: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    """Sessions, and when the picture of each is due."""
    running: int = 0
    gathering: bool = False

    @property
    def ongoing(self) -> int:
        return len(self.waiting) + self.running


class _Simulation:
    def __init__(self, serving: Serving, sessions: int, replicas: int, seconds: float, seed: int
                 ) -> None:
        self._serving = serving
        self._replicas = [_Replica() for _ in range(replicas)]
        self._random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self._end = seconds
        self._times: list[float] = []
        self._queued: deque[tuple[int, float]] = deque()
        self._refused = 0
        self._batches: list[int] = []
        for session in range(sessions):
            self._due(session, self._random.random() / FPS, 0.0)

    def run(self) -> Served:
        while self._events:
            time, _, action = heapq.heappop(self._events)
            action(time)
        times = np.array(self._times + [np.inf] * self._refused)
        p50, p99 = (float(np.percentile(times, each, method='higher')) for each in (50, 99))
        return Served(float((times <= self._serving.deadline).mean()), p50, p99,
                      float(np.mean(self._batches or [0])), self._refused / len(times))

    def _at(self, time: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), action))

    def _due(self, session: int, due: float, free: float) -> None:
        """Have a session ask for the picture that is due next, once it has the one before."""
        if due < self._end:
            self._at(max(due, free) + self._serving.network / 2,
                     lambda now: self._ask(session, due, now))

    def _ask(self, session: int, due: float, now: float) -> None:
        among = self._replicas
        if len(among) > 2:
            among = self._random.sample(among, 2)
        replica = min(among, key=lambda each: each.ongoing)
        if replica.ongoing < self._serving.most_ongoing:
            replica.waiting.append((session, due))
            if not replica.running:
                self._gather(replica, now)
        elif len(self._queued) < self._serving.most_queued:
            self._queued.append((session, due))
        else:
            self._refused += 1
            self._due(session, due + 1 / FPS, now + self._serving.network / 2)

    def _gather(self, replica: _Replica, now: float) -> None:
        if len(replica.waiting) >= self._serving.most_together:
            self._compute(replica, now)
        elif not replica.gathering:
            replica.gathering = True
            self._at(now + self._serving.gather, lambda now: self._gathered(replica, now))

    def _gathered(self, replica: _Replica, now: float) -> None:
        if replica.gathering:
            self._compute(replica, now)

    def _compute(self, replica: _Replica, now: float) -> None:
        most = self._serving.most_together
        batch, replica.waiting = replica.waiting[:most], replica.waiting[most:]
        replica.gathering, replica.running = False, len(batch)
        self._batches.append(len(batch))
        self._at(now + self._serving.step(len(batch)),
                 lambda now: self._answer(replica, batch, now))

    def _answer(self, replica: _Replica, batch: list[tuple[int, float]], now: float) -> None:
        replica.running = 0
        there = now + self._serving.network / 2
        for session, due in batch:
            self._times.append(there - due)
            self._due(session, due + 1 / FPS, there)
        while self._queued and replica.ongoing < self._serving.most_ongoing:
            replica.waiting.append(self._queued.popleft())
        if replica.waiting:
            self._gather(replica, now)


def served(serving: Serving, sessions: int, replicas: int, seconds: float = 2.0, seed: int = 0
           ) -> Served:
    """Return how so many sessions fare with so many replicas, all of them speaking."""
    return _Simulation(serving, sessions, replicas, seconds, seed).run()


def needed(serving: Serving, sessions: int, seconds: float = 2.0, seed: int = 0, most: int = 512
           ) -> int:
    """Return how many replicas 99 of 100 mouths in time need; 0 where `most` are not enough."""
    def enough(replicas: int) -> bool:
        return served(serving, sessions, replicas, seconds, seed).in_time >= IN_TIME

    high = 1
    while not enough(high):
        high *= 2
        if high > most:
            return 0
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
