"""Ends a request over the network as soon as nobody wants its answer any more."""

from __future__ import annotations

from collections.abc import Callable
import threading
from types import TracebackType

POLL_INTERVAL = 0.02
"""Seconds between checks for a cancellation."""


class AbortOnCancel:
    """
    Calls `abort` from a thread of its own once `cancelled()` is true.

    For a `with` block that reads from the network: a read that blocks cannot check `cancelled`
    itself. `abort` has to make it return or raise soon; the exception that follows a cancellation
    ends the block and goes no further. A block that is left early otherwise is aborted too.
    """

    def __init__(self, cancelled: Callable[[], bool], abort: Callable[[], object]) -> None:
        """Take when to abort, and how; `abort` is called at most once."""
        self._cancelled = cancelled
        self._abort = abort
        self._aborted = self._released = False
        self._left = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> AbortOnCancel:
        """Begin to watch."""
        threading.Thread(target=self._watch, name='abort-on-cancel', daemon=True).start()
        return self

    def release(self) -> None:
        """Never abort from now on: all that is wanted of the answer has come."""
        with self._lock:
            self._released = True
            self._left.set()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> bool:
        """Cease to watch; return whether the exception is due to the cancellation."""
        with self._lock:
            # From here on the watching thread leaves the request alone: it may serve again.
            self._left.set()
        if error is not None and not self._aborted and not self._released:
            self._abort()
        return self._aborted and isinstance(error, Exception)

    def _watch(self) -> None:
        while not self._cancelled():
            if self._left.wait(POLL_INTERVAL):
                return
        with self._lock:
            if not self._left.is_set():
                self._aborted = True
                self._abort()
