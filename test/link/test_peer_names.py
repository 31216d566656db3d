"""Peers that have a name: unknown at start, moved later, or looked up in vain."""

from __future__ import annotations

from collections.abc import Iterator
import logging
import socket
from typing import TypeAlias

from link_running import EventLog, peer, receiver, say, sender
from name_server import Clock, lines, NameServer
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.roles import CALLING_PEER, LISTENING_PEER
from txt2vid_ros.link.transport import peer_address
from txt2vid_ros.link.transport.tcp import TcpClient
from txt2vid_ros.link.transport.tcp_server import TcpServer
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

CLIENTS = pytest.mark.parametrize('client', [UdpClient, TcpClient])
ENDS = pytest.mark.parametrize(('client', 'server'), [(UdpClient, UdpServer),
                                                      (TcpClient, TcpServer)])
Client: TypeAlias = 'type[UdpClient] | type[TcpClient]'
MOVED = "address: the host 'ship.example' is now at 127.0.0.2, no longer at 127.0.0.1"
Server: TypeAlias = 'type[UdpServer] | type[TcpServer]'


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO, 'txt2vid_ros')
    yield


@CLIENTS
def test_a_name_that_is_unknown_at_start_is_said_once_and_tried_again(
        client: Client, caplog: pytest.LogCaptureFixture) -> None:
    names = NameServer()
    transport = client('ship.example:5710', names)
    clock = Clock(transport)
    pauses = [clock.after(0.0) - clock.now]
    assert "the host 'ship.example' cannot be resolved: Name or service" in transport.problem
    for _ in range(6):
        pauses.append(clock.after(pauses[-1]) - clock.now)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30])
    assert len(lines(caplog)) == 1 and 'ship.example' in lines(caplog)[0]
    names.addresses = ['127.0.0.1']
    clock.after(30.0)
    assert 'resolved' not in transport.problem
    assert lines(caplog)[1:] == ["address: the host 'ship.example' is found, at 127.0.0.1"]
    transport.close()


@ENDS
def test_what_was_said_before_the_name_was_known_arrives(
        client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_address, '_RETRY_BACKOFF', peer_address.Backoff(0.05, 0.05))
    names = NameServer()
    listener = server('127.0.0.1:0')
    with (receiver(listener) as (_, heard),
          sender(client(f'ship.example:{listener.port}', names)) as (runner, log)):
        say(runner, 'Is anybody there?')
        log.wait_until(lambda: names.asked > 3 and 'resolved' in runner.transport.problem)
        names.addresses = ['127.0.0.1']
        heard.wait_for_texts(['Is anybody there?'])


