"""Signals that end a program cleanly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import queue
import signal
import threading


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
