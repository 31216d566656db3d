"""Runs nodes in this process until a signal, and returns its exit status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import contextlib
import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from typing import NoReturn

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.process.heap import keep_large_blocks
from txt2vid_ros.core.process.sharing import SharedResources
from txt2vid_ros.core.process.signals import on_signal
from txt2vid_ros.ros.middleware.goodbye import participants_of, say_goodbye
from txt2vid_ros.ros.middleware.transports import NO_PICTURES, Pictures, pictures_of, transports
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.node_help import node_help, wants_help
from txt2vid_ros.ros.pictures.picture_exchange import PictureExchange
from txt2vid_ros.ros.spinning import CLOSE_SECONDS, destroy_cleanly, SpinningExecutor

ENDING = signal.SIGINT, signal.SIGTERM
LATEST_END = 9.0
"""Seconds from a signal to the end of the process, whatever hangs: launch kills after 10 without a
word, the supervisor after 12."""


def run(make: Callable[[], ManagedNode], arguments: list[str] | None = None) -> int:
    """Make, configure and activate a node, and spin it until a signal; return the exit status."""
    if (isinstance(make, type) and issubclass(make, ManagedNode)
            and wants_help(sys.argv if arguments is None else arguments)):
        print(node_help(make.NAME, make.__doc__ or '', make.Parameters))
        return 0
    return run_together([make], arguments, pictures_of(make))


def run_together(makes: Sequence[Callable[[], ManagedNode]], arguments: list[str] | None = None,
                 pictures: Pictures = NO_PICTURES) -> int:
    """
    Do what run() does with several nodes at a time; `pictures` is what they do with those.

    They end together: at a signal, when one of them fails, or when all have ended. What two of
    them load with the same settings is loaded once.
    """
    nodes: list[ManagedNode] = []
    participants: set[bytes] = set()
    shared = SharedResources()
    loading = _Loading()
    status = 1
    if pictures.sent or pictures.received:
        keep_large_blocks()
    try:
        with transports(pictures):
            _initialise(arguments)
            exchange = PictureExchange() if len(makes) > 1 else None
            for make in makes:
                nodes.append(make())
                nodes[-1].exchange = exchange
                nodes[-1].shared = shared
        participants = participants_of(nodes)
        status = _spin(nodes, loading)
    except UserError as error:
        print(f'FATAL: {error}', file=sys.stderr, flush=True)
        status = EXIT_USER_ERROR
    except KeyboardInterrupt:
        status = 0
    finally:
        # A second signal, as each thread of a killed parent sends one, changes nothing any more.
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        for node in nodes:
            node.halt()
            node.close()
        destroy_cleanly(*nodes, status=status)
        if participants:
            say_goodbye(participants, rclpy.get_default_context().get_domain_id())
        rclpy.try_shutdown()
        faulthandler.cancel_dump_traceback_later()
    return status


def end_process(status: int) -> NoReturn:
    """
    End this process now that run() has returned and all is released.

    The end of the interpreter would free what the system takes back anyhow, in 0.2 s of processor
    time: seconds on a busy machine, where launch kills who is late.
    """
    _end_soon()
    # The participant and its shared memory go with the context, which nobody uses now.
    rclpy.get_default_context().destroy()
    with contextlib.suppress(OSError, ValueError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _end(nodes: Sequence[ManagedNode]) -> None:
    for node in nodes:
        node.end()


def _end_soon() -> None:
    """Show where each thread is, and end with status 1, where the end takes too long."""
    faulthandler.dump_traceback_later(LATEST_END, exit=True)


class _Loading:
    """A signal while nodes are loaded, which may take long, interrupts the main thread."""

    def __init__(self) -> None:
        self.ended = False
        for number in ENDING:
            signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, frame: object) -> None:
        # The exception is lost where it comes in the middle of a destructor or a callback from C.
        self.ended = True
        _end_soon()
        raise KeyboardInterrupt


def _initialise(arguments: list[str] | None) -> None:
    try:
        # Handlers of our own: rclpy's would shut the context down while threads still publish.
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except rclpy_implementation.RCLError as error:
        problem = str(error).removeprefix('failed to initialize rcl: ').partition('. Error:')[0]
        raise UserError(f'ROS cannot start: {problem}',
                        'Correct the part after --ros-args, or the ROS_... variable.') from error
    except UnicodeEncodeError as error:
        raise UserError(f'ROS cannot start: {error.object!a} is not in UTF-8',
                        'Rename the file, or write the word in UTF-8.') from error


def _spin(nodes: Sequence[ManagedNode], loading: _Loading) -> int:
    over = threading.Event()

    def ended() -> None:
        if _status(nodes) or all(node.finished.is_set() for node in nodes):
            _end_soon()
            over.set()

    for node in nodes:
        node.when_finished(ended)
    if not _take(nodes, ManagedNode.trigger_configure, over):
        return _status_of_failure(nodes)
    on_signal(ENDING, lambda: _end(nodes))
    if loading.ended:
        return 0
    if not _take(nodes, ManagedNode.trigger_activate, over):
        return _status_of_failure(nodes)
    # What has been loaded stays. Looking at all of it again is what takes longest at the end.
    gc.collect()
    gc.freeze()
    # Executors have threads of their own, so that a signal wakes this one at once. Each node has
    # its own: for each message rclpy looks at all that an executor waits for.
    executors = [SpinningExecutor([node], node.failed) for node in nodes]
    over.wait()
    deadline = time.monotonic() + CLOSE_SECONDS
    for executor in executors:
        executor.close(max(0.0, deadline - time.monotonic()))
    return _status(nodes)


def _take(nodes: Sequence[ManagedNode], transition: Callable[[ManagedNode], object],
          over: threading.Event) -> bool:
    """Take the nodes that nobody else manages through a transition; return whether all went."""
    return all(not over.is_set() and transition(node) == TransitionCallbackReturn.SUCCESS
               for node in nodes if node.autostart)


def _status_of_failure(nodes: Sequence[ManagedNode]) -> int:
    ended = any(node.finished.is_set() for node in nodes)
    return _status(nodes) or (0 if ended else 1)


def _status(nodes: Sequence[ManagedNode]) -> int:
    return next((node.exit_status for node in nodes if node.exit_status), 0)
