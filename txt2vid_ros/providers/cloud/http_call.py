"""
A request over HTTP whose answer is read as it comes, and that another thread can abort.

Over http.client, which exposes the socket: shutting it down wakes a thread that reads from it.
Redirects are not followed, so that a key is sent to no other host.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, urlsplit

from txt2vid_ros.core.address import shown_address
from txt2vid_ros.core.errors import ProviderError, UserError

READ_SIZE = 16384
"""Bytes to read at once, at most."""
MAX_ERROR_BYTES = 4096
"""Of the text of an error that are read."""


class StatusError(Exception):
    """The server answered with another status than 200; `body` is the beginning of its text."""

    def __init__(self, status: int, body: str) -> None:
        """Take what the server said."""
        super().__init__(f'HTTP status {status}')
        self.status = status
        self.body = body


class HttpServer:
    """
    A server at https://HOST[:PORT], or http:// on this machine or without a key.

    The connection of an answer that was read to its end is kept for the next request.
    """

    def __init__(self, address: str, service: str, timeout: float, option: str, *,
                 keyed: bool = True) -> None:
        """
        Take the address, the service's name, and the seconds for which it may send nothing.

        One that gets no key may be at http:// on any machine. Raises UserError, which names
        `option`, where the address is not valid.
        """
        parts = split_address(address, option)
        host, port = parts.hostname or '', parts.port
        if keyed and parts.scheme == 'http' and not _loopback(host):
            raise UserError(f'{option} is {shown_address(address)!r}: the key would travel '
                            'unencrypted', 'Use https://.')
        self._tls = parts.scheme == 'https'
        self._host, self._port = host, port
        self.service = service
        self.timeout = timeout
        self._idle: http.client.HTTPConnection | None = None
        self._closed = False
        self._lock = threading.Lock()

    def call(self, method: str, path: str, headers: Callable[[], dict[str, str]],
             body: bytes = b'') -> HttpCall:
        """
        Return a request, which is sent when its answer is first read.

        `headers` is called only then, so that no variable holds a key for longer.
        """
        return HttpCall(self, method, path, headers, body)

    def connection(self, new: bool) -> tuple[http.client.HTTPConnection, bool]:
        """Return a connection, and whether it was used before; with `new` it never was."""
        with self._lock:
            kept, self._idle = self._idle, None
        if kept is not None and not new:
            kept.sock.settimeout(self.timeout)
            return kept, True
        if kept is not None:
            kept.close()
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=self.timeout), False

    def keep(self, connection: http.client.HTTPConnection) -> None:
        """Take back a connection whose answer was read to the end."""
        with self._lock:
            # After close() a connection that comes back is closed too.
            before, self._idle = (connection, None) if self._closed else (self._idle, connection)
        if before is not None:
            before.close()

    def close(self) -> None:
        """Close the idle connection; those that come back later are closed too."""
        with self._lock:
            self._closed = True
            kept, self._idle = self._idle, None
        if kept is not None:
            kept.close()

    def provider_error(self, error: Exception) -> ProviderError:
        """Return what an error of http.client means to the user."""
        if isinstance(error, TimeoutError):
            return ProviderError(f'{self.service} sent nothing for {self.timeout:g} s',
                                 retriable=True)
        if isinstance(error, ssl.SSLCertVerificationError):
            return ProviderError(f'{self.service} shows a certificate that is not trusted',
                                 retriable=False)
        return ProviderError(f'{self.service} {_reason(error)}', retriable=True)


class HttpCall:
    """One request and its answer."""

    def __init__(self, server: HttpServer, method: str, path: str,
                 headers: Callable[[], dict[str, str]], body: bytes) -> None:
        """Take what to send; nothing is sent yet."""
        self._server = server
        self._request = (method, path, body or None)
        self._headers = headers
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = False
        self._answer_headers: http.client.HTTPMessage | None = None
        self._answer = self._read()

    def header(self, name: str) -> str:
        """Return a header of the answer, once its first bytes have come; '' for none."""
        found = self._answer_headers.get(name) if self._answer_headers is not None else None
        return found or ''

    def answer(self) -> Iterator[bytes]:
        """Send the request; yield its answer as it comes. Raises StatusError and ProviderError."""
        return self._answer

    def drain(self, timeout: float) -> None:
        """
        Read the answer to its end, so that the connection can serve the next request.

        If that takes longer than about `timeout` seconds, close the connection.
        """
        deadline = time.monotonic() + timeout
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            sock.settimeout(timeout)
        with contextlib.suppress(ProviderError):
            for _ in self._answer:
                if time.monotonic() >= deadline:
                    break
        self._answer.close()

    def abort(self) -> None:
        """End it, whatever it waits for; called from another thread than the one that reads."""
        self._aborted = True
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _read(self) -> Generator[bytes, None, None]:
        complete = False
        try:
            response = self._response()
            if response.status != 200:
                raise StatusError(response.status,
                                  response.read(MAX_ERROR_BYTES).decode('utf-8', 'replace'))
            self._answer_headers = response.headers
            while data := response.read1(READ_SIZE):
                yield data
            if response.length:
                # read1() does not raise this by itself.
                raise http.client.IncompleteRead(b'')
            response.close()
            complete = not response.will_close
        except (OSError, http.client.HTTPException) as error:
            # Without its cause, which holds the headers and, in them, the key.
            raise self._server.provider_error(error) from None
        finally:
            # Not this request's any more: abort() must not end what is sent over it next.
            connection, self._connection = self._connection, None
            if connection is not None:
                if complete:
                    self._server.keep(connection)
                else:
                    connection.close()

    def _response(self) -> http.client.HTTPResponse:
        self._connection, kept = self._server.connection(new=False)
        try:
            return self._sent(self._connection)
        except ConnectionError:
            if not kept or self._aborted:
                raise
        # The server may have closed a connection that was idle; a new one will show.
        self._connection.close()
        self._connection, _ = self._server.connection(new=True)
        return self._sent(self._connection)

    def _sent(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        if connection.sock is None:
            connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._aborted:
            raise ConnectionAbortedError
        method, path, body = self._request
        connection.request(method, path, body, self._headers())
        return connection.getresponse()


def split_address(address: str, option: str) -> SplitResult:
    """Return the parts of an address that HTTP reaches. Raises UserError, which names `option`."""
    try:
        parts = urlsplit(address)
        # A port that is none raises too.
        valid = bool(parts.hostname) and parts.scheme in ('https', 'http') and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UserError(f'{option} is {shown_address(address)!r}',
                        'It has to be https://HOST or https://HOST:PORT.')
    return parts


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return 'cannot be found by its name: is there a network?'
    if isinstance(error, http.client.RemoteDisconnected):
        return 'closed the connection without an answer'
    if isinstance(error, http.client.HTTPException):
        return 'broke off'
    words = (error.strerror or '').lower() if isinstance(error, OSError) else ''
    return f'cannot be reached: {words}' if words else 'broke off'


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
