"""How long a provider may take; what it does not do in time counts as failed."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class TimeLimits:
    """Seconds. The defaults suit a service on the network; a model on this machine gets LOCAL."""

    first: float = 3.0
    """From asking to the first sound, or from the end of the sound to its text."""
    gap: float = 0.8
    """For which the caller waits for the next piece of sound."""
    whole: float = 60.0
    """Of work on one clause or text, without the time in which nobody took what was made."""
    load: float = 10.0
    """For loading or connecting."""

    def but(self, other: TimeLimits) -> TimeLimits:
        """Return these limits with those of `other` that are not 0 in place of their own."""
        return TimeLimits(*(theirs or own for own, theirs in zip(
            dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


LOCAL = TimeLimits(first=30.0, gap=30.0, whole=300.0, load=300.0)
"""A loaded machine takes its time, and nothing else would be faster there."""
