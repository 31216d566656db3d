"""`txt2vid type`: a terminal on which typed lines are spoken."""

from __future__ import annotations

import argparse

from txt2vid_ros.cli.parser import add_graph_arguments, text_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--speaker', default='', type=text_argument('--speaker'),
                        help='speaker id from people.yaml')
    add_graph_arguments(parser)


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
