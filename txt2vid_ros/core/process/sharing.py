"""Resources that are loaded once and used by several, such as the networks of a process."""

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


Resource = TypeVar('Resource', bound=Closable)


@dataclasses.dataclass
class _Held:
    lock: threading.Lock
    """Held while the resource is made: who wants the same one waits, others do not."""
    resource: Any = None
    users: int = 0


class Lease(Generic[Resource]):
    """The use of a shared resource by one of its users."""

    def __init__(self, resource: Resource, users: int, release: Callable[[], None]) -> None:
        """Hold the use; for SharedResources alone to call."""
        self.resource = resource
        self.users = users
        """How many there were when this one began, this one included."""
        self._release: Callable[[], None] | None = release

    def close(self) -> None:
        """Give the use up; with the last one the resource is closed. May be called twice."""
        release, self._release = self._release, None
        if release is not None:
            release()


class SharedResources:
    """What the users of a process share, by key; each is closed with its last user."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._lock = threading.Lock()
        self._held: dict[Hashable, _Held] = {}

    def lease(self, key: Hashable, make: Callable[[], Resource]) -> Lease[Resource]:
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
                if held.resource is None:
                    held.resource = make()
                resource: Resource = held.resource
        except BaseException:
            self._leave(key, held)
            raise
        return Lease(resource, users, lambda: self._leave(key, held))

    def _leave(self, key: Hashable, held: _Held) -> None:
        with self._lock:
            held.users -= 1
            if held.users:
                return
            del self._held[key]
        if held.resource is not None:
            held.resource.close()
