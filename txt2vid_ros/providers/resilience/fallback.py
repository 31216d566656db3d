"""
Work that falls back to the next provider of a list where one fails, and returns to the first.

This is the one level at which work is retried. A provider that fails is tried again at once only
where that may help (ProviderError.retriable); then its circuit breaker opens, and the next
provider does the work. Once the breaker is half-open, the provider is probed with work that
another one does as well: if that succeeds, the next work is its own. So no probe costs the
conversation any time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
import dataclasses
import logging
from typing import Generic

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.resilience import probes
from txt2vid_ros.providers.resilience.health import ErrorKind
from txt2vid_ros.providers.resilience.job_thread import CancelCheck, Item, Job, TimeLimitError
from txt2vid_ros.providers.resilience.provider_errors import (
    described,
    NamedError,
    none_left,
    record_error,
)
from txt2vid_ros.providers.resilience.provider_slot import Loadable, P, ProviderSlot
from txt2vid_ros.providers.resilience.time_source import REAL_TIME, TimeSource

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""Of the last provider that is left; one that another can follow has one attempt less."""
RETRY_BACKOFF = Backoff(first=0.1, largest=0.2)
"""Pauses between the attempts of one provider, before jitter."""
HANG_SHARE = 0.5
"""Of the time limit to the first item. A provider that has yielded nothing by then, when the work
is cancelled, is taken to hang and does not get the next work."""
CANCEL_POLL_INTERVAL = 0.02
"""Seconds between checks for a cancellation during a pause."""

ProviderWork = Callable[[P, CancelCheck], Generator[Item, None, None]]
"""Work that a provider does on the thread of its slot."""


class StartedOver:
    """Comes in place of an item where the work starts again after items were handed out."""


@dataclasses.dataclass
class _Progress:
    """How far a unit of work has come, over all attempts."""

    errors: list[NamedError] = dataclasses.field(default_factory=list)
    handed_out: bool = False
    """Whether an item of it was handed out."""


