"""A terminal on which typed lines are spoken: reading them, and telling what becomes of them."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import contextlib
import io
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.decoding.text_encoding import decode_argument, LineDecoder
from txt2vid_ros.core.errors import UserError

if TYPE_CHECKING:
    from txt2vid_ros.ros.side.speech_client import SpeechClient

PROMPT = '> '
HELP = 'Type what is to be said. /interrupt silences it, /quit or Ctrl-D ends.'
SHOWN_CHARACTERS = 60
"""Characters of a text that are shown while it is spoken."""
_READ_BYTES = 65536
TIME_TO_BEGIN = 60.0
"""Seconds after which a text that has not begun is given up, once those before it have ended."""


class Terminal:
    """Reads lines with editing and history; what is shown meanwhile does not disturb typing."""

    def __init__(self) -> None:
        """Prepare standard input."""
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._lock = threading.Lock()
        self._reading = False
        self._buffer: Callable[[], str] = str
        self._piped = self._lines()
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors='surrogateescape')
        if self.interactive:
            with contextlib.suppress(ModuleNotFoundError):
                # Importing it gives input() editing and history; Python may be built without it.
                import readline
                self._buffer = readline.get_line_buffer

    def read(self) -> str | None:
        """
        Return the next line that is text, None at the end of the input.

        What is to be said of its encoding is shown. Raises UserError for piped input that is no
        text at all.
        """
        return self._typed() if self.interactive else next(self._piped, None)

    def _typed(self) -> str | None:
        while True:
            try:
                self._reading = True
                line = input(PROMPT)
            except EOFError:
                return None
            finally:
                self._reading = False
            try:
                decoded = decode_argument(line, 'the line')
            except UserError as error:
                self.show(str(error))
                continue
            for notice in decoded.notices:
                self.show(notice)
            return decoded.text

    def _lines(self) -> Iterator[str]:
        """Yield the lines of piped input as they arrive; each is decoded on its own."""
        decoder = LineDecoder()
        told: set[str] = set()
        data = b'more'
        while data:
            data = os.read(sys.stdin.fileno(), _READ_BYTES)
            for line in decoder.feed(data, last=not data):
                if decoder.binary:
                    raise UserError(f'standard input is {decoder.binary}, not a text',
                                    'Give plain text, best in UTF-8.')
                if line.problem:
                    self.show(f'line {line.number} {line.problem}, and is left out')
                    continue
                if line.guessed and line.guessed not in told:
                    told.add(line.guessed)
                    self.show(f'line {line.number} is not in UTF-8 and was read as {line.guessed}')
                yield line.text

    def show(self, line: str) -> None:
        """Print a line above the one being typed."""
        with self._lock:
            if self.interactive and self._reading:
                sys.stdout.write(f'\r\x1b[K{line}\n{PROMPT}{self._buffer()}')
            else:
                sys.stdout.write(f'{line}\n')
            sys.stdout.flush()


class TypingSession:
    """Sends lines to a talking head and reports what becomes of them."""

    def __init__(self, client: SpeechClient, speaker: str, show: Callable[[str], None]) -> None:
        """`show` prints a line for the person at the terminal."""
        self._client = client
        self._speaker = speaker
        self._show = show
        self._waiting: collections.deque[tuple[str, str]] = collections.deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name='follow', daemon=True)
        self._thread.start()
        self._commands: dict[str, Callable[[], bool]] = {
            '/quit': lambda: False, '/interrupt': self._interrupt, '/help': self._help}

    def take(self, line: str) -> bool:
        """Say a line or carry out a command; return whether to continue."""
        line = line.strip()
        if not line:
            return True
        if line.startswith('/'):
            command = self._commands.get(line.lower())
            if command is not None:
                return command()
            self._show(f'there is no {line.split()[0]}; available: {", ".join(self._commands)}')
            return True
        utterance = self._client.say(line, self._speaker)
        with self._changed:
            self._waiting.append((utterance, line))
            self._changed.notify_all()
        return True

    def wait(self) -> None:
        """Wait until everything has been spoken."""
        with self._changed:
            while self._waiting and not self._closed:
                self._changed.wait()

    def close(self) -> None:
        """Stop reporting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=2.0)

    def _interrupt(self) -> bool:
        try:
            self._show(f'({self._client.interrupt()})')
        except UserError as error:
            self._show(str(error))
        return True

    def _help(self) -> bool:
        self._show(HELP)
        return True

    def _follow(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                utterance, text = self._waiting[0]
            self._report(utterance, text)
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _report(self, utterance: str, text: str) -> None:
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS - 3] + '...'
        deadline = time.monotonic() + TIME_TO_BEGIN
        while not self._closed and time.monotonic() < deadline:
            begun = self._client.wait_begun(utterance, 0.1)
            if begun is not None:
                time.sleep(max(0.0, begun - time.time_ns()) / SECOND)
                self._show(f'  speaking: {shown}')
                break
            if self._client.wait_ended(utterance, 0.0):
                self._show(f'  not spoken: {shown}')
                return
        else:
            if not self._closed:
                self._show(f'  no answer to: {shown}')
            return
        end = time.monotonic() + TIME_TO_BEGIN + len(text)
        while not self._closed and time.monotonic() < end:
            if self._client.wait_ended(utterance, 0.1):
                return
