"""Whether a provider works at present: a circuit breaker, and figures for /diagnostics."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
import dataclasses
import enum
import random
import statistics
import threading
import time

FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0
"""Seconds for which a provider is left alone after its first failure, and at the most."""
PUZZLES = 3
"""Unexplained exceptions in a row that count as one failure of the provider."""


@dataclasses.dataclass(frozen=True)
class Pace:
    """Time and chance, so that tests can replace both."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """Return a number from 0 to 1."""

    def around(self, seconds: float) -> float:
        """Return half to one and a half times `seconds`: what failed together tries apart."""
        return seconds * (0.5 + self.random())


class State(enum.Enum):
    """Of a circuit breaker (M. Nygard, "Release It!")."""

    CLOSED = 'closed'  # it works
    OPEN = 'open'  # it does not, and is left alone for a while
    HALF_OPEN = 'half-open'  # it is due to be tried


class Kind(enum.Enum):
    """Kinds of errors."""

    TIME = 'time_limit'
    OUTSIDE = 'outside'  # a ProviderError: network, quota
    USER = 'user'  # a UserError: only the user can mend it
    FAULT = 'fault'  # any other exception: a fault of the provider's code


class Health:
    """What is known of one provider, from all that work with it. Safe to use from any thread."""

    def __init__(self, pace: Pace = Pace()) -> None:
        """Begin as one that works."""
        self._pace = pace
        self._lock = threading.Lock()
        self._failures = 0
        self._puzzles = 0
        self._opened: float | None = None
        self._retry_at = 0.0
        self._first: collections.deque[float] = collections.deque(maxlen=100)
        self._errors: collections.Counter[Kind] = collections.Counter()
        self.problem = ''
        """The last one, as a line."""
        self.refusal = ''
        """Why it, or one of its voices, is of no use until the user mends something."""

    @property
    def state(self) -> State:
        """Return the state of the breaker."""
        with self._lock:
            if self._opened is None:
                return State.CLOSED
            return State.OPEN if self._pace.now() < self._retry_at else State.HALF_OPEN

    @property
    def retry_in(self) -> float:
        """Return the seconds until it is due to be tried."""
        with self._lock:
            return max(0.0, self._retry_at - self._pace.now())

    def heard(self, seconds: float) -> None:
        """Note after how long the first sound, or the text, was there."""
        self._first.append(seconds)

    def worked(self) -> None:
        """Note a piece of work that was done to its end."""
        with self._lock:
            self._opened = None
            self._failures = self._puzzles = 0

    def recovered(self) -> None:
        """Note a trial that went well. One that fails again soon is left alone for longer."""
        with self._lock:
            self._opened = None
            self._puzzles = 0

    def erred(self, kind: Kind, problem: str) -> None:
        """Count an error, after which the same may be tried again."""
        self.problem = problem
        self._errors[kind] += 1

    def failed(self, kind: Kind) -> None:
        """Note that a piece of work failed in spite of all tries."""
        if kind is Kind.USER:
            # Of one voice, or one set of credentials; it says nothing of the service.
            return
        with self._lock:
            self._puzzles += 1
            if kind is Kind.FAULT and self._puzzles < PUZZLES and self._opened is None:
                return
            backoff = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(self._failures, 16))
            self._failures += 1
            self._opened = self._pace.now()
            self._retry_at = self._opened + self._pace.around(backoff)

    def figures(self) -> Mapping[str, float | int | str]:
        """Return the state, the median of the time to the first result, and errors by kind."""
        first = list(self._first)
        return {
            'state': self.state.value,
            **({'refused': self.refusal} if self.refusal else {}),
            **({'first_ms_p50': statistics.median(first) * 1000} if first else {}),
            **{f'errors_{kind.value}': self._errors[kind] for kind in Kind if self._errors[kind]}}


class Board:
    """The health of every provider of a node, shared by all its voices."""

    def __init__(self, pace: Pace = Pace()) -> None:
        """Know of none yet."""
        self.pace = pace
        self._healths: dict[str, Health] = {}

    def of(self, name: str) -> Health:
        """Return the health of the provider called `name`."""
        return self._healths.setdefault(name, Health(self.pace))

    def figures(self) -> dict[str, float | int | str]:
        """Return the figures of all, each name with the provider's before it."""
        return {f'{name}.{key}': value for name, health in list(self._healths.items())
                for key, value in health.figures().items()}

    def complaint(self) -> str:
        """Return a line about those that do not work at present; '' where all do."""
        return '; '.join(f'{name} is out: {health.refusal or health.problem}'
                         for name, health in list(self._healths.items())
                         if health.refusal or health.state is not State.CLOSED)
