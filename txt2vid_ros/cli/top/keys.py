"""Keys as they are pressed, without Enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import os
import select
import termios
import time
import tty
from typing import TextIO


@contextlib.contextmanager
def pressed_keys(stream: TextIO) -> Iterator[Callable[[float], str]]:
    """
    Yield a function that waits so many seconds for a key and returns it; '' where none came.

    Ctrl-C stays a signal. Where the stream is no terminal no key comes.
    """
    if not stream.isatty():
        yield _no_key
        return
    file = stream.fileno()
    before = termios.tcgetattr(file)

    def wait(seconds: float) -> str:
        ready, _, _ = select.select([file], [], [], seconds)
        return os.read(file, 1).decode('latin-1') if ready else ''

    tty.setcbreak(file)
    try:
        yield wait
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ''
