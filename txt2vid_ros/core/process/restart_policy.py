"""When a failed process is restarted, and when it is given up."""

from __future__ import annotations

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import EXIT_USER_ERROR

USUAL_BACKOFF = Backoff(first=0.5, largest=8.0)


class RestartPolicy:
    """
    Counts the failures in a row of one process, and says what follows each of them.

    Reads no clock: the caller says how long the process ran. Belongs to one thread.
    """

    def __init__(self, most_failures: int = 5, steady_seconds: float = 20.0,
                 backoff: Backoff = USUAL_BACKOFF) -> None:
        """Give up at `most_failures` in a row; forget those before a run of `steady_seconds`."""
        self._most_failures = most_failures
        self._steady_seconds = steady_seconds
        self._backoff = backoff
        self.failures = 0
        """Failures in a row."""

    def failed(self, seconds_run: float, exit_status: int | None = None) -> float | None:
        """
        Count a failure; return the seconds to wait before the next start.

        There is no wait for one that has run steadily before: whatever it was, it is rare. None
        where the process is given up: it has failed too often, or `exit_status` says that
        only the user can fix the cause.
        """
        self.failures = 1 if seconds_run > self._steady_seconds else self.failures + 1
        if exit_status == EXIT_USER_ERROR or self.failures >= self._most_failures:
            return None
        return 0.0 if seconds_run > self._steady_seconds else self._backoff.after(self.failures)
