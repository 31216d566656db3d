"""
Clients that join, say something and leave, one after another, in a process of their own.

Run as python -m txt2vid_ros.bench.reach.visitors NAMESPACE FIRST COUNT; each is what `txt2vid say`
is: a SpeechClient. Prints of each its number, which is also what it says, and whether a voice was
there.
"""

from __future__ import annotations

import re
import sys

from txt2vid_ros.bench.rig.priority import give_way
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.ros.side.speech_client import SpeechClient

CONNECT_SECONDS = 30.0
TOLD = re.compile(r'visitor (\d+): ([01])')
"""What is printed of each."""


def visit(namespace: str, number: int) -> bool:
    """Say a number; return whether a voice was there to say it."""
    with SpeechClient(namespace) as client:
        try:
            client.wait_connected(CONNECT_SECONDS)
        except UserError:
            return False
        client.wait_ended(client.say(f'visitor{number}'), CONNECT_SECONDS)
        return True


if __name__ == '__main__':
    give_way()
    for each in range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3])):
        print(f'visitor {each}: {int(visit(sys.argv[1], each))}', flush=True)
