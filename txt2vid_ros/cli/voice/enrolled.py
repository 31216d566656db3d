"""`txt2vid voice list`: the voices of one's own on this machine."""

from __future__ import annotations

import argparse

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.store import voices_dir
from txt2vid_ros.providers.tts.pocket import enrolment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--remove', metavar='NAME', help='delete a voice, and the consent to it')


def run(arguments: argparse.Namespace) -> int:
    """Show the voices, or remove one."""
    if arguments.remove:
        enrolment.OwnVoice(arguments.remove).remove()
        print(f'{arguments.remove}: removed')
        return 0
    print(f'voices in {voices_dir()}')
    for name in enrolment.names():
        try:
            details = enrolment.OwnVoice(name).details()
        except UserError as error:
            print(f'{name}: {error}')
        else:
            print(f'{name}: {details["model"]}, consent {details["how"]} on {details["date"]}')
    return 0
