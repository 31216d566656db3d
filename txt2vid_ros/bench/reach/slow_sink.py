"""
What stands for a loudspeaker: takes sound from standard input as slowly as a card plays it.

Run as python slow_sink.py BYTES_A_SECOND, by ALSA's plugin `file`.
"""

from __future__ import annotations

import os
import sys
import time

PERIOD = 0.02


def main(rate: int) -> None:
    """Read until the input ends."""
    due = time.monotonic()
    while os.read(0, max(1, int(rate * PERIOD))):
        due = max(due + PERIOD, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == '__main__':
    main(int(sys.argv[1]))
