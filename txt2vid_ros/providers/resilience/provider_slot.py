"""One provider of a list: the object, the thread that it works on, and whether it is of use."""

from __future__ import annotations

from collections.abc import Callable, Generator
import logging
import threading
from typing import Generic, Protocol, TypeVar

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.resilience.health import Health, Kind, State
from txt2vid_ros.providers.resilience.job_thread import (
    Cancelled,
    Item,
    Job,
    TimeLimitError,
    Worker,
)

log = logging.getLogger(__name__)

HANGING = 3
"""Objects of one provider that may hang before no further one is made."""
FAREWELL = 2.0
"""Seconds that a provider has to close in."""


class Loadable(Protocol):
    """What voices and recognizers have in common."""

    def load(self) -> None:
        """Load models or connect."""
        ...

    def close(self) -> None:
        """Release what load() took."""
        ...


P = TypeVar('P', bound=Loadable)


class Member(Generic[P]):
    """A provider that is made, loaded and used on one thread of its own.

    Where a call hangs, object and thread are abandoned: the next work gets a new object on a new
    thread, and what hangs closes itself if it ever comes back.
    """

    def __init__(self, name: str, make: Callable[[], P], limits: TimeLimits, health: Health
                 ) -> None:
        """`make` returns an object that is not loaded."""
        self.name = name
        self.limits = limits
        self.health = health
        self.refusal: UserError | None = None
        """Why it is of no use until the user mends something and starts anew."""
        self.trial: Job[float] | None = None
        """Work whose only use is to learn whether it works again."""
        self._make = make
        self._lock = threading.Lock()
        """Of the two that follow: the worker sets one, who abandons it both."""
        self._worker: Worker | None = None
        self.provider: P | None = None
        """The loaded object."""
        self._hanging: list[Worker] = []

    @property
    def ready(self) -> bool:
        """Return whether work can be given to it without doubts."""
        return (self.refusal is None and self.provider is not None and self.trial is None
                and self.health.state is State.CLOSED)

    @property
    def stuck(self) -> bool:
        """Return whether so many of its calls hang that no further one is made."""
        self._hanging = [worker for worker in self._hanging if worker.alive]
        return len(self._hanging) >= HANGING

    @property
    def hopeful(self) -> bool:
        """Return whether it may work, or be found to."""
        return (self.refusal is None and self.health.state is not State.OPEN and not self.stuck)

    @property
    def due(self) -> bool:
        """Return whether it is worth a trial now."""
        return self.hopeful and not self.ready and self.trial is None

    def refuse(self, error: UserError) -> None:
        """Give it no work any more: only the user can mend it."""
        self.health.erred(Kind.USER, str(error))
        self.refusal, self.health.refusal = error, str(error)

    def begin(self, work: Callable[[P, Cancelled], Generator[Item, None, None]]) -> Job[Item]:
        """Begin with a piece of work; where the provider is not loaded, with that first."""
        if self._worker is None:
            self._worker = Worker(f'{self.name} provider')
        # What hangs and comes back must not find itself to be the loaded one.
        worker = self._worker

        def loaded(cancelled: Cancelled) -> Generator[Item, None, None]:
            provider = self.provider
            if provider is None:
                provider = self._load(worker)
            yield from work(provider, cancelled)

        job = Job(loaded, allowance=0.0 if self.provider is not None else self.limits.load)
        worker.submit(job)
        return job

    def abandon(self) -> None:
        """Leave what hangs to itself."""
        worker = self._give_up()
        if worker is not None:
            self._hanging.append(worker)

    def close(self) -> None:
        """Release the provider; one that hangs is left to itself."""
        worker = self._give_up()
        if worker is not None:
            worker.join(FAREWELL)

    def _give_up(self) -> Worker | None:
        self.trial = None
        with self._lock:
            worker, provider = self._worker, self.provider
            self._worker = self.provider = None
        if worker is not None:
            worker.retire(provider.close if provider is not None else lambda: None)
        return worker

    def _load(self, worker: Worker) -> P:
        provider = self._make()
        try:
            provider.load()
            with self._lock:
                if worker is not self._worker:
                    raise TimeLimitError('it was loaded too late')
                self.provider = provider
        except Exception:
            provider.close()
            raise
        return provider
