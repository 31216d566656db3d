"""A bad network in user space: relays UDP with loss, duplication, delay and so reordering."""

from __future__ import annotations

import argparse
import contextlib
import heapq
import itertools
import random
import select
import socket
import time


def main() -> None:
    """Relay between whoever sends to `--listen` and `--target` until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--listen', type=int)
    parser.add_argument('--target')
    parser.add_argument('--loss', type=float)
    parser.add_argument('--duplication', type=float)
    parser.add_argument('--delay', type=float)
    parser.add_argument('--jitter', type=float)
    args = parser.parse_args()
    chance, order = random.Random(1), itertools.count()
    host, _, port = args.target.rpartition(':')
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind(('0.0.0.0', args.listen))
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.connect((host, int(port)))
    client = None
    waiting: list[tuple[float, int, bool, bytes]] = []
    print('ready', flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for source in select.select([near, far], [], [], pause)[0]:
            try:
                datagram, address = source.recvfrom(65536)
            except ConnectionRefusedError:
                continue
            if source is near:
                client = address
            for _ in range(2 if chance.random() < args.duplication else 1):
                if chance.random() >= args.loss:
                    at = time.monotonic() + args.delay + chance.random() * args.jitter
                    heapq.heappush(waiting, (at, next(order), source is near, datagram))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, forward, datagram = heapq.heappop(waiting)
            # Without a way to it, a datagram is lost, as in a router.
            with contextlib.suppress(OSError):
                if forward:
                    far.send(datagram)
                elif client is not None:
                    near.sendto(datagram, client)


if __name__ == '__main__':
    main()
