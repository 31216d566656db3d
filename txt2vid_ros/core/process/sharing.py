"""Things that are loaded once and used by several, such as the networks of a process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
import dataclasses
import threading
from typing import Any, Generic, Protocol, TypeVar


class Closable(Protocol):
    """What holds something, such as a model, until it is closed."""

    def close(self) -> None:
        """Release it."""
        ...


Thing = TypeVar('Thing', bound=Closable)


@dataclasses.dataclass
class _Held:
    lock: threading.Lock
    """Held while the thing is made: who wants the same one waits, others do not."""
    thing: Any = None
    users: int = 0


class Lease(Generic[Thing]):
    """The use of a shared thing by one of its users."""

    def __init__(self, thing: Thing, users: int, release: Callable[[], None]) -> None:
        """Hold the use; for SharedThings alone to call."""
        self.thing = thing
        self.users = users
        """How many there were when this one began, this one included."""
        self._release: Callable[[], None] | None = release

    def close(self) -> None:
        """Give the use up; with the last one the thing is closed. May be called twice."""
        release, self._release = self._release, None
        if release is not None:
            release()


class SharedThings:
    """What the users of a process share, by key; each is closed with its last user."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._lock = threading.Lock()
        self._held: dict[Hashable, _Held] = {}

    def lease(self, key: Hashable, make: Callable[[], Thing]) -> Lease[Thing]:
        """
        Return the use of what `key` stands for, which `make` makes where nobody uses it yet.

        Raises what `make` raises; the next one who asks then tries again.
        """
        with self._lock:
            held = self._held.setdefault(key, _Held(threading.Lock()))
            held.users += 1
            users = held.users
        try:
            with held.lock:
                if held.thing is None:
                    held.thing = make()
                thing: Thing = held.thing
        except BaseException:
            self._leave(key, held)
            raise
        return Lease(thing, users, lambda: self._leave(key, held))

    def _leave(self, key: Hashable, held: _Held) -> None:
        with self._lock:
            held.users -= 1
            if held.users:
                return
            del self._held[key]
        if held.thing is not None:
            held.thing.close()
