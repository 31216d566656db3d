"""The base class of all nodes: a lifecycle node that reports its state and ends cleanly."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
import contextlib
import gc
import logging
import threading
import time
import traceback
from typing import Any, ClassVar

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile
from txt2vid_ros.core.errors import EXIT_USER_ERROR, UserError
from txt2vid_ros.core.monitoring.node_states import LOADING
from txt2vid_ros.core.options import OptionTables
from txt2vid_ros.core.process.sharing import SharedResources
from txt2vid_ros.ros import parameters, qos
from txt2vid_ros.ros.engine_support import RosClock, RosLogHandler
from txt2vid_ros.ros.monitoring.diagnostics import publish_regularly
from txt2vid_ros.ros.monitoring.node_status import check_limits, NodeParameters, NodeStatus, Status
from txt2vid_ros.ros.node_thread import NodeThread
from txt2vid_ros.ros.parameters import Declared
from txt2vid_ros.ros.pictures.picture_exchange import PictureExchange

HALT_SECONDS = 3.0
"""Seconds that all threads of a node together have to end."""


class ManagedNode(LifecycleNode, abc.ABC):
    """
    A managed (lifecycle) node around an engine that knows nothing of ROS.

    A subclass declares its parameters in `Parameters`, loads in configure() and starts to work in
    start(); what has to be undone it says there, by until_cleanup() and until_deactivate(). Both
    may raise UserError, which ends the node, or has it stay where it was under a manager.
    """

    NAME: ClassVar[str]
    Parameters: ClassVar[type[NodeParameters]] = NodeParameters
    OPTIONS_BY: ClassVar[tuple[str, ...]] = ()
    """The parameters that option_tables() depends on."""
    RATE_OF: ClassVar[str] = ''
    """The count in report() whose growth a second the diagnostics tell as rate_hz."""

    def __init__(self, **arguments: Any) -> None:
        """Declare the parameters; nothing is loaded yet."""
        super().__init__(self.NAME, **arguments)
        self.declared: Declared[Any] = parameters.declare(
            self, self.Parameters, self.option_tables)
        """Parameters and options as they are set at present; replaced where they change."""
        self.ros_clock = RosClock(self)
        self.shared = SharedResources()                 # run_together() replaces both by those
        self.exchange: PictureExchange | None = None    # of the process
        self.finished = threading.Event()
        """Set once the node should end."""
        self.exit_status = 0
        self._when_finished: Callable[[], None] = lambda: None
        self.autostart = bool(self.declare_parameter(
            'autostart', True, ParameterDescriptor(
                description='whether it activates itself; else a lifecycle manager does')).value)
        """Whether nobody else manages the node: then it ends where it cannot work."""
        check_limits(self.parameters, self.get_name())
        self._node_status = NodeStatus(self.get_logger(), self.RATE_OF)
        self._unconfigured, self._active, self._started = True, False, False
        publish_regularly(self, self.NAME, self._diagnose)
        self._log_handler = RosLogHandler(self)
        self._threads: list[NodeThread] = []
        self._until_cleanup = contextlib.ExitStack()
        self._until_deactivate = contextlib.ExitStack()
        self._of_unconfigured = self._entities()
        self._of_inactive = self._of_unconfigured
        parameters.follow(self, lambda: self.declared, self._parameters_changed,
                          lambda: self._unconfigured, options_of=self.option_tables,
                          options_by=self.OPTIONS_BY, check=self._check)

    @property
    def parameters(self) -> Any:
        """Return the node's table of parameters with its present values."""
        return self.declared.table

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the options of providers that are set, by full name: 'google.pitch'."""
        return self.declared.options

    def option_tables(self, table: Any) -> OptionTables:
        """Return the options of the providers that this table of parameters names."""
        return OptionTables()

    def check_parameters(self, declared: Declared[Any]) -> None:
        """Raise UserError where what shall be set cannot be used, as far as that is seen soon."""

    def parameters_changed(self) -> None:
        """Take over what was set while the node is configured; must not wait."""

    @abc.abstractmethod
    def configure(self) -> None:
        """Load models, and create publishers and what must exist before start()."""

    @abc.abstractmethod
    def start(self) -> None:
        """Start to work: threads, subscriptions, services."""

    def report(self) -> Status:
        """
        Return level ('ok', 'warn', 'error'), a line and figures for /diagnostics.

        Called once a second after the first start().
        """
        return 'ok', 'running', {}

    def status(self) -> Status:
        """
        Return what report() does, with the problems, if any, in place of its line.

        Until the node has been started, it is loading. All figures are there, and limits of
        theirs that are crossed.
        """
        level, line, figures = self.report() if self._started else ('warn', LOADING, {})
        state = 'active' if self._active else 'inactive'
        return self._node_status.complete(
            (level, line, self._node_status.measured(figures, state)), self.parameters)

    def report_refusal(self, line: str) -> None:
        """Log that something is not done, and warn of it in the diagnostics for a while."""
        self._node_status.refuse(line)

    def set_problem(self, about: str, line: str) -> None:
        """
        Log what is wrong with `about`, and report it in every diagnostic while it lasts.

        An empty line ends it. The same line again is not logged again.
        """
        self._node_status.set_problem(about, line)

    def add_problem(self, line: str) -> None:
        """Log what is wrong until the node ends, and report it in every diagnostic from now on."""
        self.set_problem(line, line)

    def until_cleanup(self, release: Callable[[], object]) -> None:
        """
        Have `release` called when the node is cleaned up; the last one given comes first.

        So that what configure() loads is released also where a later step of it fails.
        """
        self._until_cleanup.callback(release)

    def until_deactivate(self, stop: Callable[[], object]) -> None:
        """Have `stop` called when the node stops to work, before its threads are awaited."""
        self._until_deactivate.callback(stop)

    def publisher(self, kind: type[Any], topic: str, profile: QoSProfile) -> Any:
        """
        Return a publisher that is silent while the node is not active.

        Users may override its QoS. It is destroyed when the node is cleaned up.
        """
        made = self.create_lifecycle_publisher(
            kind, topic, profile, qos_overriding_options=qos.overridable())
        if self._active:
            made.on_activate(None)
        return made

    def work(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Run a function on a thread until the node is stopped; an exception ends the node."""
        self._threads.append(NodeThread(name, work, self.failed))

    def halt(self) -> None:
        """Stop, and wait for the worker threads; may be called twice."""
        self._until_deactivate.close()
        deadline = time.monotonic() + HALT_SECONDS
        while self._threads:
            self._threads.pop().close(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Release what configure() loaded; may be called twice."""
        self._until_cleanup.close()

    def failed(self, error: Exception) -> None:
        """End the node because a thread or a transition has raised `error`."""
        self._log(error)
        self.end(EXIT_USER_ERROR if isinstance(error, UserError) else 1)

    def _log(self, error: Exception) -> None:
        self.get_logger().fatal(str(error) if isinstance(error, UserError) else (
            'internal error:\n' + ''.join(traceback.format_exception(error))))

    def end(self, status: int = 0) -> None:
        """End the node with an exit status; the first one that is not 0 wins."""
        self.exit_status = self.exit_status or status
        self.finished.set()
        self._when_finished()

    def when_finished(self, action: Callable[[], None]) -> None:
        """Have `action` called, on any thread, each time that the node is told to end."""
        self._when_finished = action

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load what the node needs."""
        logger = logging.getLogger('txt2vid_ros')
        logger.setLevel(logging.INFO)
        logger.addHandler(self._log_handler)
        self._of_unconfigured = self._entities()
        self._unconfigured = False
        result = self._guarded(self.configure)
        if result != TransitionCallbackReturn.SUCCESS:
            self._release()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to work."""
        result = super().on_activate(state)
        if result != TransitionCallbackReturn.SUCCESS:
            return result
        self._active = True
        self._of_inactive = self._entities()
        result = self._guarded(self.start)
        self._started = self._started or result == TransitionCallbackReturn.SUCCESS
        if result != TransitionCallbackReturn.SUCCESS:
            self._stop_work()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop working."""
        self._stop_work()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release what was loaded."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop, release and end: a node that is finalized can do nothing more."""
        self.halt()
        self._release()
        self.end()
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """Destroy also what rclpy leaves to the collector."""
        super().destroy_node()
        self._state_machine.destroy_when_not_in_use()

    def _stop_work(self) -> None:
        self.halt()
        self._active = False
        # Otherwise the next start() would duplicate the subscriptions of this one.
        self._destroy_all_but(self._of_inactive)

    def _release(self) -> None:
        self.close()
        self._started = False
        self._node_status.clear()
        self._destroy_all_but(self._of_unconfigured)
        self._unconfigured = True
        logging.getLogger('txt2vid_ros').removeHandler(self._log_handler)
        gc.unfreeze()       # see running.py: what was loaded may be garbage now

    def _entities(self) -> set[Any]:
        return {*self.publishers, *self.subscriptions, *self.services, *self.clients,
                *self.timers}

    def _destroy_all_but(self, kept: set[Any]) -> None:
        for entities, destroy in ((self.publishers, self.destroy_lifecycle_publisher),
                                  (self.subscriptions, self.destroy_subscription),
                                  (self.services, self.destroy_service),
                                  (self.clients, self.destroy_client),
                                  (self.timers, self.destroy_timer)):
            for entity in set(entities) - kept:
                destroy(entity)

    def _guarded(self, step: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            step()
        except Exception as error:
            # rclpy would swallow it. Providers are third-party code, whose errors must be seen.
            if self.autostart:
                self.failed(error)
            else:
                self._log(error)
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _parameters_changed(self, declared: Declared[Any]) -> None:
        self.declared = declared
        if not self._unconfigured:
            self.parameters_changed()

    def _check(self, declared: Declared[Any]) -> None:
        check_limits(declared.table, self.get_name())
        self.check_parameters(declared)

    def _diagnose(self) -> Status | None:
        return None if self._unconfigured else self.status()
