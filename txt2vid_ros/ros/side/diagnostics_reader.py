"""A reader of /diagnostics outside the graph."""

from __future__ import annotations

import queue
import threading
import time
from types import TracebackType

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions


class Reports:
    """The reports of one kind of node under a namespace. Use as a context manager."""

    def __init__(self, namespace: str, kind: str) -> None:
        """Follow the nodes called `kind`."""
        self._prefix = '/' + namespace.strip('/') + '/'
        self._kind = kind
        self._reports: queue.Queue[dict[str, str]] = queue.Queue(maxsize=100)
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(f'txt2vid_reader_{time.time_ns()}', context=self._context)
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_reports, 10)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='reports', daemon=True)
        self._thread.start()

    def __enter__(self) -> Reports:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop following."""
        self._executor.shutdown(timeout_sec=1.0)
        self._context.try_shutdown()
        self._thread.join(timeout=2.0)

    def next(self, timeout: float) -> dict[str, str] | None:  # noqa: A003
        """Return the next report's figures by name, its 'level' and 'message' too, or None."""
        try:
            return self._reports.get(timeout=timeout)
        except queue.Empty:
            return None

    def _on_reports(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if not (status.name.startswith(self._prefix)
                    and status.name.endswith(f': {self._kind}')) or self._reports.full():
                continue
            self._reports.put_nowait({
                'level': str(int.from_bytes(status.level, 'big')), 'message': status.message,
                **{pair.key: pair.value for pair in status.values}})

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return
