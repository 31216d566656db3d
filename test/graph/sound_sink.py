"""
What is behind a SoundCard: reads frames from standard input as slowly as a card plays them.

It writes down what it has played, and when. A program of its own, which starts within 20 ms.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
import sys
import termios
import time

RATE = 48000
CHANNELS = 8
FRAME = 4 * CHANNELS
"""Bytes."""
PIPE = 1 << 18
PERIOD = 0.002


def waiting(pipe: int) -> int:
    """Return how many bytes are in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def main(folder: Path) -> None:
    """Be the card: read frames from standard input when they are due."""
    source = sys.stdin.fileno()
    fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, PIPE)
    (folder / 'pid').write_text(str(os.getpid()))
    before = (folder / 'sound').stat().st_size // 4 if (folder / 'sound').exists() else 0
    done, rest, begun = 0, b'', time.monotonic()
    with (folder / 'sound').open('ab', 0) as sound, (folder / 'log').open('a', 1) as log:
        while True:
            due = int((time.monotonic() - begun) * RATE) - done
            if due <= 0:
                time.sleep(PERIOD)
                continue
            empty = waiting(source) == 0
            data = os.read(source, due * FRAME)
            if not data:
                return
            if empty:
                # It has run out of sound, and what follows is heard later.
                begun = time.monotonic() - done / RATE
            rest += data
            frames = len(rest) // FRAME
            sound.write(b''.join(rest[at:at + 4] for at in range(0, frames * FRAME, FRAME)))
            rest = rest[frames * FRAME:]
            done += frames
            log.write(f'[{before + done}, {time.time_ns()}]\n')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
