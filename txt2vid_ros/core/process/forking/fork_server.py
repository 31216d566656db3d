"""
A process that imports modules once and forks processes which run them: python -m ... FD PADDING.

Each request comes over the socket FD with two descriptors: what the process prints goes to the
first, its id to the second. PADDING makes room for the command lines of the processes.

Python's own server (multiprocessing, forkserver) is the parent of all that it forks, so that they
end with it; they have its command line, its output and its session. Here they are children of who
asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import contextlib
import ctypes
import gc
import importlib
import json
import os
from pathlib import Path
import runpy
import signal
import socket
import sys
import warnings

MODULE = 'txt2vid_ros.core.process.forking.fork_server'
LONGEST_REQUEST = 1 << 20
"""Bytes."""
ALSO = 'IMPORTED_LATER'
"""What a module may have: the names of modules that it imports only while it runs."""
_DEATH_SIGNAL = 1
_GO = b'.'


def serve(requests: socket.socket, parent: int) -> list[str] | None:
    """
    Fork a process for each request; return in each of them the words of its command line.

    None in the server, once nobody asks any more. The processes are children of `parent`, which
    has to be a subreaper (prctl(2)), and outlive this one.
    """
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 2)
        if not request:
            return None
        words: list[str] = json.loads(request)
        output, reply = descriptors
        with _printing_to(output):
            _import(words[0])
            forked = _fork(parent, reply)
        for each in descriptors:
            os.close(each)
        if forked:
            requests.close()
            os.setsid()
            return words


def become(words: Sequence[str], command: Sequence[str]) -> None:
    """Run a module, and give this process the arguments and the command line that -m would."""
    _rename(command)
    sys.argv[1:] = words[1:]
    gc.enable()
    # It is imported already, by this module's own doing.
    warnings.filterwarnings('ignore', '.* found in sys.modules after import', RuntimeWarning)
    runpy.run_module(words[0], run_name='__main__', alter_sys=True)


@contextlib.contextmanager
def _printing_to(output: int) -> Iterator[None]:
    """Have what is printed go to a descriptor; for good in the processes that are forked."""
    here = os.getpid()
    before = os.dup(1), os.dup(2)
    for standard in (1, 2):
        os.dup2(output, standard)
    try:
        yield
    finally:
        for standard, old in zip((1, 2), before, strict=True):
            if os.getpid() == here:
                os.dup2(old, standard)
            os.close(old)


def _import(name: str) -> None:
    try:
        for each in getattr(importlib.import_module(name), ALSO, ()):
            importlib.import_module(each)
    except Exception:
        # The process will see the same when it runs the module, and say it.
        pass
    # The collector would touch, and so copy, what the processes share.
    gc.freeze()


def _fork(parent: int, reply: int) -> bool:
    """
    Fork a process that is the child of `parent`; return whether this is that process.

    It is one of a process in between, which ends: so it comes to the subreaper. `parent` learns
    its id over `reply`, or that there is none by the end of that.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    waiting, telling = os.pipe()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        # By now it has its new parent.
        with contextlib.suppress(BrokenPipeError):
            os.write(telling, _GO)
        os.close(telling)
        os.close(waiting)
        return False
    if os.fork():
        os._exit(0)
    os.close(telling)
    told = os.read(waiting, 1)
    os.close(waiting)
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
    # Checked once the signal is set: a parent that ended before that has sent none.
    if told != _GO or os.getppid() != parent:
        os._exit(1)
    os.write(reply, f'{os.getpid()}\n'.encode())
    return True


def _rename(command: Sequence[str]) -> None:
    """Write the command line by which ps(1) and others know the process, if there is room."""
    content = b'\0'.join(map(os.fsencode, command)) + b'\0'
    try:
        fields = Path('/proc/self/stat').read_text('utf-8', 'replace').rpartition(')')[2].split()
        begin, end = int(fields[45]), int(fields[46])      # arg_start and arg_end (proc(5))
    except (OSError, IndexError, ValueError):
        return
    if begin and len(content) <= end - begin:
        # The last byte stays 0: else the kernel would show the environment too.
        ctypes.memmove(begin, content.ljust(end - begin, b'\0'), end - begin)


def main() -> None:
    """Serve, and be one of the processes in each of them."""
    gc.disable()
    # rclpy brings two threads of LTTng's, which only wait: they hold no lock at a fork.
    warnings.filterwarnings('ignore', '.*multi-threaded, use of fork', DeprecationWarning)
    parent = os.getppid()
    words = serve(socket.socket(fileno=int(sys.argv[1])), parent)
    if words is not None:
        become(words, [sys.executable, '-m', *words])


if __name__ == '__main__':
    main()
