"""Server-sent events, read as they come: https://html.spec.whatwg.org/#server-sent-events."""

from __future__ import annotations

from collections.abc import Iterator

from txt2vid_ros.core.errors import ProviderError

MAX_EVENT_BYTES = 1 << 20
"""Of one event, and of one line."""


class EventReader:
    """Finds the data of events in bytes that may be cut anywhere, within a character too."""

    def __init__(self, service: str) -> None:
        """`service` is named in errors."""
        self._service = service
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_return = False

    def feed(self, received: bytes) -> Iterator[str]:
        """Yield the data of each event that is complete. Raises ProviderError."""
        for part in received.splitlines(keepends=True):
            if self._after_return and part == b'\n':
                # The second half of a line end that was cut.
                self._after_return = False
                continue
            self._after_return = part.endswith(b'\r')
            self._line += part.rstrip(b'\r\n')
            if self._size + len(self._line) > MAX_EVENT_BYTES:
                raise ProviderError(f'{self._service} sends an event of more than '
                                    f'{MAX_EVENT_BYTES >> 20} MB', retriable=False)
            if part.endswith((b'\r', b'\n')):
                yield from self._end_line()

    def end(self) -> Iterator[str]:
        """Yield the last event where the blank line after it is missing."""
        yield from self._end_line()
        yield from self._end_line()

    def _end_line(self) -> Iterator[str]:
        line, self._line = bytes(self._line), bytearray()
        if not line:
            data, self._data, self._size = self._data, [], 0
            if data:
                yield b'\n'.join(data).decode('utf-8', 'replace')
            return
        # A line that begins with a colon is a comment, as those that keep a connection open.
        field, _, value = line.partition(b':')
        if field == b'data':
            self._data.append(value.removeprefix(b' '))
            self._size += len(value)
