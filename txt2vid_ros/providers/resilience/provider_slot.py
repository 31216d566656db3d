"""One provider of a list: the object, the thread that it works on, and its circuit breaker."""

from __future__ import annotations

from collections.abc import Callable, Generator
import logging
import threading
from typing import Generic, Protocol, TypeVar

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.resilience.health import BreakerState, ErrorKind, ProviderHealth
from txt2vid_ros.providers.resilience.job_thread import (
    CancelCheck,
    Item,
    Job,
    JobThread,
    TimeLimitError,
)

log = logging.getLogger(__name__)

MAX_HUNG_CALLS = 3
"""Calls of one provider that may hang; after that it gets no new object and no work."""
CLOSE_TIMEOUT = 2.0
"""Seconds to wait for a provider to close."""


class Loadable(Protocol):
    """What voices and recognizers have in common."""

    def load(self) -> None:
        """Load models or connect."""
        ...

    def close(self) -> None:
        """Release what load() took."""
        ...


P = TypeVar('P', bound=Loadable)


class ProviderSlot(Generic[P]):
    """
    A provider that is made, loaded and used on one thread of its own.

    Where a call hangs, object and thread are abandoned: the next work gets a new object on a new
    thread, and the hung object is closed if its call ever returns.
    """

    def __init__(self, name: str, make: Callable[[], P], limits: TimeLimits,
                 health: ProviderHealth) -> None:
        """`make` returns an object that is not loaded."""
        self.name = name
        self.limits = limits
        self.health = health
        self.disabled_by: UserError | None = None
        """Why it gets no work until the user mends something and starts again."""
        self.probe: Job[float] | None = None
        """Work whose only purpose is to learn whether the provider works again."""
        self._make = make
        self._lock = threading.Lock()
        """Guards the two that follow: the job thread sets the provider, abandon() clears both."""
        self._thread: JobThread | None = None
        self.provider: P | None = None
        """The loaded object."""
        self._hung: list[JobThread] = []

    @property
    def awaited(self) -> bool:
        """Return whether it could not be loaded yet, and not for what only the user can mend."""
        return self.provider is None and self.disabled_by is None

    @property
    def ready(self) -> bool:
        """Return whether it is loaded, its breaker closed, and no probe under way."""
        return (self.disabled_by is None and self.provider is not None and self.probe is None
                and self.health.state is BreakerState.CLOSED)

    @property
    def hung_too_often(self) -> bool:
        """Return whether so many of its calls hang that no further one is made."""
        self._hung = [thread for thread in self._hung if thread.alive]
        return len(self._hung) >= MAX_HUNG_CALLS

    @property
    def available(self) -> bool:
        """Return whether work may be submitted: its breaker is closed or half-open."""
        return (self.disabled_by is None and self.health.state is not BreakerState.OPEN
                and not self.hung_too_often)

    @property
    def probe_due(self) -> bool:
        """Return whether a probe should begin now."""
        return self.available and not self.ready and self.probe is None

    def made(self) -> P:
        """Return a further object, not loaded, to be asked what it is meant for."""
        return self._make()

    def disable(self, error: UserError) -> None:
        """Give it no more work: only the user can mend it."""
        self.health.record_error(ErrorKind.USER, str(error))
        self.disabled_by, self.health.disabled_by = error, str(error)

    def submit(self, work: Callable[[P, CancelCheck], Generator[Item, None, None]]) -> Job[Item]:
        """Begin work on the slot's thread; a provider that is not loaded is loaded first."""
        if self._thread is None:
            self._thread = JobThread(f'{self.name} provider')
        # A load that hangs and returns late must not become the loaded provider.
        thread = self._thread

        def loaded(cancelled: CancelCheck) -> Generator[Item, None, None]:
            provider = self.provider
            if provider is None:
                provider = self._load(thread)
                if cancelled():
                    # Loading has taken so long that nobody waits any more.
                    return
            yield from work(provider, cancelled)

        job = Job(loaded, allowance=0.0 if self.provider is not None else self.limits.load)
        thread.submit(job)
        return job

    def abandon(self) -> None:
        """Leave a hung call behind, with its object and its thread."""
        thread = self._retire()
        if thread is not None:
            self._hung.append(thread)

    def release(self) -> None:
        """Release the provider once it has done what it does, without waiting for that."""
        self._retire()

    def close(self) -> None:
        """Release the provider; one that hangs is left behind."""
        thread = self._retire()
        if thread is not None:
            thread.join(CLOSE_TIMEOUT)

    def _retire(self) -> JobThread | None:
        self.probe = None
        with self._lock:
            thread, provider = self._thread, self.provider
            self._thread = self.provider = None
        if thread is not None:
            thread.retire(provider.close if provider is not None else lambda: None)
        return thread

    def _load(self, thread: JobThread) -> P:
        provider = self._make()
        try:
            provider.load()
            with self._lock:
                if thread is not self._thread:
                    raise TimeLimitError('it was loaded too late')
                self.provider = provider
        except Exception:
            provider.close()
            raise
        return provider
