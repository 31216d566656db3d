"""`txt2vid voice`: voices of a speaker's own, one action a file."""

from __future__ import annotations

import argparse
import importlib

# Action: the module with add_arguments(parser) and run(arguments), and its one-line help.
ACTIONS: dict[str, tuple[str, str]] = {
    'match': ('txt2vid_ros.cli.voice.match',
              "set the built-in voice to a speaker's own pitch, melody and pace"),
    'enroll': ('txt2vid_ros.cli.voice.enroll', 'make a voice from a recording, with a consent'),
    'list': ('txt2vid_ros.cli.voice.enrolled', 'show the enrolled voices, or remove one'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    for name, (module, summary) in ACTIONS.items():
        importlib.import_module(module).add_arguments(
            actions.add_parser(name, help=summary, description=summary))


def run(arguments: argparse.Namespace) -> int:
    """Run an action; return the exit status."""
    return int(importlib.import_module(ACTIONS[arguments.action][0]).run(arguments))
