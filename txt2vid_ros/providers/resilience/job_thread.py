"""Work on a thread of its own, so that the caller can stop waiting for it at any time."""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator
import contextlib
import logging
import threading
import time
from typing import Generic, Protocol, TypeVar

from txt2vid_ros.core.time_limits import TimeLimits

log = logging.getLogger(__name__)

Item = TypeVar('Item')
CancelCheck = Callable[[], bool]
"""Returns whether the work is cancelled."""
JobBody = Callable[[CancelCheck], Generator[Item, None, None]]
"""Makes the items."""

CANCEL_POLL_INTERVAL = 0.01
"""Seconds between checks whether the waiting caller has cancelled."""
MAX_READY_ITEMS = 512
"""Items that may wait to be taken; then the work pauses."""


class TimeLimitError(Exception):
    """Work exceeded a time limit; the text names what was waited for, and how long."""


class Job(Generic[Item]):
    """
    Work: its items are made on a job thread and taken on another.

    `allowance` seconds are added to the time limit of the first item.
    """

    def __init__(self, body: JobBody[Item], *, allowance: float = 0.0) -> None:
        """Take what is to be done; the time limits run from now on."""
        self._body = body
        self._allowance = allowance
        self._items: collections.deque[Item] = collections.deque()
        self._changed = threading.Condition()
        self._dropped = False
        self._begun = self._done = False
        self._error: Exception | None = None
        self._any = False
        self._asked = time.monotonic()
        self._paused = 0.0

    @property
    def done(self) -> bool:
        """Return whether the job thread has finished it."""
        with self._changed:
            return self._done

    @property
    def under_way(self) -> bool:
        """Return whether the job thread has begun it and not finished; what waits is not."""
        with self._changed:
            return self._begun and not self._done

    def drop(self) -> None:
        """Cancel it: no more items are wanted; where it has not begun, it never will."""
        with self._changed:
            self._dropped = True
            self._items.clear()
            self._changed.notify_all()

    def run(self) -> None:
        """Do the work; called on the job thread."""
        error: Exception | None = None
        with self._changed:
            self._begun = not self._dropped
        try:
            if self._begun:
                self._make()
        except Exception as raised:
            # Whatever it is, take() raises it for the caller.
            error = raised
        with self._changed:
            self._error, self._done = error, True
            if self._dropped and error is not None:
                log.debug('work that was cancelled failed: %s', error)
            self._changed.notify_all()

    def take(self, limits: TimeLimits, cancelled: CancelCheck = lambda: False) -> Item | None:
        """
        Return the next item; None at the end, or once `cancelled()` is true.

        Raises TimeLimitError, and whatever the work raised; the job is then to be dropped.
        """
        began = time.monotonic()
        with self._changed:
            while True:
                if self._error is not None:
                    # Items that are ready are of no use: the work will start again.
                    raise self._error
                if self._items:
                    self._changed.notify_all()
                    return self._items.popleft()
                if self._done or self._dropped or cancelled():
                    return None
                self._changed.wait(min(CANCEL_POLL_INTERVAL, self._left(limits, began)))

    def first_limit(self, limits: TimeLimits) -> float:
        """Return the seconds within which its first item is due."""
        return limits.first + self._allowance

    def overdue(self, limits: TimeLimits) -> bool:
        """Return whether it has exceeded the time limit of the whole work."""
        return not self.done and (time.monotonic() - self._asked
                                  > limits.first + limits.whole + self._allowance)

    def _left(self, limits: TimeLimits, began: float) -> float:
        """Return the seconds to wait. Raises TimeLimitError where there are none."""
        now = time.monotonic()
        ends = [(self._asked + self._paused + limits.whole + self._allowance,
                 f'it was not done within {limits.whole:g} s')]
        if self._any:
            # Counted from when the caller waits: until then there is enough to be heard.
            ends.append((began + limits.gap, f'nothing more came for {limits.gap:g} s'))
        else:
            first = self.first_limit(limits)
            ends.append((self._asked + first, f'nothing came within {first:g} s'))
        end, what = min(ends)
        if end <= now:
            raise TimeLimitError(what)
        return end - now

    def _make(self) -> None:
        with contextlib.closing(self._body(lambda: self._dropped)) as items:
            for item in items:
                if not self._put(item):
                    return

    def _put(self, item: Item) -> bool:
        with self._changed:
            before = time.monotonic()
            while len(self._items) >= MAX_READY_ITEMS and not self._dropped:
                self._changed.wait()
            self._paused += time.monotonic() - before
            if self._dropped:
                return False
            self._items.append(item)
            self._any = True
            self._changed.notify_all()
            return True


class _Runnable(Protocol):
    def run(self) -> None: ...

    def drop(self) -> None: ...


class JobThread:
    """A thread that runs one job after the other."""

    def __init__(self, name: str) -> None:
        """Start the thread; `name` is for debuggers."""
        self._jobs: collections.deque[_Runnable] = collections.deque()
        self._changed = threading.Condition()
        self._ending: Callable[[], None] | None = None
        # A daemon: work that hangs must not keep the process.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Return whether the thread has not ended."""
        return self._thread.is_alive()

    def submit(self, job: _Runnable) -> None:
        """Queue a job after those that are queued."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    def retire(self, last: Callable[[], None]) -> None:
        """Drop the queued jobs; once the running one returns, call `last` and end the thread."""
        with self._changed:
            for job in self._jobs:
                job.drop()
            self._jobs.clear()
            self._ending = last
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """Wait for the thread to end, at most `timeout` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._jobs and self._ending is None:
                    self._changed.wait()
                if not self._jobs and self._ending is not None:
                    break
                job = self._jobs.popleft()
            job.run()
        try:
            self._ending()
        except Exception:
            # A provider's own code, at its very end: nothing is left that it could spoil.
            log.exception('%s could not be closed', self._thread.name)
