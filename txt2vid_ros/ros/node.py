"""What every node is: a lifecycle node that starts itself, reports and ends cleanly."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
import logging
import signal
import sys
import threading
import traceback
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from txt2vid_ros.errors import UserError
from txt2vid_ros.ros import parameters
from txt2vid_ros.signals import on_signal

EXIT_USER_ERROR = 2
"""Exit status for what only the user can mend: starting again would not help."""
LEVELS = {'ok': DiagnosticStatus.OK, 'warn': DiagnosticStatus.WARN,
          'error': DiagnosticStatus.ERROR}


class RosClock:
    """ROS time as the engines read it; follows /clock where use_sim_time is set."""

    def __init__(self, node: LifecycleNode) -> None:
        """Take the node whose clock it is."""
        self._clock = node.get_clock()

    def now(self) -> int:
        """Return the present ROS time in nanoseconds."""
        return int(self._clock.now().nanoseconds)


class _RosHandler(logging.Handler):
    """Sends what the engines log to the node's logger, and with it to /rosout."""

    def __init__(self, node: LifecycleNode) -> None:
        super().__init__(logging.DEBUG)
        logger = node.get_logger()
        # A line each: rclpy takes one place in the source for one severity only.
        self._levels: tuple[tuple[int, Callable[[str], Any]], ...] = (
            (logging.ERROR, lambda line: logger.error(line)),
            (logging.WARNING, lambda line: logger.warning(line)),
            (logging.INFO, lambda line: logger.info(line)),
            (0, lambda line: logger.debug(line)))

    def emit(self, record: logging.LogRecord) -> None:
        for level, write in self._levels:
            if record.levelno >= level:
                write(self.format(record))
                return


class EngineNode(LifecycleNode, abc.ABC):
    """A lifecycle node around an engine that knows nothing of ROS.

    A node states its parameters in `Parameters`, loads in configure(), works between start() and
    stop(), and releases in close(). Any of them may raise UserError.
    """

    NAME: ClassVar[str]
    Parameters: ClassVar[type[Any]]

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters; nothing is loaded yet."""
        super().__init__(self.NAME, **arguments)
        self.parameters: Any = parameters.declare(self, self.Parameters)
        parameters.follow(self, lambda: self.parameters, self._parameters_changed)
        self.ros_clock = RosClock(self)
        self.finished = threading.Event()
        """Set when the node is to end."""
        self.exit_status = 0
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._notices: dict[str, str] = {}
        self._timer: Any = None
        self._log_handler = _RosHandler(self)
        self._configured: set[Any] = set()

    @abc.abstractmethod
    def configure(self) -> None:
        """Load models and make publishers, subscriptions and services."""

    @abc.abstractmethod
    def start(self) -> None:
        """Begin to work."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Stop working; start() may follow."""

    @abc.abstractmethod
    def close(self) -> None:
        """Release what configure() took; may be called twice."""

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return level ('ok', 'warn', 'error'), a line and figures for /diagnostics."""
        return 'ok', 'running', {}

    def notice(self, line: str) -> None:
        """Say a lasting fault once in the log, and in every diagnostic from now on."""
        self.get_logger().error(line)
        self._notices[line] = 'error'

    def fail(self, error: UserError) -> None:
        """End the node: it cannot go on with what it has. Safe to call from any thread."""
        self.get_logger().fatal(str(error))
        self.end(EXIT_USER_ERROR)

    def end(self, status: int = 0) -> None:
        """End the node with an exit status; the first one that is not 0 stays."""
        self.exit_status = self.exit_status or status
        self.finished.set()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load, once."""
        logger = logging.getLogger('txt2vid_ros')
        logger.setLevel(logging.INFO)
        logger.addHandler(self._log_handler)
        self._timer = self.create_timer(1.0, self._diagnose)
        return self._guarded(self.configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to work."""
        result = super().on_activate(state)
        if result != TransitionCallbackReturn.SUCCESS:
            return result
        self._configured = {*self.subscriptions, *self.services, *self.timers}
        return self._guarded(self.start)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop working."""
        self.stop()
        # What start() has subscribed to would otherwise be there twice after the next one.
        for entities, destroy in ((self.subscriptions, self.destroy_subscription),
                                  (self.services, self.destroy_service),
                                  (self.timers, self.destroy_timer)):
            for entity in set(entities) - self._configured:
                destroy(entity)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release what was loaded."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and release."""
        self.stop()
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def _release(self) -> None:
        self.close()
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        logging.getLogger('txt2vid_ros').removeHandler(self._log_handler)

    def _guarded(self, step: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            step()
        except UserError as error:
            self.fail(error)
            return TransitionCallbackReturn.FAILURE
        except Exception:
            # rclpy would swallow it: a provider is somebody else's code, and a fault has to show.
            self.get_logger().fatal(f'a fault of ours:\n{traceback.format_exc()}')
            self.end(1)
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _parameters_changed(self, table: Any) -> None:
        self.parameters = table

    def _diagnose(self) -> None:
        level, line, figures = self.report()
        if self._notices:
            level, line = 'error', ' '.join(self._notices)
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        message.status = [DiagnosticStatus(
            level=LEVELS[level], name=f'{self.get_fully_qualified_name()}: {self.NAME}',
            message=line, hardware_id=self.get_namespace(),
            values=[KeyValue(key=key, value=_text(value)) for key, value in figures.items()])]
        self._diagnostics.publish(message)


def _text(value: Any) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)


def run(make: Callable[[], EngineNode], arguments: list[str] | None = None) -> int:
    """Make a node, configure and activate it, spin until a signal; return the exit status."""
    node: EngineNode | None = None
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
            node.stop()
            node.close()
            node.destroy_node()
        rclpy.try_shutdown()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _initialise(arguments: list[str] | None) -> None:
    try:
        # Our own handlers: rclpy's would end the context under the feet of threads that publish.
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except rclpy_implementation.RCLError as error:
        problem = str(error).removeprefix('failed to initialize rcl: ').partition('. Error:')[0]
        raise UserError(f'ROS cannot start: {problem}',
                        'Mend the part after --ros-args, or the ROS_... variable.') from error


def _spin(node: EngineNode) -> int:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    for transition in (node.trigger_configure, node.trigger_activate):
        if node.finished.is_set():
            return node.exit_status
        if transition() != TransitionCallbackReturn.SUCCESS:
            return node.exit_status or (0 if node.finished.is_set() else 1)
    # The main thread waits where a signal wakes it at once; the executor has a thread of its own.
    ending: Future = Future()
    spinning = Worker(node, 'executor',
                      lambda stop: executor.spin_until_future_complete(ending))
    node.finished.wait()
    # In this order: shutting down first would take handles from under a waiting executor.
    ending.set_result(None)
    spinning.close(timeout=5.0)
    executor.shutdown(timeout_sec=5.0)
    return node.exit_status


class Worker:
    """A thread that runs a function until it is told to stop, and reports what ends it."""

    def __init__(self, node: EngineNode, name: str,
                 work: Callable[[threading.Event], None]) -> None:
        """`work(stop)` returns soon after `stop` is set; a UserError from it ends the node."""
        self._node = node
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except UserError as error:
            self._node.fail(error)
        except Exception:
            self._node.get_logger().fatal(f'a fault of ours:\n{traceback.format_exc()}')
            self._node.end(1)

    def close(self, timeout: float = 5.0) -> None:
        """Stop and wait for the thread."""
        self._stop.set()
        self._thread.join(timeout)
