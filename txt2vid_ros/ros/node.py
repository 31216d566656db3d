"""The base class of all nodes: a lifecycle node that reports its state and ends cleanly."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
import logging
import threading
import traceback
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.options import OptionTables
from txt2vid_ros.ros import parameters
from txt2vid_ros.ros.node_thread import NodeThread

LEVELS = {'ok': DiagnosticStatus.OK, 'warn': DiagnosticStatus.WARN,
          'error': DiagnosticStatus.ERROR}


class RosClock:
    """ROS time in the form that engines read; follows /clock where use_sim_time is set."""

    def __init__(self, node: LifecycleNode) -> None:
        """Take the node whose clock it is."""
        self._clock = node.get_clock()

    def now(self) -> int:
        """Return the present ROS time in nanoseconds."""
        return int(self._clock.now().nanoseconds)


class _RosHandler(logging.Handler):
    """Forwards the log of the engines to the node's logger, and so to /rosout."""

    def __init__(self, node: LifecycleNode) -> None:
        super().__init__(logging.DEBUG)
        logger = node.get_logger()
        # A lambda on a line of its own for each: rclpy allows one severity per line of source.
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


class ManagedNode(LifecycleNode, abc.ABC):
    """A managed (lifecycle) node around an engine that knows nothing of ROS.

    A subclass declares its parameters in `Parameters`, loads in configure(), works between start()
    and stop(), and releases in close(). Any of them may raise UserError, which ends the node.
    """

    NAME: ClassVar[str]
    Parameters: ClassVar[type[Any]]

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters; nothing is loaded yet."""
        super().__init__(self.NAME, **arguments)
        declared = parameters.declare(self, self.Parameters, self.option_tables)
        self.parameters: Any = declared.table
        self.options = declared.options
        """The options of providers that are set, by full name: 'google.pitch'."""
        parameters.follow(self, lambda: self.parameters, self._parameters_changed)
        self.ros_clock = RosClock(self)
        self.finished = threading.Event()
        """Set once the node should end."""
        self.exit_status = 0
        self.autostart = bool(self.declare_parameter(
            'autostart', True, ParameterDescriptor(
                description='whether the node configures and activates itself; else it waits for '
                'a lifecycle manager', read_only=True)).value)
        """Whether nobody else manages the node: then it ends where it cannot work."""
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._problems: dict[str, str] = {}
        self._started = False
        self._timer: Any = None
        self._log_handler = _RosHandler(self)
        self._configured: set[Any] = set()
        self._threads: list[NodeThread] = []

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the providers that this table of parameters names."""
        return OptionTables()

    @abc.abstractmethod
    def configure(self) -> None:
        """Load models, and create publishers and what must exist before start()."""

    @abc.abstractmethod
    def start(self) -> None:
        """Start to work: threads, subscriptions, services."""

    def stop(self) -> None:
        """Stop what start() started, except the worker threads; start() may follow."""
        return

    @abc.abstractmethod
    def close(self) -> None:
        """Release what configure() loaded; may be called twice."""

    def report(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return level ('ok', 'warn', 'error'), a line and figures for /diagnostics.

        Called once a second after the first start().
        """
        return 'ok', 'running', {}

    def status(self) -> tuple[str, str, Mapping[str, Any]]:
        """Return what report() does, with the problems, if any, in place of its line.

        Until the node has been started, it is loading.
        """
        level, line, figures = self.report() if self._started else ('warn', 'loading', {})
        problems = ' '.join(self._problems.copy().values())
        return ('error', problems, figures) if problems else (level, line, figures)

    def set_problem(self, about: str, line: str) -> None:
        """Log what is wrong with `about`, and report it in every diagnostic while it lasts.

        An empty line ends it. The same line again is not logged again.
        """
        if not line:
            self._problems.pop(about, None)
        elif line != self._problems.get(about):
            self.get_logger().error(line)
            self._problems[about] = line

    def add_problem(self, line: str) -> None:
        """Log what is wrong until the node ends, and report it in every diagnostic from now on."""
        self.set_problem(line, line)

    def work(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run a function on a thread until the node is stopped; an exception ends the node."""
        self._threads.append(NodeThread(name, work, self.failed))

    def halt(self) -> None:
        """Stop, and wait for the worker threads."""
        self.stop()
        while self._threads:
            self._threads.pop().close()

    def failed(self, error: Exception) -> None:
        """End the node because a thread or a transition has raised `error`."""
        if isinstance(error, UserError):
            self.fail(error)
            return
        self._log_internal(error)
        self.end(1)

    def _log_internal(self, error: Exception) -> None:
        lines = ''.join(traceback.format_exception(error))
        self.get_logger().fatal(f'internal error:\n{lines}')

    def fail(self, error: UserError) -> None:
        """End the node with EXIT_USER_ERROR. Safe to call from any thread."""
        self.get_logger().fatal(str(error))
        self.end(EXIT_USER_ERROR)

    def end(self, status: int = 0) -> None:
        """End the node with an exit status; the first one that is not 0 wins."""
        self.exit_status = self.exit_status or status
        self.finished.set()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load what the node needs."""
        logger = logging.getLogger('txt2vid_ros')
        logger.setLevel(logging.INFO)
        logger.addHandler(self._log_handler)
        self._timer = self.create_timer(1.0, self._diagnose)
        return self._guarded(self.configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to work."""
        result = super().on_activate(state)
        if result != TransitionCallbackReturn.SUCCESS:
            return result
        self._configured = {*self.subscriptions, *self.services, *self.timers}
        result = self._guarded(self.start)
        self._started = self._started or result == TransitionCallbackReturn.SUCCESS
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop working."""
        self.halt()
        # Otherwise the next start() would duplicate the subscriptions of this one.
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
        self.halt()
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def _release(self) -> None:
        self.close()
        self._started = False
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        logging.getLogger('txt2vid_ros').removeHandler(self._log_handler)

    def _guarded(self, step: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            step()
        except Exception as error:
            # rclpy would swallow it. Providers are third-party code, whose errors must be seen.
            if self.autostart:
                self.failed(error)
            elif isinstance(error, UserError):
                self.get_logger().error(str(error))
            else:
                self._log_internal(error)
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _parameters_changed(self, table: Any) -> None:
        self.parameters = table

    def _diagnose(self) -> None:
        level, line, figures = self.status()
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        message.status = [DiagnosticStatus(
            level=LEVELS[level], name=f'{self.get_fully_qualified_name()}: {self.NAME}',
            message=line, hardware_id=self.get_namespace(),
            values=[KeyValue(key=key, value=_text(value)) for key, value in figures.items()])]
        self._diagnostics.publish(message)


def _text(value: Any) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)
