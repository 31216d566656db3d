"""Work that goes to the next provider of a list where one fails, and back when it is well.

A provider that fails is tried again at once only where that may help (ProviderError.retriable);
then its circuit breaker opens, and the next one does the work. When the breaker's time is over,
the provider does a piece of work that another does as well: if that goes well, the next piece is
its own. So no trial costs the conversation any time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
import logging
from typing import Generic

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.resilience.health import Kind, Pace
from txt2vid_ros.providers.resilience.job_thread import Cancelled, Item, Job, TimeLimitError
from txt2vid_ros.providers.resilience.provider_slot import Loadable, Member, P

log = logging.getLogger(__name__)

TRIES = 3
"""Of the last provider that is left; one that another can follow has two."""
PAUSE = 0.1
"""Seconds before a second try, twice as many before a third; half more or less by chance."""
STALLED = 0.5
"""Share of the time limit to the first item; who has done nothing by then when the work is
cancelled hangs, as far as one can tell, and is not given the next piece."""
NAP = 0.02
"""Seconds after which an interruption is noticed at the latest."""

Ask = Callable[[P, Cancelled], Generator[Item, None, None]]
"""A piece of work, to be done by a provider, on that one's thread."""


class Restart:
    """Comes in place of an item where the work begins anew after some of it was handed out."""


