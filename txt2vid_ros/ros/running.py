"""Runs one node in this process until a signal, and returns its exit status."""

from __future__ import annotations

from collections.abc import Callable
import signal
import sys

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.process.signals import on_signal
from txt2vid_ros.ros.node import ManagedNode
from txt2vid_ros.ros.node_help import node_help, wants_help
from txt2vid_ros.ros.spinning import destroy_cleanly, SpinningExecutor


def run(make: Callable[[], ManagedNode], arguments: list[str] | None = None) -> int:
    """Make, configure and activate a node, and spin it until a signal; return the exit status."""
    if (isinstance(make, type) and issubclass(make, ManagedNode)
            and wants_help(sys.argv if arguments is None else arguments)):
        print(node_help(make.NAME, make.__doc__ or '', make.Parameters))
        return 0
    node: ManagedNode | None = None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        _initialise(arguments)
        node = make()
        on_signal((signal.SIGINT, signal.SIGTERM), node.end)
        return _spin(node)
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        return 0
    finally:
        if node is not None:
            node.halt()
            node.close()
            destroy_cleanly(node)
        rclpy.try_shutdown()
        # Python restores the default action of signals while it ends, and only then is the shared
        # memory removed: a second signal, as each thread of a killed parent sends one, would leave
        # it behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: object) -> None:
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


def _spin(node: ManagedNode) -> int:
    transitions = (node.trigger_configure, node.trigger_activate) if node.autostart else ()
    for transition in transitions:
        if node.finished.is_set():
            return node.exit_status
        if transition() != TransitionCallbackReturn.SUCCESS:
            return node.exit_status or (0 if node.finished.is_set() else 1)
    # The executor has its own thread, so that a signal wakes this one at once.
    executor = SpinningExecutor(node, node.failed)
    node.finished.wait()
    executor.close()
    return node.exit_status
