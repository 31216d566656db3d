"""A peer that calls from behind a router which translates addresses, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from typing import NamedTuple

from link_running import EventLog, peer, say
from nat_router import NatRouter
import pytest
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.peer import Peer
from txt2vid_ros.link.roles import CALLING_PEER, LISTENING_PEER
from txt2vid_ros.link.runner import LinkRunner
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

KEEPALIVE = 0.4
"""Seconds, in place of 25."""


class Ends(NamedTuple):
    """Who waits, who calls from behind the router, and what each has heard."""

    listener: LinkRunner[Peer]
    heard: EventLog
    caller: LinkRunner[Peer]
    answers: EventLog
    router: NatRouter


@contextlib.contextmanager
def connected(timeout: float) -> Iterator[Ends]:
    server = UdpServer('127.0.0.1:0')
    config = LinkConfig(keepalive=KEEPALIVE)
    with NatRouter(('127.0.0.1', server.port), timeout) as router, \
            peer(server, LISTENING_PEER, config) as (listener, heard), \
            peer(UdpClient(f'127.0.0.1:{router.port}'), CALLING_PEER, config) as (
                caller, answers):
        heard.wait_until(lambda: listener.end.counters.sessions == 1)
        yield Ends(listener, heard, caller, answers, router)


def quiet(ends: Ends, keepalives: int = 3) -> None:
    """Let nobody say anything for so many keepalives."""
    asked = ends.caller.end.counters.datagrams_out
    ends.answers.wait_until(
        lambda: ends.caller.end.counters.datagrams_out >= asked + keepalives)


def test_silence_beyond_the_routers_patience_closes_no_way() -> None:
    # Twice the keepalive, and what a busy machine is late by.
    with connected(timeout=KEEPALIVE * 2 + 2) as ends:
        quiet(ends, 8)
        say(ends.listener, 'Are you still there?')
        ends.answers.wait_for_texts(['Are you still there?'])
        assert ends.router.lost == 0


@pytest.mark.parametrize('speaker', ['listener', 'caller'])
def test_a_router_that_starts_again_in_a_sentence_costs_nothing(speaker: str) -> None:
    with connected(timeout=60) as ends:
        for runner, text in ((ends.listener, 'Good morning.'), (ends.caller, 'Hello.')):
            say(runner, text)
        ends.answers.wait_for_texts(['Good morning.'])
        ends.heard.wait_for_texts(['Hello.'])
        texts = [f'Sentence number {number} of a long story.' for number in range(8)]
        runner, log = ((ends.listener, ends.answers) if speaker == 'listener'
                       else (ends.caller, ends.heard))
        before = [*log.texts]
        for number, text in enumerate(texts):
            if number == 4:
                ends.router.rebind()
            say(runner, text)
        log.wait_for_texts([*before, *texts])
        # Nothing is said twice, once all is known to have arrived.
        log.wait_until(lambda: runner.end.backlog == 0)
        assert log.texts == [*before, *texts]
        assert ends.listener.end.counters.sessions == 1
