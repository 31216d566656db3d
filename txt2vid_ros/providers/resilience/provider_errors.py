"""What the error of a provider means for its slot, and how errors are told to the user."""

from __future__ import annotations

from collections.abc import Sequence
import logging
from typing import Any

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.resilience.health import ErrorKind
from txt2vid_ros.providers.resilience.job_thread import TimeLimitError
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot

log = logging.getLogger(__name__)

NamedError = tuple[str, str]
"""The name of a provider, and one line about its error."""


def record_error(slot: ProviderSlot[Any], error: Exception, label: str, *, alone: bool
                 ) -> tuple[ErrorKind, bool]:
    """
    Count an error of a slot; return its kind, and whether another attempt may help.

    A provider that exceeded a time limit is abandoned; one that only the user can mend is
    disabled. Where the slot is `alone` in its list, raises what is neither a ProviderError nor a
    time limit: no other provider can help. `label` is 'voice' or 'recognizer'.
    """
    health = slot.health
    if isinstance(error, TimeLimitError):
        slot.abandon()
        health.record_error(ErrorKind.TIME_LIMIT, str(error))
        return ErrorKind.TIME_LIMIT, True
    if isinstance(error, ProviderError):
        health.record_error(ErrorKind.OUTSIDE, error.problem)
        return ErrorKind.OUTSIDE, error.retriable
    kind = ErrorKind.USER if isinstance(error, UserError) else ErrorKind.UNEXPECTED
    if alone or kind is ErrorKind.UNEXPECTED:
        health.record_error(kind, str(error) if kind is ErrorKind.USER else type(error).__name__)
    if alone:
        # Its breaker stays closed: the next text may be fine, and nothing else could say it.
        raise error
    if isinstance(error, UserError):
        slot.disable(error)
        log.error('%s %s is not used any more: %s', label, slot.name, error)
    else:
        log.error('%s %s failed', label, slot.name, exc_info=error)
    return kind, False


def described(errors: Sequence[NamedError]) -> str:
    """Return errors as one line, each only once."""
    return '; '.join(f'{name}: {problem}' for name, problem in dict.fromkeys(errors))


def none_left(slots: Sequence[ProviderSlot[Any]], errors: Sequence[NamedError], label: str
              ) -> ProviderError:
    """Return the error of work that no provider could do; without `errors` none was tried."""
    known = errors or [
        (slot.name, slot.health.last_error + (
            '' if slot.disabled_by is not None
            else f' (tried again in {slot.health.retry_in:.0f} s)'))
        for slot in slots]
    return ProviderError(f'no {label} works: {described(known)}', retriable=False)
