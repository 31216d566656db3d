"""Probes of half-open circuit breakers: beside the work, so that they cost it no time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from txt2vid_ros.providers.resilience.health import ErrorKind
from txt2vid_ros.providers.resilience.job_thread import CancelCheck
from txt2vid_ros.providers.resilience.provider_errors import record_error
from txt2vid_ros.providers.resilience.provider_slot import P, ProviderSlot

Probe = Callable[[P, CancelCheck], Generator[float, None, None]]
"""Does the same work as another provider does; yields the seconds to its first result."""


def under_way(slots: Sequence[ProviderSlot[P]]) -> bool:
    """Return whether a probe is still running within its time limits."""
    return any(slot.probe is not None and not slot.probe.done
               and not slot.probe.overdue(slot.limits) for slot in slots)


def settle_and_begin(slots: Sequence[ProviderSlot[P]], probe: Probe[P], label: str) -> None:
    """Evaluate the probes that are over; begin those that are due, if another slot can work."""
    for slot in slots:
        _settle(slot, label, alone=len(slots) == 1)
    if any(slot.ready for slot in slots):
        for slot in slots:
            if slot.probe_due:
                slot.probe = slot.submit(probe)


def _settle(slot: ProviderSlot[P], label: str, *, alone: bool) -> None:
    job = slot.probe
    if job is None:
        return
    if job.overdue(slot.limits):
        job.drop()
        slot.abandon()
        slot.health.record_error(ErrorKind.TIME_LIMIT, 'it does not answer')
        slot.health.record_failure(ErrorKind.TIME_LIMIT)
    elif job.done:
        slot.probe = None
        try:
            first = job.take(slot.limits)
        except Exception as error:
            kind, _ = record_error(slot, error, label, alone=alone)
            slot.health.record_failure(kind)
            return
        if first is not None:
            slot.health.record_first_result(first)
        slot.health.record_partial_success()