class FallbackChain(Generic[P]):
    """The providers of a list in their order. All methods are for one thread."""

    def __init__(self, label: str, slots: Sequence[ProviderSlot[P]],
                 time_source: TimeSource = REAL_TIME) -> None:
        """`label` is what they are, for the log: 'voice' or 'recognizer'."""
        self.slots = slots
        self._label = label
        self._time = time_source
        self._in_use: str = ''

    @property
    def alone(self) -> bool:
        """Return whether there is no other than the first."""
        return len(self.slots) == 1

    @property
    def loaded(self) -> list[P]:
        """Return the providers that could be loaded."""
        return [slot.provider for slot in self.slots if slot.provider is not None]

    @property
    def probing(self) -> bool:
        """Return whether a probe is under way."""
        return probes.under_way(self.slots)

    def load(self) -> None:
        """Load one after the other. Raises UserError where the user has to mend every one."""
        # Not at the same time: libraries that two of them share may not bear that.
        for slot in self.slots:
            if slot.disabled_by is None:
                self._load(slot)
        disabled = [slot.disabled_by for slot in self.slots if slot.disabled_by is not None]
        if len(disabled) == len(self.slots):
            raise disabled[0]
        for slot in self.slots:
            if slot.disabled_by is not None:
                log.error('%s %s is not used: %s', self._label, slot.name, slot.disabled_by)

    def close(self) -> None:
        """Release all."""
        for slot in self.slots:
            slot.close()

    def run(self, work_for: Callable[[ProviderSlot[P]], ProviderWork[P, Item]],
            probe: probes.Probe[P], cancelled: CancelCheck,
            prefer: ProviderSlot[P] | None = None, conclusive: bool = True
            ) -> Iterator[Item | StartedOver]:
        """
        Yield the items of one unit of work.

        `work_for(slot)` returns the work of an attempt. `prefer` keeps its work while it is ready.
        `conclusive` is whether success resets the count of a provider's failures. Raises
        ProviderError where no provider is left, and where there is only one what it raised.
        """
        probes.settle_and_begin(self.slots, probe, self._label)
        tried: list[ProviderSlot[P]] = []
        progress = _Progress()
        while (slot := self._next(tried, prefer)) is not None:
            tried.append(slot)
            last = self._next(tried) is None
            for attempt in range(MAX_ATTEMPTS if last else MAX_ATTEMPTS - 1):
                if not self._pause(RETRY_BACKOFF.after(attempt), cancelled):
                    return
                failure = yield from self._attempt(
                    slot, work_for(slot), cancelled, progress, last=last, conclusive=conclusive)
                if failure is None or cancelled():
                    return
                kind, retry = failure
                if kind is ErrorKind.TIME_LIMIT:
                    # Only the last provider is waited for a second time, and none a third time.
                    retry = last and attempt == 0 and not slot.hung_too_often
                # Once some of it was handed out, another provider does it again, if there is one.
                if not retry or (progress.handed_out and not last):
                    break
            slot.health.record_failure(kind)
        raise none_left(self.slots, progress.errors, self._label)

    def _attempt(self, slot: ProviderSlot[P], work: ProviderWork[P, Item], cancelled: CancelCheck,
                 progress: _Progress, *, last: bool, conclusive: bool
                 ) -> Generator[Item | StartedOver, None, tuple[ErrorKind, bool] | None]:
        """
        Yield the items that one provider makes of the work in one attempt.

        Return None where it succeeded or was cancelled, else the kind of the error, and whether
        another attempt may help.
        """
        began, first = self._time.now(), True
        job = slot.submit(work)
        try:
            while (item := job.take(slot.limits, cancelled)) is not None:
                if first:
                    slot.health.record_first_result(self._time.now() - began)
                    self._announce(slot, progress.errors)
                    if progress.handed_out:
                        yield StartedOver()
                    first, progress.handed_out = False, True
                yield item
            if cancelled():
                if first and not last:
                    self._check_for_hang(slot, job, self._time.now() - began)
            elif conclusive:
                slot.health.record_success()
            else:
                slot.health.record_partial_success()
            return None
        except Exception as error:
            failure = record_error(slot, error, self._label, alone=self.alone)
            progress.errors.append((slot.name, slot.health.last_error))
            return failure
        finally:
            job.drop()

    def _load(self, slot: ProviderSlot[P]) -> None:
        try:
            slot.submit(_no_work).take(slot.limits)
        except TimeLimitError as error:
            slot.abandon()
            self._not_loaded(slot, ErrorKind.TIME_LIMIT, f'loading: {error}')
        except ProviderError as error:
            self._not_loaded(slot, ErrorKind.OUTSIDE, error.problem)
        except UserError as error:
            slot.disable(error)
        except Exception as error:
            if self.alone:
                raise
            log.exception('%s %s cannot be loaded', self._label, slot.name)
            slot.disable(UserError(f'{type(error).__name__} while it was loaded'))

    def _not_loaded(self, slot: ProviderSlot[P], kind: ErrorKind, problem: str) -> None:
        slot.health.record_error(kind, problem)
        slot.health.record_failure(kind)
        log.error('%s %s could not be loaded and is tried again: %s', self._label, slot.name,
                  problem)

    def _next(self, tried: Sequence[ProviderSlot[P]], prefer: ProviderSlot[P] | None = None
              ) -> ProviderSlot[P] | None:
        """
        Return the slot to try after `tried`; None where none is available.

        Where no slot is ready, the work itself is the probe of a half-open one.
        """
        left = [slot for slot in self.slots if slot not in tried]
        ready = [slot for slot in left if slot.ready]
        if prefer in ready:
            return prefer
        return next(iter(ready or [slot for slot in left if slot.available]), None)

    def _check_for_hang(self, slot: ProviderSlot[P], job: Job[Item], waited: float) -> None:
        """Abandon a provider whose work was cancelled when it seemed to hang."""
        # Else the next work would wait for the whole limit, and so on after each interruption.
        if waited >= HANG_SHARE * job.first_limit(slot.limits):
            slot.abandon()
            slot.health.record_error(ErrorKind.TIME_LIMIT,
                                     f'nothing had come after {waited:.1f} s')
            slot.health.record_failure(ErrorKind.TIME_LIMIT)

    def _announce(self, slot: ProviderSlot[P], errors: list[NamedError]) -> None:
        """Log once which provider takes over from which, and which is in use again."""
        others = [error for error in errors if error[0] != slot.name]
        if not others:
            # Its error was seen in a probe, or in work that was cancelled.
            before = self.slots[:self.slots.index(slot)]
            others = [(each.name, each.health.last_error) for each in before
                      if each.name == self._in_use]
        if others:
            log.warning('%s; %s %s takes over', described(others), self._label, slot.name)
        elif self._in_use not in ('', slot.name):
            log.warning('%s %s is in use again', self._label, slot.name)
        self._in_use = slot.name

    def _pause(self, seconds: float, cancelled: CancelCheck) -> bool:
        """Sleep for about so long; return False if the work was cancelled meanwhile."""
        if not seconds:
            return True
        left = self._time.jittered(seconds)
        while left > 0 and not cancelled():
            self._time.sleep(min(left, CANCEL_POLL_INTERVAL))
            left -= CANCEL_POLL_INTERVAL
        return not cancelled()


def _no_work(provider: Loadable, cancelled: CancelCheck) -> Generator[None, None, None]:
    yield from ()