def test_a_name_whose_address_changes_is_followed(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """From 127.0.0.1 to 127.0.0.2, with the words that were said in between."""
    monkeypatch.setattr(peer_address, '_SILENCE_BACKOFF', peer_address.Backoff(0.2, 0.2))
    names = NameServer('127.0.0.1')
    before = UdpServer('127.0.0.1:0')
    with sender(UdpClient(f'ship.example:{before.port}', names)) as (runner, _):
        with receiver(before) as (_, heard):
            say(runner, 'Here I am.')
            heard.wait_for_texts(['Here I am.'])
        with receiver(UdpServer(f'127.0.0.2:{before.port}')) as (_, heard):
            say(runner, 'Still here?')
            names.addresses = ['127.0.0.2']
            heard.wait(lambda log: 'Still here?' in log.texts)
    assert [line for line in lines(caplog) if 'ship.example' in line] == [MOVED]


def test_a_peer_that_moves_while_nobody_speaks_is_found_and_can_speak(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Who listens cannot call: it is the caller's question in the silence that finds it."""
    monkeypatch.setattr(peer_address, '_SILENCE_BACKOFF', peer_address.Backoff(0.2, 0.2))
    names = NameServer('127.0.0.1')
    before = UdpServer('127.0.0.1:0')
    config = LinkConfig(keepalive=0.3)
    with peer(UdpClient(f'ship.example:{before.port}', names), CALLING_PEER, config) as (
            _, answers):
        with peer(before, LISTENING_PEER) as (ship, _):
            say(ship, 'We sail.')
            answers.wait_for_texts(['We sail.'])
        names.addresses = ['127.0.0.2']
        with peer(UdpServer(f'127.0.0.2:{before.port}'), LISTENING_PEER) as (ship, _):
            say(ship, 'We have arrived.')
            answers.wait_for_texts(['We sail.', 'We have arrived.'])
    assert [line for line in lines(caplog) if 'ship.example' in line] == [MOVED]


def test_a_tcp_connection_to_an_address_that_the_name_has_left_is_given_up(
        caplog: pytest.LogCaptureFixture) -> None:
    names = NameServer('127.0.0.1')
    before = TcpServer('127.0.0.1:0')
    after = TcpServer(f'127.0.0.2:{before.port}')
    client = TcpClient(f'ship.example:{before.port}', names)
    clock = Clock(client)
    arrived = []

    def arrive(server: TcpServer, count: int) -> bool:
        arrived.extend(datagram for datagram, _ in server.receive())
        client.maintain(clock.now)
        return len(arrived) == count

    client.send(b'to the first')
    EventLog().wait_until(lambda: arrive(before, 1))
    names.addresses = ['127.0.0.2']
    clock.after(20.0)
    client.send(b'to the second')
    EventLog().wait_until(lambda: arrive(after, 2))
    assert arrived == [b'to the first', b'to the second']
    assert lines(caplog) == [MOVED]
    for end in (client, before, after):
        end.close()


def test_only_unanswered_datagrams_and_long_use_have_the_name_looked_up() -> None:
    names = NameServer('127.0.0.1')
    peer = UdpServer('127.0.0.1:0')
    transport = UdpClient(f'ship.example:{peer.port}', names)
    clock = Clock(transport)
    for _ in range(40):                 # nothing to say: nothing to look up
        clock.after(60.0)
    assert names.asked == 1
    for _ in range(100):                # all that is sent is answered
        transport.send(b'x')
        transport.set_peer(None)
        clock.after(5.0)
    assert names.asked == 2             # once in ten minutes
    for _ in range(10):                 # nothing is answered
        transport.send(b'x')
        clock.after(5.0)
    assert names.asked == 4             # after 10 s and 20 s more
    transport.close()
    peer.close()


@CLIENTS
def test_a_name_server_that_does_not_answer_holds_up_nobody(
        client: Client, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(peer_address, '_FIRST_WAIT', 0.01)
    names = NameServer('127.0.0.1')
    names.answering.clear()
    transport = client('ship.example:5710', names)
    for now in range(100, 200):
        transport.maintain(float(now))
    assert names.asked == 1, 'only one lookup at a time'
    assert 'no answer within 10 s' in transport.problem and len(lines(caplog)) == 1
    names.answering.set()
    Clock(transport).after(0.0)
    assert 'resolved' not in transport.problem
    transport.close()


def test_an_address_that_still_is_among_those_of_the_name_is_kept() -> None:
    names = NameServer('127.0.0.2', '127.0.0.1')
    address = peer_address.PeerAddress('ship.example:5710', socket.SOCK_DGRAM, names)
    names.addresses.reverse()
    first, asked = address.current, names.asked
    address.sent()
    address.maintain(0.0)
    EventLog().wait_until(lambda: address.maintain(20.0) > 25.0)
    assert names.asked == asked + 1 and address.current is first


def test_a_name_of_this_machine_does_not_lead_speech_without_a_key_elsewhere() -> None:
    names = NameServer('127.0.0.1')
    transport = UdpClient('ship.example:5710', names)
    assert transport.loopback
    names.addresses = ['192.0.2.1']
    clock = Clock(transport)
    transport.send(b'x')
    clock.after(0.0)
    clock.after(20.0)
    assert 'stands for another' in transport.problem
    transport.close()


def test_unknown_names_need_a_key_and_a_port() -> None:
    transport = UdpClient('ship.example:5710', NameServer())
    assert not transport.loopback and transport.header_bytes == 48
    transport.close()
    with pytest.raises(UserError, match='HOST:PORT'):
        UdpClient('ship.example', NameServer())
