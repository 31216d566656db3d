"""Providers of a replica: loaded once for all who ask for the same, each on its own thread."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from concurrent.futures import ThreadPoolExecutor
import time
from typing import Any, Generic

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
from txt2vid_ros.providers.resilience.health import ProviderHealth
from txt2vid_ros.providers.resilience.job_thread import CancelCheck, Item, Job, TimeLimitError
from txt2vid_ros.providers.resilience.provider_slot import Loadable, P, ProviderSlot

FAULTS_TO_FAIL = 3
"""Bugs in a row, or calls that hang, after which the replica is to be replaced."""


class ProviderThreads(Generic[P]):
    """
    Makes what is asked for, one job after the other on each thread, for the event loop to await.

    Those that were used last are kept, up to a number. Belongs to one event loop.
    """

    def __init__(self, make: Callable[..., P], kept: int, at_once: int,
                 limits: TimeLimits = LOCAL) -> None:
        """`make` returns a provider, not loaded; `at_once` jobs may be waited for."""
        self._make = make
        self._kept = kept
        self._limits = limits
        self._slots: OrderedDict[tuple[Hashable, ...], ProviderSlot[P]] = OrderedDict()
        self._users: Counter[tuple[Hashable, ...]] = Counter()
        self._waiting = ThreadPoolExecutor(at_once, thread_name_prefix='replica')
        self._faults = 0
        self._left: list[tuple[ProviderSlot[P], Job[Any], float]] = []
        """Jobs under way that nobody waits for any more, and since when."""

    def load(self, arguments: tuple[Hashable, ...]) -> None:
        """Load the provider of these arguments, and wait for that. Raises what it raises."""
        self._slot(arguments).submit(_no_work).take(self._limits)

    async def run(self, arguments: tuple[Hashable, ...],
                  work: Callable[[P, CancelCheck], Generator[Item, None, None]]
                  ) -> AsyncGenerator[Item, None]:
        """
        Yield the items that `work` makes with the provider of these arguments.

        Whoever stops listening cancels it. Raises what it raises, and ProviderError where the
        provider hangs with another job.
        """
        slot = self._slot(arguments)
        self._users[arguments] += 1
        job = slot.submit(work)
        loop = asyncio.get_running_loop()
        try:
            while True:
                item = await loop.run_in_executor(self._waiting, job.take, self._limits)
                if item is None:
                    if not job.done:
                        raise ProviderError('the provider hangs', retriable=True)
                    break
                yield item
            self._faults = 0
        except TimeLimitError:
            slot.abandon()
            raise
        except (ProviderError, UserError):
            self._faults = 0
            raise
        except Exception:
            self._faults += 1
            raise
        finally:
            job.drop()
            if job.under_way:
                self._left.append((slot, job, time.monotonic()))
            self._users[arguments] -= 1

    def check(self) -> None:
        """
        Give up what hangs; to be called every few seconds.

        Raises RuntimeError where the replica does not work any more, as when its GPU is gone.
        """
        self._give_up_hung()
        if self._faults >= FAULTS_TO_FAIL:
            raise RuntimeError(f'the provider failed {self._faults} times in a row')
        if any(slot.hung_too_often for slot in self._slots.values()):
            raise RuntimeError('the provider hangs')

    def close(self) -> None:
        """Release all; may be called twice."""
        for slot in self._slots.values():
            slot.close()
        self._slots.clear()
        self._waiting.shutdown(wait=False)

    def _give_up_hung(self) -> None:
        # Whoever asks has another provider, and leaves long before the time limits here.
        now = time.monotonic()
        self._left = [each for each in self._left if each[1].under_way]
        for slot in {slot for slot, _, since in self._left if now - since > self._longest(slot)}:
            slot.abandon()
            self._left = [each for each in self._left if each[0] is not slot]

    def _longest(self, slot: ProviderSlot[P]) -> float:
        """Return the seconds that a call may go on after its caller has left."""
        loading = slot.provider is None
        return self._limits.gap + (self._limits.load if loading else 0.0)

    def _slot(self, arguments: tuple[Hashable, ...]) -> ProviderSlot[P]:
        slot = self._slots.get(arguments)
        if slot is None:
            slot = self._slots[arguments] = ProviderSlot(
                'replica', lambda: self._make(*arguments), self._limits, ProviderHealth())
        self._slots.move_to_end(arguments)
        for other in list(self._slots):
            if len(self._slots) <= self._kept:
                break
            if other != arguments and not self._users[other]:
                self._slots.pop(other).release()
                del self._users[other]
        return slot


def _no_work(provider: Loadable, cancelled: CancelCheck) -> Generator[None, None, None]:
    yield from ()
