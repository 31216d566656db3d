"""`txt2vid type`: a terminal on which what one types is spoken."""

from __future__ import annotations

import argparse
import collections
from collections.abc import Callable
import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.names import NAMESPACE

if TYPE_CHECKING:
    from txt2vid_ros.ros.side.speech_client import SpeechClient

PROMPT = '> '
HELP = 'Type what is to be said. /interrupt silences it, /quit or Ctrl-D ends.'
SHOWN = 60
"""Characters of a text that are shown while it is spoken."""
PATIENCE = 60.0
"""Seconds after which a text that does not begin is given up, beyond those before it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--speaker', default='', help='speaker id from people.yaml')
    parser.add_argument('--namespace', default=NAMESPACE, help='of the talking head (%(default)s)')
    parser.add_argument('--timeout', type=float, default=10.0, metavar='SECONDS',
                        help='how long to wait for the talking head (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Speak line after line until the input ends."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    with SpeechClient(arguments.namespace) as client:
        client.wait_connected(arguments.timeout)
        terminal = Terminal()
        terminal.show(HELP)
        session = Session(client, arguments.speaker, terminal.show)
        try:
            while (line := terminal.read()) is not None and session.take(line):
                continue
            # Input that was piped in is spoken to its end; a person who leaves does not wait.
            if not terminal.interactive and line is None:
                session.wait()
        finally:
            session.close()
    return 0


class Terminal:
    """Lines with editing and history; what is shown meanwhile does not disturb what is typed."""

    def __init__(self) -> None:
        """Prepare standard input."""
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._lock = threading.Lock()
        self._reading = False
        self._buffer: Callable[[], str] = str
        if self.interactive:
            with contextlib.suppress(ModuleNotFoundError):
                # Its import gives input() editing and history; Python may be built without it.
                import readline
                self._buffer = readline.get_line_buffer

    def read(self) -> str | None:
        """Return the next line, None at the end of the input."""
        try:
            self._reading = True
            return input(PROMPT if self.interactive else '')
        except EOFError:
            return None
        finally:
            self._reading = False

    def show(self, line: str) -> None:
        """Print a line above the one that is being typed."""
        with self._lock:
            if self.interactive and self._reading:
                sys.stdout.write(f'\r\x1b[K{line}\n{PROMPT}{self._buffer()}')
            else:
                sys.stdout.write(f'{line}\n')
            sys.stdout.flush()


class Session:
    """Sends lines to a talking head and tells what becomes of them."""

    def __init__(self, client: SpeechClient, speaker: str, show: Callable[[str], None]) -> None:
        """`show` takes lines for the person at the terminal."""
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
        """Say a line or carry out a command; return whether to go on."""
        line = line.strip()
        if not line:
            return True
        if line.startswith('/'):
            command = self._commands.get(line.lower())
            if command is not None:
                return command()
            self._show(f'there is no {line.split()[0]}; there is {", ".join(self._commands)}')
            return True
        utterance = self._client.say(line, self._speaker)
        with self._changed:
            self._waiting.append((utterance, line))
            self._changed.notify_all()
        return True

    def wait(self) -> None:
        """Wait until everything has been said."""
        with self._changed:
            while self._waiting and not self._closed:
                self._changed.wait()

    def close(self) -> None:
        """Stop telling."""
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
            self._tell(utterance, text)
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()

    def _tell(self, utterance: str, text: str) -> None:
        shown = text if len(text) <= SHOWN else text[:SHOWN - 3] + '...'
        deadline = time.monotonic() + PATIENCE
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
        end = time.monotonic() + PATIENCE + len(text)
        while not self._closed and time.monotonic() < end:
            if self._client.wait_ended(utterance, 0.1):
                return
