"""What every node is: a lifecycle node that starts itself, reports and ends cleanly."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
import logging
import threading
import traceback
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.options import OptionTables
from txt2vid_ros.ros import parameters
from txt2vid_ros.ros.worker import Worker

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
        declared = parameters.declare(self, self.Parameters, self.option_tables)
        self.parameters: Any = declared.table
        self.options = declared.options
        """What is set of providers, by full name: 'google.pitch'."""
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
        self._workers: list[Worker] = []

    def option_tables(self, table: Any) -> OptionTables:
        """Return what can be set of the providers that this table of parameters names."""
        return OptionTables()

    @abc.abstractmethod
    def configure(self) -> None:
        """Load models and make publishers, subscriptions and services."""

    @abc.abstractmethod
    def start(self) -> None:
        """Begin to work."""

    def stop(self) -> None:
        """Stop what start() began, but for the workers; start() may follow."""
        return

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

    def work(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run a function on a thread until the node is stopped; what it raises ends the node."""
        self._workers.append(Worker(name, work, self.failed))

    def halt(self) -> None:
        """Stop working, and wait for the workers."""
        self.stop()
        while self._workers:
            self._workers.pop().close()

    def failed(self, error: Exception) -> None:
        """End the node for what a thread or a step of it raised."""
        if isinstance(error, UserError):
            self.fail(error)
            return
        lines = ''.join(traceback.format_exception(error))
        self.get_logger().fatal(f'a fault of ours:\n{lines}')
        self.end(1)

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
        self.halt()
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
        self.halt()
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
        except Exception as error:
            # rclpy would swallow it: a provider is somebody else's code, and a fault has to show.
            self.failed(error)
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
