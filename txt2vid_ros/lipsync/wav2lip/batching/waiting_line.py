"""
What waits for the network, and in which order and how many at a time it goes in.

Earliest deadline first. Under overload that alone would starve whoever has the latest deadline, so
what has waited for a frame goes ahead of all, in the order in which it came.
"""

from __future__ import annotations

import dataclasses
from typing import Generic, TypeVar

Item = TypeVar('Item')

MAX_WAIT = 0.04
"""Seconds, one frame at 25 a second: the most that is waited for others, or that a deadline
counts for more than who came first."""


@dataclasses.dataclass(frozen=True)
class _Waiting(Generic[Item]):
    item: Item
    size: int
    deadline: float
    since: float
    number: int


class WaitingLine(Generic[Item]):
    """The items that wait. Not safe for threads by itself; all times are seconds of any clock."""

    def __init__(self, gather: float = 0.0) -> None:
        """
        Let one wait `gather` seconds for others while there is room for them.

        Raises ValueError where that is more than MAX_WAIT.
        """
        if not 0 <= gather <= MAX_WAIT:
            raise ValueError(f'to gather for {gather} s is not within 0 to {MAX_WAIT} s')
        self._gather = gather
        self._waiting: list[_Waiting[Item]] = []
        self._count = 0
        self.pictures = 0
        """How many pictures wait."""

    def add(self, item: Item, size: int, deadline: float, now: float) -> None:
        """Let an item of `size` pictures wait, the first of which is to be seen at `deadline`."""
        self._waiting.append(_Waiting(item, size, deadline, now, self._count))
        self._count += 1
        self.pictures += size

    def due_in(self, now: float, most: int) -> float | None:
        """
        Return in how many seconds the next batch of `most` pictures goes in; None if none waits.

        0 is at once.
        """
        if not self._waiting:
            return None
        if self.pictures >= most:
            return 0.0
        return max(0.0, self._waiting[0].since + self._gather - now)

    def take(self, now: float, most: int) -> list[Item]:
        """
        Remove and return the items that go in together now, at most `most` pictures.

        An item that is larger goes in by itself.
        """
        def key(one: _Waiting[Item]) -> tuple[bool, float, int]:
            starving = now - one.since >= MAX_WAIT
            return not starving, 0.0 if starving else one.deadline, one.number

        taken: list[_Waiting[Item]] = []
        size = 0
        for one in sorted(self._waiting, key=key):
            if taken and size + one.size > most:
                break
            taken.append(one)
            size += one.size
        numbers = {one.number for one in taken}
        self._waiting = [one for one in self._waiting if one.number not in numbers]
        self.pictures -= size
        return [one.item for one in taken]

    def clear(self) -> list[Item]:
        """Remove and return everything, in the order in which it came."""
        items = [one.item for one in self._waiting]
        self._waiting, self.pictures = [], 0
        return items
