"""A thread that reports the exception that ends it."""

from __future__ import annotations

from collections.abc import Callable
import threading


class NodeThread:
    """A thread that runs a function until it is told to stop."""

    def __init__(self, name: str, work: Callable[[threading.Event], None],
                 failed: Callable[[Exception], None]) -> None:
        """Run `work(stop)`, which returns soon after `stop` is set; `failed` takes its error."""
        self._work = work
        self._failed = failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except Exception as error:
            self._failed(error)

    def close(self, timeout: float = 5.0) -> None:
        """Stop, and wait at most `timeout` seconds for the thread."""
        self._stop.set()
        self._thread.join(timeout)
