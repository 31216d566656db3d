"""`txt2vid demo`: have a running talking head show two speakers, a woman and a man."""

from __future__ import annotations

import argparse

from txt2vid_ros.cli.parser import add_graph_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_graph_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Have the lines spoken in turn; return 0 once they have been heard."""
    from txt2vid_ros.ros.side.demonstration import lines_heard
    from txt2vid_ros.ros.side.speech_client import SpeechClient
    with SpeechClient(arguments.namespace) as client:
        client.wait_connected(arguments.timeout)
        for speaker, text in lines_heard(client):
            print(f'{speaker}: {text}', flush=True)
    return 0
