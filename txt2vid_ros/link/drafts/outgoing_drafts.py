"""What was recognized and is not sent yet: it stands for a while, so that it can be corrected."""

from __future__ import annotations

import collections
from collections.abc import Iterator
import dataclasses

from txt2vid_ros.link.messages import NEVER

LONGEST_HOLD = 30.0
"""Seconds after its first correction began until a text is sent as it stands then."""
MOST_DRAFTS = 32
"""Texts that may stand; beyond, the oldest is sent at once."""


@dataclasses.dataclass(frozen=True)
class Draft:
    """An utterance that stands. `stamp`: when its first word began, nanoseconds."""

    speaker: str
    stamp: int
    locale: str
    text: str
    held: bool = False
    """Whether somebody is correcting it."""

    @property
    def key(self) -> tuple[str, int]:
        """Return by what a correction names it."""
        return self.speaker, self.stamp


@dataclasses.dataclass
class _Standing:
    draft: Draft
    due: float
    latest: float = NEVER
    """When it is sent though it is held, once it was."""


class OutgoingDrafts:
    """
    Holds texts back and gives them out in the order in which they were said.

    Times are seconds of one clock that never goes back. A text that is due waits for those before
    it. What a correction names and what does not stand any more is let be: it has been sent.
    """

    def __init__(self, most: int = MOST_DRAFTS, longest_hold: float = LONGEST_HOLD) -> None:
        """Let `most` texts stand, each held for at most `longest_hold` seconds."""
        self._most = most
        self._longest_hold = longest_hold
        self._standing: collections.OrderedDict[tuple[str, int], _Standing] = (
            collections.OrderedDict())

    def __len__(self) -> int:
        """Return how many stand."""
        return len(self._standing)

    def __iter__(self) -> Iterator[Draft]:
        """Yield those that stand, the oldest first."""
        return (each.draft for each in list(self._standing.values()))

    def take(self, draft: Draft, now: float, delay: float) -> None:
        """Have a text stand for `delay` seconds; one of the same key is replaced."""
        self._standing[draft.key] = _Standing(draft, now + delay)

    def hold(self, key: tuple[str, int], text: str, now: float) -> Draft | None:
        """Keep back what is being corrected and stands at `text` now; return it, if it is here."""
        standing = self._standing.get(key)
        if standing is None:
            return None
        standing.latest = min(standing.latest, now + self._longest_hold)
        standing.due = standing.latest
        standing.draft = dataclasses.replace(standing.draft, text=text, held=True)
        return standing.draft

    def send(self, key: tuple[str, int], text: str, now: float) -> None:
        """Have a text sent as soon as those before it have been."""
        standing = self._standing.get(key)
        if standing is not None:
            standing.due = now
            standing.draft = dataclasses.replace(standing.draft, text=text, held=False)

    def discard(self, key: tuple[str, int]) -> bool:
        """Have a text never sent; return whether it was here."""
        return self._standing.pop(key, None) is not None

    def due(self, now: float) -> list[Draft]:
        """Take out and return what is to be sent now, in order."""
        sent: list[Draft] = []
        while self._standing:
            key, first = next(iter(self._standing.items()))
            if first.due > now and len(self._standing) <= self._most:
                break
            del self._standing[key]
            sent.append(first.draft)
        return sent

    def clear(self) -> list[Draft]:
        """Take out and return all, which are not to be sent."""
        left = list(self)
        self._standing.clear()
        return left
