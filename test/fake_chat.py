"""A chat service on this machine: what it sends, byte by byte, is written by the test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import threading
from typing import Any

DONE = b'data: [DONE]\n\n'
Step = bytes | threading.Event | None
"""What is sent; what is awaited before the next; or, as None, that the connection breaks off."""


def event(content: str | None, **more: Any) -> bytes:
    """Return one event of a stream with a part of an answer."""
    choice = {'index': 0, 'delta': {} if content is None else {'content': content},
              'finish_reason': None, **more}
    return b'data: ' + json.dumps({'object': 'chat.completion.chunk',
                                   'choices': [choice]}).encode() + b'\n\n'


def answer(*contents: str) -> list[bytes]:
    """Return the events of a whole answer, as OpenAI sends them."""
    return [event('', delta={'role': 'assistant', 'content': ''}), *map(event, contents),
            event(None, finish_reason='stop'), DONE]


class FakeChat:
    """
    Answers each request with the next of `answers`: steps, or a status and the text of an error.

    The last one is repeated.
    """

    def __init__(self, *answers: Iterable[Step] | tuple[int, bytes]) -> None:
        self.answers: list[Any] = list(answers)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.asked = threading.Semaphore(0)
        """Released for every request."""
        self.left = threading.Semaphore(0)
        """Released for every request whose client left before its end."""
        self.ending = threading.Event()
        fake = self

        class Handler(_Handler):
            service = fake

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={'poll_interval': 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f'http://127.0.0.1:{self._server.server_port}/v1'

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that name it."""
        return {'OPENAI_BASE_URL': self.url, 'OPENAI_MODEL': 'tiny', 'OPENAI_API_KEY': 'sk-mine'}

    def __enter__(self) -> FakeChat:
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next(self) -> Any:  # noqa: A003
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    service: FakeChat

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        service = self.service
        service.requests.append(json.loads(self.rfile.read(int(self.headers['content-length']))))
        service.headers.append(dict(self.headers.items()))
        service.paths.append(self.path)
        steps = service.next()
        service.asked.release()
        if isinstance(steps, tuple) and isinstance(steps[0], int):
            self._whole(*steps)
            return
        try:
            self._stream(steps)
        except ConnectionError:
            service.left.release()
            self.close_connection = True

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, steps: Sequence[Step]) -> None:
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream; charset=utf-8')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for step in steps:
            if step is None:
                self.close_connection = True
                self.connection.close()
                return
            if isinstance(step, threading.Event):
                self._wait(step)
            elif step:
                self._send(step)
        self.wfile.write(b'0\r\n\r\n')

    def _send(self, data: bytes) -> None:
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
        self.wfile.flush()

    def _wait(self, step: threading.Event) -> None:
        """Wait, and send a comment at times, which tells whether somebody still reads."""
        while not step.wait(0.05) and not self.service.ending.is_set():
            self._send(b': still thinking\n\n')
