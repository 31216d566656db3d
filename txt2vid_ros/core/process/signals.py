"""Signals that end a program cleanly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import signal
import threading


def on_signal(numbers: Iterable[int], action: Callable[[], None]) -> None:
    """
    Run `action` on a thread of its own whenever one of the signals comes.

    A handler runs in the middle of whatever the main thread does: if that holds the lock of an
    Event, a handler that sets the same Event would wait for it for ever.
    """
    def handle(number: int, frame: object) -> None:
        threading.Thread(target=action, name='signal', daemon=True).start()

    for number in numbers:
        signal.signal(number, handle)
