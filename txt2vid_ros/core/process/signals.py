"""Signals that end a program cleanly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import queue
import signal
import threading
from types import FrameType


class Ended(KeyboardInterrupt):
    """A signal by which others end a program: its clean-up is that of Ctrl-C."""

    def __init__(self, number: int) -> None:
        """Take the signal's number."""
        super().__init__(number)
        self.status = 128 + number
        """The exit status by which shells tell it."""


def end_as_interrupted() -> None:
    """
    Have SIGTERM and SIGHUP end this program as Ctrl-C does, so that what it started ends with it.

    What is ignored or handled already stays so. Python loses an exception that comes in the middle
    of a destructor: such a signal has to be sent again, as Ctrl-C has. For the main thread.
    """
    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)


def on_signal(numbers: Iterable[int], action: Callable[[], None]) -> None:
    """
    Run `action` on a thread of its own whenever one of the signals comes.

    A handler runs in the middle of whatever the main thread does: if that holds the lock of an
    Event, a handler that sets the same Event would wait for it for ever. So would one that starts
    a thread while the main thread starts another.
    """
    came: queue.SimpleQueue[int] = queue.SimpleQueue()      # its put() may interrupt any other

    def wait() -> None:
        while True:
            came.get()
            action()

    threading.Thread(target=wait, name='signals', daemon=True).start()
    for number in numbers:
        signal.signal(number, lambda number, frame: came.put(number))