class Fallback(Generic[P]):
    """The providers of a list in their order. All methods are for one thread."""

    def __init__(self, kind: str, members: Sequence[Member[P]], pace: Pace = Pace()  # noqa: B008
                 ) -> None:
        """`kind` is what they are, for the log: 'voice' or 'recognizer'."""
        self.members = members
        self._kind = kind
        self._pace = pace
        self._used: str = ''

    @property
    def alone(self) -> bool:
        """Return whether there is no other than the first."""
        return len(self.members) == 1

    @property
    def loaded(self) -> list[P]:
        """Return the providers that could be loaded."""
        return [each.provider for each in self.members if each.provider is not None]

    @property
    def trying(self) -> bool:
        """Return whether a trial is going on."""
        return any(each.trial is not None and not each.trial.done
                   and not each.trial.overdue(each.limits) for each in self.members)

    def load(self) -> None:
        """Load one after the other. Raises UserError where the user has to mend every one."""
        # Not at the same time: libraries that two of them share may not bear that.
        for member in self.members:
            if member.refusal is not None:
                continue
            try:
                member.begin(_nothing).take(member.limits)
            except TimeLimitError as error:
                member.abandon()
                self._unloaded(member, Kind.TIME, f'loading: {error}')
            except ProviderError as error:
                self._unloaded(member, Kind.OUTSIDE, error.problem)
            except UserError as error:
                member.refuse(error)
            except Exception as error:
                if self.alone:
                    raise
                log.exception('%s %s cannot be loaded', self._kind, member.name)
                member.refuse(UserError(f'{type(error).__name__} while it was loaded'))
        refusals = [each.refusal for each in self.members if each.refusal is not None]
        if len(refusals) == len(self.members):
            raise refusals[0]
        for member in self.members:
            if member.refusal is not None:
                log.error('%s %s is not used: %s', self._kind, member.name, member.refusal)

    def close(self) -> None:
        """Release all."""
        for member in self.members:
            member.close()

    def run(self, ask: Callable[[Member[P]], Ask[P, Item]], trial: Ask[P, float],
            cancelled: Cancelled, prefer: Member[P] | None = None, proof: bool = True
            ) -> Iterator[Item | Restart]:
        """Yield the items of a piece of work.

        `ask(member)` returns the work for a try; `trial` does the same work without items and
        yields the seconds to its first result. `prefer` keeps its work if it is well. `proof` is
        whether success shows that a provider is well for good. Raises ProviderError where nobody
        is left, and where there is only one what that one raised.
        """
        self._try_out(trial)
        tried: list[Member[P]] = []
        faults: list[tuple[str, str]] = []
        handed = False
        while (member := self._next(tried, prefer)) is not None:
            tried.append(member)
            last = self._next(tried) is None
            for attempt in range(TRIES if last else TRIES - 1):
                if attempt and not self._wait(PAUSE * 2 ** (attempt - 1), cancelled):
                    return
                began, first = self._pace.now(), True
                job = member.begin(ask(member))
                try:
                    while (item := job.take(member.limits, cancelled)) is not None:
                        if first:
                            member.health.heard(self._pace.now() - began)
                            self._announce(member, faults)
                            if handed:
                                yield Restart()
                            first, handed = False, True
                        yield item
                    if not cancelled():
                        (member.health.worked if proof else member.health.recovered)()
                    elif first and not last:
                        self._interrupted(member, job, self._pace.now() - began)
                    return
                except Exception as error:
                    kind, again = self._sort(member, error)
                    faults.append((member.name, member.health.problem))
                finally:
                    job.drop()
                if cancelled():
                    return
                # A second hang is waited for only where nobody else is left, and not a third.
                if kind is Kind.TIME:
                    again = last and attempt == 0 and not member.stuck
                # Who has begun to speak leaves it to another, where there is one.
                if not again or (handed and not last):
                    break
            member.health.failed(kind)
        raise ProviderError(self._epitaph(faults), retriable=False)

    def _try_out(self, trial: Ask[P, float]) -> None:
        """Learn from the trials that are over; begin those that are due, beside the work."""
        for member in self.members:
            self._settle(member)
        if any(member.ready for member in self.members):
            for member in self.members:
                if member.due:
                    member.trial = member.begin(trial)

    def _next(self, tried: Sequence[Member[P]], prefer: Member[P] | None = None
              ) -> Member[P] | None:
        """Return who may do the work after those who have tried; None where nobody may.

        Where nobody else is left, the work itself is the trial.
        """
        left = [member for member in self.members if member not in tried]
        ready = [member for member in left if member.ready]
        if prefer in ready:
            return prefer
        return next(iter(ready or [member for member in left if member.hopeful]), None)

    def _interrupted(self, member: Member[P], job: Job[Item], waited: float) -> None:
        """Note that a piece was cancelled before anything of it was there."""
        # Else the next piece would wait out the whole limit, and so on after each interruption.
        if waited >= STALLED * job.first_limit(member.limits):
            member.abandon()
            member.health.erred(Kind.TIME, f'nothing had come after {waited:.1f} s')
            member.health.failed(Kind.TIME)

    def _settle(self, member: Member[P]) -> None:
        """Learn from a trial that is over."""
        job = member.trial
        if job is None:
            return
        if job.overdue(member.limits):
            job.drop()
            member.abandon()
            member.health.erred(Kind.TIME, 'it does not answer')
            member.health.failed(Kind.TIME)
        elif job.done:
            member.trial = None
            try:
                first = job.take(member.limits)
            except Exception as error:
                kind, _ = self._sort(member, error)
                member.health.failed(kind)
                return
            if first is not None:
                member.health.heard(first)
            member.health.recovered()

    def _sort(self, member: Member[P], error: Exception) -> tuple[Kind, bool]:
        """Note a fault; return its kind, and whether another try with the same one may help."""
        health = member.health
        if isinstance(error, TimeLimitError):
            member.abandon()
            health.erred(Kind.TIME, str(error))
            return Kind.TIME, True
        if isinstance(error, ProviderError):
            health.erred(Kind.OUTSIDE, error.problem)
            return Kind.OUTSIDE, error.retriable
        kind = Kind.USER if isinstance(error, UserError) else Kind.FAULT
        if self.alone or kind is Kind.FAULT:
            health.erred(kind, str(error) if kind is Kind.USER else type(error).__name__)
        if self.alone:
            health.failed(kind)
            raise error
        if isinstance(error, UserError):
            member.refuse(error)
            log.error('%s %s is not used any more: %s', self._kind, member.name, error)
        else:
            log.error('%s %s failed', self._kind, member.name, exc_info=error)
        return kind, False

    def _announce(self, member: Member[P], faults: list[tuple[str, str]]) -> None:
        """Say once who works in whose place, and who works again."""
        others = [fault for fault in faults if fault[0] != member.name]
        if not others:
            # What was learnt from another's work, or from one that was cancelled.
            before = self.members[:self.members.index(member)]
            others = [(each.name, each.health.problem) for each in before
                      if each.name == self._used]
        if others:
            log.warning('%s; %s %s takes over', _told(others), self._kind, member.name)
        elif self._used not in ('', member.name):
            log.warning('%s %s is in use again', self._kind, member.name)
        self._used = member.name

    def _unloaded(self, member: Member[P], kind: Kind, problem: str) -> None:
        member.health.erred(kind, problem)
        member.health.failed(kind)
        log.error('%s %s could not be loaded and is tried again: %s', self._kind, member.name,
                  problem)

    def _wait(self, seconds: float, cancelled: Cancelled) -> bool:
        """Sleep about so long; False if the work was cancelled meanwhile."""
        left = self._pace.around(seconds)
        while left > 0 and not cancelled():
            self._pace.sleep(min(left, NAP))
            left -= NAP
        return not cancelled()

    def _epitaph(self, faults: list[tuple[str, str]]) -> str:
        known = faults or [
            (member.name, member.health.problem + (
                '' if member.refusal is not None
                else f' (tried again in {member.health.retry_in:.0f} s)'))
            for member in self.members]
        return f'no {self._kind} works: {_told(known)}'


def _told(faults: list[tuple[str, str]]) -> str:
    """Return faults as one line, each only once."""
    return '; '.join(f'{name}: {problem}' for name, problem in dict.fromkeys(faults))


def _nothing(provider: Loadable, cancelled: Cancelled) -> Generator[None, None, None]:
    yield from ()
