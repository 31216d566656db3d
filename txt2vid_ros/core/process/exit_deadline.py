"""An end of the process at a deadline that even native code which never returns cannot put off."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import ctypes
import time

_SIGEV_THREAD = 2


class _SignalEvent(ctypes.Structure):
    """The `struct sigevent` of glibc: 64 bytes on each 64-bit Linux."""

    _fields_ = (('value', ctypes.c_void_p), ('signal', ctypes.c_int), ('notify', ctypes.c_int),
                ('function', ctypes.c_void_p), ('attributes', ctypes.c_void_p),
                ('padding', ctypes.c_byte * 32))


class _TimerSpan(ctypes.Structure):
    """The `struct itimerspec`: an interval, and when it begins; seconds and nanoseconds each."""

    _fields_ = (('interval', ctypes.c_long * 2), ('value', ctypes.c_long * 2))


@contextlib.contextmanager
def exit_after(seconds: float, status: int) -> Iterator[None]:
    """
    End the process with `status` where the block has not been left `seconds` from now.

    For blocks that call native code which may hang with the interpreter's lock held, so that
    neither a thread nor a signal handler in Python would run. Nothing is flushed or cleaned up.
    A timer of the system calls _exit() on a thread of its own (POSIX timer_create, SIGEV_THREAD).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    event = _SignalEvent(value=status, notify=_SIGEV_THREAD,
                         function=ctypes.cast(libc._exit, ctypes.c_void_p).value)
    timer = ctypes.c_void_p()
    if libc.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), 'timer_create')
    try:
        span = _TimerSpan(value=(int(seconds), int(seconds % 1 * 1e9)))
        if libc.timer_settime(timer, 0, ctypes.byref(span), None):
            raise OSError(ctypes.get_errno(), 'timer_settime')
        yield
    finally:
        libc.timer_delete(timer)
