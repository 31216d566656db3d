"""A watcher of a running graph: what its nodes say of themselves, and its utterances' ways."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from diagnostic_msgs.msg import DiagnosticArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.monitoring.node_states import NodeStates
from txt2vid_ros.core.monitoring.stage_mark import marks_of
from txt2vid_ros.core.monitoring.utterance_trace import TraceBook
from txt2vid_ros.core.names import checked_namespace
from txt2vid_ros.ros import messages, qos
from txt2vid_ros.ros.side.side_node import SideNode

DISCOVERY_MOST = 8.0
"""Seconds after which those nodes count that have been found."""
QUIET = 1.0
"""Seconds without a mark of earlier after which all that is remembered has come."""
ANNOUNCED_AGAIN = 3.5
"""Seconds in which a node whose first announcement got lost is announced again (DDSI-RTPS 8.5.3,
Fast DDS: every 3 s). So long may a node be missing that an utterance should have passed."""
FACE_NODES = frozenset(('lipsync', 'stream'))
"""What sound passes on its way to a viewer, by name."""


class GraphWatch:
    """Follows the diagnostics and traces of a namespace. Use as a context manager."""

    def __init__(self, namespace: str) -> None:
        """Join the graph. Raises UserError for what is no namespace."""
        self.states, self.book = NodeStates(), TraceBook()
        self._namespace = checked_namespace(namespace)
        self._side = SideNode('txt2vid_watch', self._namespace)
        self._told = threading.Event()
        self._begun = time.time_ns()
        self._remembered = time.monotonic()
        """When a node that was not known, or what it remembers, came last."""
        node = self._side.node
        node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, qos.SPEECH)
        self._traces = node.create_subscription(
            DiagnosticArray, 'trace', self._on_trace, qos.TRACE)
        self._side.spin()

    def __enter__(self) -> GraphWatch:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Leave the graph."""
        self._side.close()

    def wait_for_nodes(self, timeout: float) -> None:
        """Wait until a node has told of itself. Raises UserError where none does."""
        deadline = time.monotonic() + timeout
        while not self.states.nodes():
            if time.monotonic() > deadline:
                raise UserError(f'no node reports under {self._namespace}',
                                'Start one with "txt2vid live", and use the same --namespace and '
                                'ROS_DOMAIN_ID.')
            self.wait(0.2)

    def gather(self, seconds: float) -> None:
        """
        Let the nodes tell of themselves and what they remember, for at least so many seconds.

        On a busy machine it takes longer to find them all, and what they remember comes after.
        """
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < seconds or (
                waited < DISCOVERY_MOST and not self._all_told()):
            self.wait(0.1)

    def wait(self, timeout: float) -> bool:
        """Wait until something has been told since the last call; return whether it was."""
        told = self._told.wait(timeout)
        self._told.clear()
        return told

    def _all_told(self) -> bool:
        """Return whether all nodes are found, and nothing that they remember is still coming."""
        if not self._found():
            self._remembered = time.monotonic()
        missing = any(trace.at('sound') is not None
                      and not {node for node, _ in trace.marks} >= FACE_NODES
                      for trace in self.book.traces())
        quiet = ANNOUNCED_AGAIN if missing else QUIET
        return time.monotonic() - self._remembered > quiet

    def _found(self) -> bool:
        """Return whether all nodes that are known of have told of themselves."""
        node, known = self._side.node, self.states.nodes()
        return (all(each.node_name in known for each in
                    node.get_publishers_info_by_topic('/diagnostics')
                    if each.node_namespace == self._namespace)
                and self._traces.get_publisher_count() >= node.count_publishers('trace'))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for told in messages.from_diagnostics(message, self._namespace):
            self.states.observe(told.node, told.level, told.line, told.values)
            self._told.set()

    def _on_trace(self, message: DiagnosticArray) -> None:
        for mark in marks_of(message):
            self.book.take(mark)
            if mark.at < self._begun:
                self._remembered = time.monotonic()
            self._told.set()
