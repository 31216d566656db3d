"""What goes wrong in a fake service: one trouble a request, in order; without one, nothing."""

from __future__ import annotations

import collections
import dataclasses
import threading
from typing import Any


@dataclasses.dataclass(frozen=True)
class Trouble:
    """How a request is answered: late, in part, slowly, wrongly or not at all."""

    delay: float = 0.0
    """Seconds before the first answer; ends at once when the client leaves."""
    error: Any = None
    """A gRPC status code, or an HTTP status."""
    says: str = ''
    """The reason in the error's details (gRPC), or its text (HTTP)."""
    after: int = 0
    """Pieces of the answer before the error or the cut; -1 for all of them."""
    cut: bool = False
    """Whether the connection breaks off there."""
    gap: float = 0.0
    """Seconds between pieces."""
    tail: float = 0.0
    """Seconds between the last piece and the end of the answer."""
    body: bytes | None = None
    """What is sent in place of the sound."""


class Troubles:
    """The troubles to come, and what the clients did."""

    def __init__(self) -> None:
        self.coming: collections.deque[Trouble] = collections.deque()
        self.always: Trouble | None = None
        self.left = threading.Semaphore(0)
        """Released for every request whose client left before its end."""
        self.begun = threading.Semaphore(0)
        """Released for every request that came in."""

    def next(self) -> Trouble:  # noqa: A003
        self.begun.release()
        if self.always is not None:
            return self.always
        return self.coming.popleft() if self.coming else Trouble()
