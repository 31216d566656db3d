"""A flood of garbage datagrams, sent to a port by a process of its own."""

from __future__ import annotations

import json
import random
import select
import socket
import subprocess
import sys
import time
from types import TracebackType

from txt2vid_ros.link.protocol import wire

MODULE = 'txt2vid_ros.bench.link.flood'
DATAGRAMS_PER_SECOND = 10_000
POLL_INTERVAL = 0.005
"""Seconds."""
POOL_SIZE = 4096
"""Different datagrams, sent in turn."""


class Flood:
    """Floods a port of this machine while open."""

    def __init__(self, port: int, descriptor: int | None = None,
                 rate: int = DATAGRAMS_PER_SECOND) -> None:
        """Begin to flood; out of the connected socket `descriptor`, where one is given."""
        self.rate = 0.0
        """Datagrams a second that were sent, once it is over."""
        words = [sys.executable, '-m', MODULE, str(port), str(rate),
                 '-1' if descriptor is None else str(descriptor)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            pass_fds=[] if descriptor is None else [descriptor])
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __enter__(self) -> Flood:
        """Return it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End the flood and learn its rate."""
        out, _ = self._process.communicate()
        self.rate = json.loads(out)['rate']


def garbage(chance: random.Random) -> bytes:
    """Return bytes that are no datagram; half of them begin like one, and cost a decryption."""
    body = chance.randbytes(chance.randrange(1, 60))
    if chance.random() < 0.5:
        return body
    return bytes([wire.VERSION << 6 | chance.randrange(64)]) + body


def main() -> int:
    """Flood until the input ends."""
    port, rate, descriptor = map(int, sys.argv[1:4])
    if descriptor >= 0:
        handle = socket.socket(fileno=descriptor)
    else:
        handle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        handle.connect(('127.0.0.1', port))
    chance = random.Random(0)
    pool = [garbage(chance) for _ in range(POOL_SIZE)]
    sent, begun = 0, time.monotonic()
    print('begun', flush=True)
    while not select.select([sys.stdin], [], [], POLL_INTERVAL)[0]:
        # What a busy machine has kept back is sent as soon as possible.
        while sent < rate * (time.monotonic() - begun):
            try:
                handle.send(pool[sent % POOL_SIZE])
            except BlockingIOError:
                break
            sent += 1
    print(json.dumps({'rate': sent / (time.monotonic() - begun)}), flush=True)
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
