"""A bad network for TCP in user space: relays streams with a delay, and cuts them now and then."""

from __future__ import annotations

import argparse
import collections
import contextlib
import selectors
import socket
import struct
import time


class Stream:
    """One way of a connection: what was read waits for its time."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source, self.target = source, target
        self.waiting: collections.deque[tuple[float, bytes]] = collections.deque()


class Relay:
    """Connections through it, each cut hard after a while."""

    def __init__(self, listen: int, target: tuple[str, int], delay: float, cut: float) -> None:
        self._target, self._delay, self._cut = target, delay, cut
        self._listening = socket.create_server(('0.0.0.0', listen))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._pairs: list[tuple[float, list[Stream]]] = []

    def run(self) -> None:
        while True:
            for key, _ in self._selector.select(0.005):
                if key.data is None:
                    self._accept()
                else:
                    self._read(key.data)
            now = time.monotonic()
            for pair in list(self._pairs):
                if now > pair[0]:
                    self._end(pair)
                else:
                    self._write(pair[1], now)

    def _accept(self) -> None:
        near = self._listening.accept()[0]
        far = socket.create_connection(self._target)
        streams = [Stream(near, far), Stream(far, near)]
        for stream in streams:
            self._selector.register(stream.source, selectors.EVENT_READ, stream)
        self._pairs.append((time.monotonic() + self._cut, streams))

    def _read(self, stream: Stream) -> None:
        data = b''
        with contextlib.suppress(ConnectionError):
            data = stream.source.recv(65536)
        if data:
            stream.waiting.append((time.monotonic() + self._delay, data))
        else:
            self._end(next(pair for pair in self._pairs if stream in pair[1]))

    def _write(self, streams: list[Stream], now: float) -> None:
        for stream in streams:
            while stream.waiting and stream.waiting[0][0] <= now:
                with contextlib.suppress(ConnectionError):
                    stream.target.sendall(stream.waiting.popleft()[1])

    def _end(self, pair: tuple[float, list[Stream]]) -> None:
        """Reset both connections; what was under way is lost."""
        self._pairs.remove(pair)
        for stream in pair[1]:
            self._selector.unregister(stream.source)
            stream.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack('ii', 1, 0))
            stream.source.close()


def main() -> None:
    """Relay from `--listen` to `--target` until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--listen', type=int)
    parser.add_argument('--target')
    parser.add_argument('--delay', type=float)
    parser.add_argument('--cut', type=float)
    args = parser.parse_args()
    host, _, port = args.target.rpartition(':')
    relay = Relay(args.listen, (host, int(port)), args.delay, args.cut)
    print('ready', flush=True)
    relay.run()


if __name__ == '__main__':
    main()
