"""A web server for tests: real sockets, a source of bytes in place of the node stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
import http.client
import http.server
import json
import socket
import threading
import time
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from txt2vid_ros.web.server.server import WebServer
from txt2vid_ros.web.server.settings import WebSettings

TIMEOUT = 60.0
T = TypeVar('T')


def until(look: Callable[[], T], what: str) -> T:
    """Call `look` until it returns something true; return that."""
    deadline = time.monotonic() + TIMEOUT
    while not (found := look()):
        assert time.monotonic() < deadline, f'waited in vain for {what}'
        time.sleep(0.02)
    return found


class FakeStream:
    """Serves /live.ts without end and /status.json, as the node stream does."""

    def __init__(self, block: int = 1880, pause: float = 0.02) -> None:
        self.block, self.pause = b'\x47' * block, pause
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self._handler())
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_address[1]}'
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 5.0

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header('Content-Type', 'application/json' if self.path == '/status.json'
                                 else 'video/mp2t')
                self.end_headers()
                if self.path == '/status.json':
                    self.wfile.write(b'{"fps": 25.0, "pts_zero_ns": 7}')
                    return
                while not outer._ended.wait(outer.pause):
                    try:
                        self.wfile.write(outer.block)
                    except OSError:
                        return

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(TIMEOUT)


class FakeGraph:
    """What pages ask of the graph, noted."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.interrupts = 0
        self.problem = ''
        self.figures: dict[str, float] = {}

    def say(self, text: str, speaker: str) -> str:
        self.said.append((text, speaker))
        return self.problem

    def interrupt(self, answer: Callable[[str], None]) -> None:
        self.interrupts += 1
        threading.Thread(target=answer, args=(self.problem,)).start()

    def measured(self, figures: dict[str, float]) -> None:
        self.figures = figures

    def now(self) -> int:
        return 1_800_000_000_123_456_789


class Answer:
    """What a request was answered with."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self) -> Any:
        return json.loads(self.body)


class Web:
    """A web server on a free port; use as a context manager."""

    def __init__(self, stream: FakeStream | None = None, **settings: Any) -> None:
        self.graph = FakeGraph()
        self.server = WebServer(WebSettings(**{'http': '127.0.0.1:0', **settings}), self.graph)
        if stream is not None:
            self.server.stream_at(stream.url)
        self.server.start()
        self.port = int(self.server.url.rpartition(':')[2])

    def ask(self, path: str, method: str = 'GET', body: bytes | None = None, host: str = '',
            **headers: str) -> Answer:
        """Send a request and return the answer; '_' in a header's name stands for '-'."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=TIMEOUT)
        given = {name.replace('_', '-'): value for name, value in headers.items()}
        connection.request(method, path, body, {
            **given, 'Host': host or f'127.0.0.1:{self.port}'})
        try:
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """Return a connection over which nothing was sent."""
        return socket.create_connection(('127.0.0.1', self.port), TIMEOUT)

    def watch(self, path: str = '/live.ts', **options: Any) -> socket.socket:
        """Return the connection of a viewer that has got its first bytes."""
        made = self.connect()
        made.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode())
        assert made.recv(12) == b'HTTP/1.1 200'
        return made

    def errors(self) -> dict[str, int]:
        """Return the kinds of errors that have happened."""
        return {kind: count for kind, count in self.server.parts.counters.figures().items()
                if count}

    def events(self, talk: Callable[[aiohttp.ClientWebSocketResponse], Awaitable[T]],
               **headers: str) -> T:
        """Open /events, run `talk` with it and return what that returns."""
        async def session() -> T:
            async with aiohttp.ClientSession() as client, client.ws_connect(
                    f'http://127.0.0.1:{self.port}/events', headers=headers) as page:
                return await asyncio.wait_for(talk(page), TIMEOUT)

        return asyncio.run(session())

    def __enter__(self) -> Web:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.server.close()


async def answer_of(page: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Return the next event of a type."""
    while True:
        event: dict[str, Any] = await page.receive_json()
        if event['type'] == kind:
            return event


def gone(connection: socket.socket) -> bool:
    """Return whether the other end has closed; waits for that."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return True
