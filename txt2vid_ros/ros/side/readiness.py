"""Tells a service manager when the face can be seen, and that it still can."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from txt2vid_ros.core.monitoring.node_states import loads
from txt2vid_ros.core.process.service_manager import PER_INTERVAL, ServiceManager

MISSING_SECONDS = 10.0
"""Seconds without a new picture after which the face counts as gone: a restart needs some."""


class Readiness:
    """
    Follows one node of the graph on a thread: `stream`, whose pictures count, or another.

    Where no service manager listens it does nothing. Use as a context manager.
    """

    def __init__(self, manager: ServiceManager, namespace: str, node: str) -> None:
        """Follow the node called `node` under `namespace`."""
        self._manager = manager
        self._namespace = namespace
        self._node = node
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Readiness:
        """Begin to follow."""
        if self._manager.listens:
            self._thread = threading.Thread(target=self._run, name='readiness', daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Follow no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        # Not before it is needed: it takes 30 MB.
        from txt2vid_ros.ros.side.diagnostics_reader import DiagnosticsReader
        interval = self._manager.watchdog_seconds / PER_INTERVAL
        ready = False
        progress, advanced, told = 0.0, -MISSING_SECONDS, 0.0
        with DiagnosticsReader(self._namespace, self._node) as reader:
            while not self._stop.is_set():
                status = reader.next(min(0.5, interval or 0.5))
                now = time.monotonic()
                if status is not None:
                    done = self._progress(status, progress)
                    if done != progress:
                        progress, advanced = done, now
                if not progress or now - advanced > MISSING_SECONDS:
                    continue
                if not ready:
                    ready = True
                    self._manager.tell('READY=1', 'STATUS=the face can be seen'
                                       if self._node == 'stream' else 'STATUS=listening')
                if interval and now - told >= interval:
                    told = now
                    self._manager.tell('WATCHDOG=1')

    def _progress(self, status: dict[str, str], before: float) -> float:
        """Return a figure that changes as long as the node does its work."""
        if self._node != 'stream':
            return before + (not loads(status['message']))
        try:
            # Frames that were shown in time: before the first picture of the face all are late.
            return float(status.get('on_time', '0'))
        except ValueError:
            return before
