"""`txt2vid type`: a terminal on which typed lines are spoken."""

from __future__ import annotations

import argparse

from txt2vid_ros.cli.parser import text_argument
from txt2vid_ros.core.names import NAMESPACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--speaker', default='', type=text_argument('--speaker'),
                        help='speaker id from people.yaml')
    parser.add_argument('--namespace', default=NAMESPACE, help='of the talking head (%(default)s)')
    parser.add_argument('--timeout', type=float, default=10.0, metavar='SECONDS',
                        help='how long to wait for the talking head (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Speak line after line until the input ends."""
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    from txt2vid_ros.ros.side.terminal import HELP, Terminal, TypingSession
    with SpeechClient(arguments.namespace) as client:
        client.wait_connected(arguments.timeout)
        terminal = Terminal()
        terminal.show(HELP)
        session = TypingSession(client, arguments.speaker, terminal.show)
        try:
            while (line := terminal.read()) is not None and session.take(line):
                continue
            # Piped input is spoken to its end; a person who leaves does not wait.
            if not terminal.interactive and line is None:
                session.wait()
        finally:
            session.close()
    return 0
