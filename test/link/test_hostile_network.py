"""What strangers can do on a real network: flood, replay a HELLO, send what is too long."""

from __future__ import annotations

import socket

from link_running import receiver, say, sender
from link_simulation import CODEC, KEY
import pytest
from txt2vid_ros.bench.commands import link
from txt2vid_ros.bench.link.flood import Flood
from txt2vid_ros.bench.link.live import under_flood
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Source
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.handshake import Initiator
from txt2vid_ros.link.runner import instant
from txt2vid_ros.link.transport import open_transport
from txt2vid_ros.link.transport.tcp_server import TcpServer
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

TEXTS = [f'This is sentence number {number}.' for number in range(12)]


@pytest.mark.parametrize('spoofed', [False, True], ids=['a stranger', 'the peer'])
def test_a_flood_costs_no_text(spoofed: bool) -> None:
    """How long it delays text is what `txt2vid bench link` measures: 5 ms on an idle machine."""
    figures = under_flood(link.read(link.DEFAULT_TEXT, 150), spoofed)
    assert figures['delivered'] == figures['sent'] == figures['timed']
    assert figures['garbage_counted'] > 1000


def test_a_sender_that_starts_again_during_a_flood_is_heard() -> None:
    listener = UdpServer('127.0.0.1:0')
    with receiver(listener) as (end, heard):
        with sender(UdpClient(f'127.0.0.1:{listener.port}')) as (runner, _):
            say(runner, TEXTS[0])
            heard.wait_for_texts(TEXTS[:1])
        with Flood(listener.port):
            heard.wait_until(lambda: end.end.counters.rejected > 1000)
            for count, text in enumerate(TEXTS[1:5], 2):
                with sender(UdpClient(f'127.0.0.1:{listener.port}')) as (runner, _):
                    say(runner, text)
                    heard.wait_for_texts(TEXTS[:count], 10.0)


class Tapped(UdpClient):
    """Keeps what it sends, as whoever listens on the way might."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.sent: list[bytes] = []

    def send(self, datagram: bytes, to: Source = None) -> None:
        self.sent.append(datagram)
        super().send(datagram, to)


def test_a_replayed_hello_draws_no_acknowledgement_to_whoever_replays_it() -> None:
    first = UdpServer('127.0.0.1:0')
    port = first.port
    tapped = Tapped(f'127.0.0.1:{port}')
    with sender(tapped) as (runner, _), socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.settimeout(30.0)
        with receiver(first) as (_, heard):
            say(runner, TEXTS[0])
            heard.wait_for_texts(TEXTS[:1])
        hello = next(d for d in tapped.sent if wire.parse_header(d)[0] is wire.FrameType.HELLO)
        # A receiver that starts again has forgotten which HELLO it has seen.
        with receiver(UdpServer(f'127.0.0.1:{port}')) as (_, heard):
            for text in TEXTS[1:6]:
                say(runner, text)
                heard.wait(lambda log, text=text: text in log.texts)
            attacker.sendto(hello, ('127.0.0.1', port))
            answer = attacker.recv(2000)
            assert wire.parse_header(answer)[0] is wire.FrameType.WELCOME
            say(runner, TEXTS[6])
            heard.wait(lambda log: TEXTS[6] in log.texts)
            attacker.sendto(hello, ('127.0.0.1', port))  # Now it is known.
            heard.wait_until(lambda: runner.end.backlog == 0)
        attacker.settimeout(0.2)
        with pytest.raises(TimeoutError):
            attacker.recv(2000)


def test_only_what_is_sealed_for_the_session_changes_the_peer() -> None:
    """A HELLO that is new to the receiver, but comes from elsewhere, proves nothing."""
    listener = UdpServer('127.0.0.1:0')
    with receiver(listener) as (_, heard), sender(
            UdpClient(f'127.0.0.1:{listener.port}')) as (runner, _), socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        say(runner, TEXTS[0])
        heard.wait_for_texts(TEXTS[:1])
        initiator = Initiator(KEY, CODEC.digest, LinkConfig(), 7, instant())
        attacker.settimeout(30.0)
        attacker.sendto(initiator.hello('', '', instant()), ('127.0.0.1', listener.port))
        assert wire.parse_header(attacker.recv(2000))[0] is wire.FrameType.WELCOME
        peer = runner.transport.filenos()[0]
        with socket.socket(fileno=socket.dup(peer)) as own:
            assert listener._peer == own.getsockname()


@pytest.mark.parametrize('transport', ['udp', 'tcp'])
def test_what_is_too_long_is_counted_and_harms_nothing(transport: str) -> None:
    listener = open_transport(transport, 'receiver', '127.0.0.1:0')
    assert isinstance(listener, (UdpServer, TcpServer))
    kind = socket.SOCK_DGRAM if transport == 'udp' else socket.SOCK_STREAM
    with receiver(listener) as (end, heard), sender(
            open_transport(transport, 'sender', f'127.0.0.1:{listener.port}')) as (runner, _):
        say(runner, TEXTS[0])
        heard.wait_for_texts(TEXTS[:1])
        with socket.socket(socket.AF_INET, kind) as stranger:
            stranger.connect(('127.0.0.1', listener.port))
            for _ in range(3):
                long = b'\x40' * (wire.MAX_DATAGRAM_BYTES + 1)
                prefix = len(long).to_bytes(2, 'big') if transport == 'tcp' else b''
                stranger.sendall(prefix + long)
            for text in TEXTS[1:4]:
                say(runner, text)
                heard.wait(lambda log, text=text: text in log.texts)
            heard.wait_until(lambda: end.end.counters.oversized == 3)
        assert end.end.counters.oversized == 3
        assert heard.texts[:4] == TEXTS[:4]


def test_a_stream_of_tiny_datagrams_is_taken_at_a_pace_and_counted_whole() -> None:
    """32,000 empty datagrams in one read: text goes on, and none is cut off unseen."""
    listener = TcpServer('127.0.0.1:0')
    with receiver(listener) as (end, heard), sender(
            open_transport('tcp', 'sender', f'127.0.0.1:{listener.port}')) as (runner, _):
        say(runner, TEXTS[0])
        heard.wait_for_texts(TEXTS[:1])
        # Through the peer's own connection, which is not hung up on.
        junk = b'\0\0' * 10_000
        runner.use(lambda end, now: runner.transport._connection._unsent.extend(junk))
        say(runner, TEXTS[1])
        heard.wait_for_texts(TEXTS[:2])
        heard.wait_until(lambda: end.end.counters.garbage == 10_000)
