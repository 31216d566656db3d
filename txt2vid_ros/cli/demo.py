"""`txt2vid demo`: have a running talking head show two speakers, a woman and a man."""

from __future__ import annotations

import argparse

from txt2vid_ros.core.names import NAMESPACE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--namespace', default=NAMESPACE, help='of the talking head (%(default)s)')
    parser.add_argument('--timeout', type=float, default=10.0, metavar='SECONDS',
                        help='how long to wait for the talking head (%(default)s)')


def run(arguments: argparse.Namespace) -> int:
    """Have the lines spoken in turn; return 0 once they have been heard."""
    from txt2vid_ros.ros.side.demonstration import lines_heard
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    with SpeechClient(arguments.namespace) as client:
        client.wait_connected(arguments.timeout)
        for speaker, text in lines_heard(client):
            print(f'{speaker}: {text}', flush=True)
    return 0
