"""Serves the stream to any number of viewers over HTTP, and a page to watch it in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import http.server
import importlib.resources
import json
import logging
import socket
import threading
from typing import Any

from txt2vid_ros.core.address import parse_address
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.core.storage.last_port import LastPort
from txt2vid_ros.media.output.bounded_server import BoundedServer
from txt2vid_ros.media.output.broadcast import Subscription
from txt2vid_ros.media.output.http_address import cannot_serve, http_url, JOIN_PATH

log = logging.getLogger(__name__)

SEND_TIMEOUT = 5.0
"""Seconds after which a viewer that takes nothing is dropped."""
MOST_VIEWERS = 64


class StreamServer:
    """
    The HTTP side of the stream.

    `streams` maps a path to its media type and the function that subscribes a viewer, with the
    function that ends the subscription; `status` is called for /status.json.
    """

    def __init__(self, address: str,
                 streams: Mapping[str, tuple[str, Callable[[], Subscription],
                                             Callable[[Subscription], None]]],
                 status: Callable[[], Mapping[str, Any]], budget: DescriptorBudget,
                 last_port: LastPort | None = None) -> None:
        """
        Bind to 'HOST:PORT' and begin to serve; connections take descriptors from `budget`.

        For port 0 that is the last one, if it is free and there was no orderly end since. Raises
        UserError where that is not possible.
        """
        host, port = parse_address(
            address, 'stream.http',
            'Write HOST:PORT, for example 127.0.0.1:8080, or leave it empty for none.',
            default_host='127.0.0.1', any_port=True)
        page = importlib.resources.files('txt2vid_ros').joinpath('assets/watch.html').read_bytes()
        handler = type('Handler', (_Handler,), {
            'streams': dict(streams), 'status': staticmethod(status), 'page': page,
            'places': threading.BoundedSemaphore(MOST_VIEWERS)})
        self._last_port = last_port or LastPort(None)
        try:
            self._server = self._as_before(host, port, handler, budget) or BoundedServer(
                (host, port), handler, budget)
        except (OSError, TypeError) as error:
            raise cannot_serve('stream.http', address, port, error) from error
        if port == 0:
            self._last_port.keep(int(self._server.server_address[1]))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,),
                                        name='http', daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the address to watch at, without a path."""
        host, port = self._server.server_address[:2]
        return http_url(host.decode() if isinstance(host, bytes) else str(host), port)

    def _as_before(self, host: str, port: int, handler: type[_Handler], budget: DescriptorBudget
                   ) -> BoundedServer | None:
        """Return a server on the last port, None where that is in use or any other is wanted."""
        last = self._last_port.read()
        if port or not last:
            return None
        try:
            return BoundedServer((host, last), handler, budget)
        except OSError:
            return None

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2.0)
        self._last_port.forget()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'txt2vid'
    sys_version = ''
    timeout = SEND_TIMEOUT
    streams: Mapping[str, tuple[str, Callable[[], Subscription], Callable[[Subscription], None]]]
    status: Callable[[], Mapping[str, Any]]
    page: bytes
    places: threading.BoundedSemaphore

    def do_GET(self) -> None:
        """Answer with a stream, the page or the status."""
        assert isinstance(self.server, BoundedServer)
        self.server.busy(self.connection)
        try:
            self._answer()
        finally:
            self.server.idle(self.connection)

    def _answer(self) -> None:
        path = self.path.split('?', 1)[0]
        if path in self.streams:
            self._stream(path)
        elif path == '/':
            self._send(200, 'text/html; charset=utf-8', self.page)
        elif path == '/status.json':
            self._send(200, 'application/json', json.dumps(self.status()).encode())
        else:
            known = ', '.join(['/', *self.streams, '/status.json'])
            self._send(404, 'text/plain', f'Available: {known}\n'.encode())

    def do_HEAD(self) -> None:
        """Answer as to GET, without the content."""
        self.do_GET()

    def _send(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.send_header('Cache-Control', 'no-store')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def _stream(self, path: str) -> None:
        if path == JOIN_PATH:
            # The node web reads it once for all who watch over WebRTC: no viewer keeps it out.
            self._serve(path)
            return
        if not self.places.acquire(blocking=False):
            self._send(503, 'text/plain', b'Too many viewers.\n')
            return
        try:
            self._serve(path)
        finally:
            self.places.release()

    def _serve(self, path: str) -> None:
        kind, subscribe, unsubscribe = self.streams[path]
        self.close_connection = True
        self.send_response(200)
        self.send_header('Content-Type', kind)
        self.send_header('Cache-Control', 'no-store')
        self.send_header('Connection', 'close')
        self.end_headers()
        if self.command == 'HEAD':
            return
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pump(subscribe, unsubscribe)

    def _pump(self, subscribe: Callable[[], Subscription],
              unsubscribe: Callable[[Subscription], None]) -> None:
        subscription = subscribe()
        try:
            for data in subscription:
                self.wfile.write(data)
        except (OSError, TimeoutError):
            log.debug('a viewer left')
        finally:
            unsubscribe(subscription)
        if subscription.overrun:
            log.info('a viewer was too slow and was dropped')

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log requests at debug level only."""
        log.debug(format, *args)
