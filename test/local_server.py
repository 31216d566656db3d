"""An HTTP server on this machine that answers as a test wants, on a thread of its own."""

from __future__ import annotations

import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import ssl
import threading


class LocalServer:
    """Serves on a free port until it is closed."""

    def __init__(self, handler: type[BaseHTTPRequestHandler],
                 tls: ssl.SSLContext | None = None) -> None:
        self._server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
        self._scheme = 'https' if tls else 'http'
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={'poll_interval': 0.02})
        self._thread.start()

    @property
    def address(self) -> str:
        """Return the URL, without a path."""
        return f'{self._scheme}://127.0.0.1:{self._server.server_port}'

    def close(self) -> None:
        """Stop; whoever is still being answered is left alone."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class LocalHandler(BaseHTTPRequestHandler):
    """Answers quietly; a client may leave whenever it likes."""

    protocol_version = 'HTTP/1.1'

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        """Return what the request carries."""
        return self.rfile.read(int(self.headers['content-length']))

    def whole(self, status: int, body: bytes) -> None:
        """Answer with JSON."""
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def chunk(self, data: bytes) -> None:
        """Send a part of an answer of unknown length."""
        self.wfile.write(b'%x\r\n%b\r\n' % (len(data), data))
        self.wfile.flush()
