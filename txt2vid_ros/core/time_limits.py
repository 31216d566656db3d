"""How long a provider may take; work that exceeds a limit counts as failed."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class TimeLimits:
    """Seconds. The defaults suit a service on the network; a model on this machine gets LOCAL."""

    first: float = 3.0
    """From the request to the first sound, or from the end of the sound to its text."""
    gap: float = 0.8
    """For which the caller waits for the next chunk of sound."""
    whole: float = 60.0
    """Of work on one clause or segment, without the time in which the chunks wait to be taken."""
    load: float = 10.0
    """For loading or connecting."""

    def overridden_by(self, other: TimeLimits) -> TimeLimits:
        """Return these limits, except where `other` has one that is not 0."""
        return TimeLimits(*(theirs or own for own, theirs in zip(
            dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


LOCAL = TimeLimits(first=30.0, gap=30.0, whole=300.0, load=300.0)
"""For models on this machine: when it is busy, no other provider would be faster."""
