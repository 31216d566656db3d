"""Whether a provider works at present: a circuit breaker, and figures for /diagnostics."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import enum
import threading

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.providers.resilience.time_source import REAL_TIME, TimeSource

OPEN_TIME = Backoff(first=1.0, largest=60.0)
"""How long a breaker stays open, before jitter: longer after each further failure."""
UNEXPECTED_ERRORS_TO_OPEN = 3
"""Unexpected exceptions in a row that count as one failure; one may be due to the text alone."""


class BreakerState(enum.Enum):
    """Of a circuit breaker (M. Nygard, "Release It!")."""

    CLOSED = 'closed'  # the provider works
    OPEN = 'open'  # it does not, and gets no work for a while
    HALF_OPEN = 'half-open'  # it may be probed


class ErrorKind(enum.Enum):
    """Kinds of provider errors; the values are part of the names in /diagnostics."""

    TIME_LIMIT = 'time_limit'
    OUTSIDE = 'outside'  # a ProviderError: network, quota
    USER = 'user'  # a UserError: only the user can mend it
    UNEXPECTED = 'fault'  # any other exception: a bug in the provider's code


class ProviderHealth:
    """
    The breaker and the figures of one provider, shared by all that use it.

    Safe to use from any thread.
    """

    def __init__(self, time_source: TimeSource = REAL_TIME) -> None:
        """Begin closed."""
        self._time = time_source
        self._lock = threading.Lock()
        self._failures = 0
        """In a row, since work last succeeded; they decide how long the breaker stays open."""
        self._unexpected = 0
        self._opened: float | None = None
        self._retry_at = 0.0
        self._first_results = RollingPercentiles.of_sentences()
        self._errors: collections.Counter[ErrorKind] = collections.Counter()
        self.last_error = ''
        """As one line."""
        self.disabled_by = ''
        """Why it, or one of its voices, gets no work until the user mends something."""

    @property
    def state(self) -> BreakerState:
        """Return the state of the breaker."""
        with self._lock:
            if self._opened is None:
                return BreakerState.CLOSED
            return (BreakerState.OPEN if self._time.now() < self._retry_at
                    else BreakerState.HALF_OPEN)

    @property
    def retry_in(self) -> float:
        """Return the seconds until it may be probed."""
        with self._lock:
            return max(0.0, self._retry_at - self._time.now())

    def record_first_result(self, seconds: float) -> None:
        """Record how long the first sound, or the text, took."""
        self._first_results.observe(seconds)

    def record_success(self) -> None:
        """Close the breaker after work that was completed."""
        with self._lock:
            self._opened = None
            self._failures = self._unexpected = 0

    def record_partial_success(self) -> None:
        """
        Close the breaker after a probe, or work that proves less than a completed one.

        The failures stay counted: a provider that soon fails again gets no work for longer.
        """
        with self._lock:
            self._opened = None
            self._unexpected = 0

    def record_error(self, kind: ErrorKind, problem: str) -> None:
        """Count an error; the work may still succeed with another attempt."""
        self.last_error = problem
        self._errors[kind] += 1

    def record_failure(self, kind: ErrorKind) -> None:
        """Open the breaker: work failed in spite of all attempts."""
        if kind is ErrorKind.USER:
            # It concerns one voice, or one set of credentials, and says nothing of the service.
            return
        with self._lock:
            self._unexpected += 1
            if (kind is ErrorKind.UNEXPECTED and self._opened is None
                    and self._unexpected < UNEXPECTED_ERRORS_TO_OPEN):
                return
            self._failures += 1
            self._opened = self._time.now()
            self._retry_at = self._opened + self._time.jittered(OPEN_TIME.after(self._failures))

    def figures(self) -> Mapping[str, float | int | str]:
        """Return the state, percentiles of the time to the first result, and errors by kind."""
        return {
            'state': self.state.value,
            **({'refused': self.disabled_by} if self.disabled_by else {}),
            **self._first_results.figures('first_ms'),
            **{f'errors_{kind.value}': self._errors[kind]
               for kind in ErrorKind if self._errors[kind]}}


class HealthRegistry:
    """The health of every provider of a node, shared by all its voices."""

    def __init__(self, time_source: TimeSource = REAL_TIME) -> None:
        """Begin empty."""
        self.time_source = time_source
        self._healths: dict[str, ProviderHealth] = {}

    def of(self, name: str) -> ProviderHealth:
        """Return the health of the provider called `name`."""
        return self._healths.setdefault(name, ProviderHealth(self.time_source))

    def keep(self, name: str, health: ProviderHealth) -> None:
        """Take over the health of a provider that goes on as it is."""
        self._healths[name] = health

    def figures(self) -> dict[str, float | int | str]:
        """Return the figures of all, each as PROVIDER.FIGURE."""
        return {f'{name}.{key}': value for name, health in list(self._healths.items())
                for key, value in health.figures().items()}

    def complaint(self) -> str:
        """Return one line about the providers that do not work at present; '' where all do."""
        return '; '.join(f'{name} is out: {health.disabled_by or health.last_error}'
                         for name, health in list(self._healths.items())
                         if health.disabled_by or health.state is not BreakerState.CLOSED)
