"""
An HTTP server, a thread for each connection, that bounds how many there are.

The connection that has waited for longest without a request makes room for a new one, so that idle
ones keep nobody out; where all are busy, the new one is refused.
"""

from __future__ import annotations

import contextlib
import http.server
import logging
import socket
import threading
import time
from typing import Any

from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.media.output.http_address import TOO_MANY_CONNECTIONS

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 128
LEAVE_SECONDS = 0.2
"""Seconds that a connection has to go where another takes its place."""
PAUSE_SECONDS = 0.2
"""Seconds until the next connection is taken where the system has no descriptor to give."""


class BoundedServer(http.server.ThreadingHTTPServer):
    """Its handlers tell by busy() and idle() when they answer."""

    daemon_threads = True
    # A second server on the same port must fail rather than share it.
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Any, budget: DescriptorBudget) -> None:
        """Bind and listen; connections take descriptors from `budget`. Raises OSError."""
        if ':' in address[0]:
            self.address_family = socket.AF_INET6
        self._budget = budget
        self._open: set[socket.socket] = set()
        self._idle: dict[socket.socket, None] = {}
        """In the order in which they became so."""
        self._left = threading.Condition()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection. Raises OSError where there is none."""
        try:
            return super().get_request()
        except OSError as error:
            log.debug('a connection is not accepted: %s', error)
            # It stays readable meanwhile.
            time.sleep(PAUSE_SECONDS)
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether there is room for a connection; make it where one is idle."""
        if not self._budget.allows():
            self._budget.refuse()
        if not (self._has_room() or (self._make_room() and self._has_room())):
            with contextlib.suppress(OSError):
                request.settimeout(0.0)
                request.send(TOO_MANY_CONNECTIONS)
            return False
        with self._left:
            self._open.add(request)
            self._idle[request] = None
        return True

    def busy(self, connection: socket.socket) -> None:
        """Learn that a request is being answered."""
        with self._left:
            self._idle.pop(connection, None)

    def idle(self, connection: socket.socket) -> None:
        """Learn that its answer has been given."""
        with self._left:
            if connection in self._open:
                self._idle[connection] = None

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and forget it."""
        super().shutdown_request(request)
        with self._left:
            self._open.discard(request)
            self._idle.pop(request, None)
            self._left.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log at debug level only: a viewer that leaves early is no fault."""
        log.debug('a viewer left', exc_info=True)

    def _has_room(self) -> bool:
        # The connection itself has been accepted already.
        return len(self._open) < MOST_CONNECTIONS and self._budget.allows()

    def _make_room(self) -> bool:
        """End the connection that has been idle for longest; return whether it has gone."""
        with self._left:
            oldest = next(iter(self._idle), None)
            if oldest is None:
                return False
            del self._idle[oldest]
            with contextlib.suppress(OSError):
                # Its thread reads the end, and closes it.
                oldest.shutdown(socket.SHUT_RDWR)
            return self._left.wait_for(lambda: oldest not in self._open, LEAVE_SECONDS)
