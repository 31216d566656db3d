"""One end of a link as a process, for tests: sends the lines of its input, or prints them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import json
import os
from pathlib import Path
import signal
import sys
import threading
import time

from txt2vid_ros.link import keys
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import Instant, LinkEvent, OutgoingText, ReceivedText
from txt2vid_ros.link.receiver import Receiver
from txt2vid_ros.link.runner import LinkRunner
from txt2vid_ros.link.sender import Sender
from txt2vid_ros.link.transport import open_transport
from txt2vid_ros.link.transport.base import Transport


def main() -> None:
    """Run the end that the arguments describe."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--role')
    parser.add_argument('--transport')
    parser.add_argument('--address')
    parser.add_argument('--key', type=Path)
    parser.add_argument('--ahead', type=float, default=0.0)
    parser.add_argument('--store', type=Path)
    parser.add_argument('--die-at', default='', help='kill itself when this text arrives')
    parser.add_argument('--die', choices=('before', 'after'), help='printing it')
    args = parser.parse_args()
    role = 'receiver' if args.role == 'receiver' else 'sender'
    transport = open_transport(args.transport, role, args.address)
    config = LinkConfig(header_bytes=transport.header_bytes)
    codec = TextCodec()
    key = keys.read(args.key)

    def now() -> Instant:
        return Instant(time.monotonic(), time.time() + args.ahead)

    if args.role == 'typist':
        send_as_typed(Sender(config, key, codec, now()), transport, now)
    elif args.role == 'receiver':
        receive(Receiver(config, key, codec, now(), ProgressStore(args.store)), transport, now,
                (args.die_at, args.die))
    else:
        send(Sender(config, key, codec, now()), transport, now)


def receive(end: Receiver, transport: Transport, now: Callable[[], Instant],
            fate: tuple[str, str | None]) -> None:
    """Print what arrives until the input ends, or kill the process as `fate` says."""
    def on_event(event: LinkEvent) -> None:
        if isinstance(event, ReceivedText):
            if fate == (event.text, 'before'):
                os.kill(os.getpid(), signal.SIGKILL)
            print(json.dumps({'text': event.text, 'speaker': event.speaker}), flush=True)
            if fate == (event.text, 'after'):
                os.kill(os.getpid(), signal.SIGKILL)

    runner = LinkRunner(end, transport, on_event, now)
    print('ready', flush=True)
    sys.stdin.read()
    runner.close()


def send(end: Sender, transport: Transport, now: Callable[[], Instant]) -> None:
    """Send the lines of the input, a few a second; print figures once all are acknowledged."""
    runner = LinkRunner(end, transport, lambda event: None, now)
    for line in sys.stdin.read().splitlines():
        runner.use(lambda e, n, line=line: e.submit(OutgoingText(line, 'ann', 'en', n.wall), n))
        time.sleep(0.2)
    until = time.monotonic() + 90
    while end.backlog and time.monotonic() < until:
        time.sleep(0.05)
    offset = end.measured_offset(now())
    print(json.dumps({**end.counters.as_dict(), 'offset': offset.seconds if offset else None}))
    runner.close()


def send_as_typed(end: Sender, transport: Transport, now: Callable[[], Instant]) -> None:
    """Send lines as they come; print each change of the transport's problem."""
    runner = LinkRunner(end, transport, lambda event: None, now)
    threading.Thread(target=_watch, args=(transport,), daemon=True).start()
    for line in sys.stdin:
        text = line.strip()
        runner.use(lambda e, n, text=text: e.submit(OutgoingText(text, 'ann', 'en', n.wall), n))
    runner.close()


def _watch(transport: Transport) -> None:
    known = transport.problem
    while True:
        if transport.problem != known:
            known = transport.problem
            print(f'problem: {known}', flush=True)
        time.sleep(0.02)


if __name__ == '__main__':
    main()
