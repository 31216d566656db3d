"""A chat service on this machine: what it sends, byte by byte, is written by the test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import json
import threading
from typing import Any

from local_server import LocalHandler, LocalServer

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

        self._server = LocalServer(Handler)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f'{self._server.address}/v1'

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that name it."""
        return {'OPENAI_BASE_URL': self.url, 'OPENAI_MODEL': 'tiny', 'OPENAI_API_KEY': 'sk-mine'}

    def __enter__(self) -> FakeChat:
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.close()

    def next(self) -> Any:  # noqa: A003
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(LocalHandler):
    service: FakeChat

    def do_POST(self) -> None:  # noqa: N802
        service = self.service
        service.requests.append(json.loads(self.body()))
        service.headers.append(dict(self.headers.items()))
        service.paths.append(self.path)
        steps = service.next()
        service.asked.release()
        if isinstance(steps, tuple) and isinstance(steps[0], int):
            self.whole(*steps)
            return
        try:
            self._stream(steps)
        except ConnectionError:
            service.left.release()
            self.close_connection = True

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
                self.chunk(step)
        self.wfile.write(b'0\r\n\r\n')

    def _wait(self, step: threading.Event) -> None:
        """Wait, and send a comment at times, which tells whether somebody still reads."""
        while not step.wait(0.05) and not self.service.ending.is_set():
            self.chunk(b': still thinking\n\n')
