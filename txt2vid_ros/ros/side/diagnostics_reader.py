"""A reader of /diagnostics outside the graph."""

from __future__ import annotations

import queue
from types import TracebackType

from diagnostic_msgs.msg import DiagnosticArray
from txt2vid_ros.ros import messages
from txt2vid_ros.ros.side.side_node import SideNode


class DiagnosticsReader:
    """The diagnostics of one kind of node under a namespace. Use as a context manager."""

    def __init__(self, namespace: str, kind: str) -> None:
        """Follow the nodes called `kind`."""
        self._namespace = namespace
        self._kind = kind
        self._held: queue.Queue[dict[str, str]] = queue.Queue(maxsize=100)
        self._side = SideNode('txt2vid_reader')
        self._side.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_array, 10)
        self._side.spin()

    def __enter__(self) -> DiagnosticsReader:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Leave the graph."""
        self._side.close()

    def next(self, timeout: float) -> dict[str, str] | None:  # noqa: A003
        """
        Return the next status, its values by key and its 'level' and 'message'.

        None where none arrives within `timeout` seconds.
        """
        try:
            return self._held.get(timeout=timeout)
        except queue.Empty:
            return None

    def _on_array(self, message: DiagnosticArray) -> None:
        for told in messages.from_diagnostics(message, self._namespace):
            if told.kind == self._kind and not self._held.full():
                self._held.put_nowait({
                    'level': str(int.from_bytes(messages.LEVELS[told.level], 'big')),
                    'message': told.line, **told.values})
