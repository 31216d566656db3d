"""Whoever connects, sends slowly or reads nothing costs the others nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from txt2vid_ros.web.server.access.connections import ANSWER_SECONDS
from web_rig import FakeStream, gone, until, Web

IDLE = 1000


def test_a_thousand_idle_connections_keep_nobody_out(web: Web) -> None:
    viewer = web.watch()
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(web.connect())
        late = stack.enter_context(web.watch())
        assert web.ask('/status.json').status == 200
        for each in (viewer, late):
            assert sum(len(each.recv(5000)) for _ in range(20)) > 1000
        assert len(web.server.parts.guard) <= 400
        errors = web.errors()
        # On a busy machine the first have had their time by then.
        assert errors['evicted_connections'] + errors.get('slow_requests', 0) >= IDLE - 400
    viewer.close()


def test_a_request_has_to_be_sent_in_time(stream: FakeStream, monkeypatch: pytest.MonkeyPatch
                                          ) -> None:
    """Slow loris: a byte now and then, so that the connection is never quiet."""
    monkeypatch.setattr('txt2vid_ros.web.server.access.connections.REQUEST_SECONDS', 0.5)
    monkeypatch.setattr('txt2vid_ros.web.server.access.admission.BODY_SECONDS', 0.5)
    with Web(stream) as web:
        viewer = web.watch()
        for begun in (b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ',
                      b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nX: ',
                      b'POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n',
                      b'POST /whep HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n'
                      b'\r\n32\r\n'):
            slow = web.connect()
            slow.sendall(begun)
            stop = threading.Event()

            def drip(slow: socket.socket = slow, stop: threading.Event = stop) -> None:
                with contextlib.suppress(OSError):
                    while not stop.wait(0.05):
                        slow.sendall(b'a')

            dripping = threading.Thread(target=drip)
            dripping.start()
            assert gone(slow)
            stop.set()
            dripping.join()
            slow.close()
        assert web.errors()['slow_requests'] >= 4
        assert viewer.recv(5000)
        viewer.close()


def test_a_viewer_that_reads_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.server.relay.SEND_SECONDS', 0.3)
    fast = FakeStream(block=1 << 16, pause=0.001)
    try:
        with Web(fast) as web:
            deaf = web.connect()
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(b'GET /live.ts HTTP/1.1\r\nHost: localhost\r\n\r\n')
            good = web.watch()
            until(lambda: web.errors().get('slow_viewers'), 'the end of the one who is deaf')
            until(lambda: web.server.parts.relay.viewers <= 1, 'its place to be free')
            assert good.recv(5000)
            good.close()
            deaf.close()
    finally:
        fast.close()


def test_an_answer_has_to_be_taken_in_time(
        stream: FakeStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.server.access.connections.ANSWER_SECONDS', 0.5)
    with Web(stream) as web:
        # So many that the system's buffers do not hold the answers.
        deaf = web.connect()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.2)
        with contextlib.suppress(OSError):
            for _ in range(20000):
                deaf.sendall(b'GET /static/page.css HTTP/1.1\r\nHost: localhost\r\n\r\n')
        until(lambda: web.errors().get('slow_answers'), 'the end')
        assert web.ask('/status.json').status == 200
        deaf.close()


def test_there_are_so_many_viewers_and_no_more(stream: FakeStream) -> None:
    with Web(stream, max_viewers=2) as web:
        two = [web.watch(), web.watch('/live.mp4')]
        answer = web.ask('/live.ts')
        assert (answer.status, answer.headers['Retry-After']) == (503, '5')
        assert web.ask('/live.ts', 'HEAD').status == 200
        two.pop().close()
        until(lambda: web.server.parts.relay.viewers == 1, 'a place')
        two.append(web.watch())
        for each in two:
            each.close()


def test_busy_connections_are_so_many_and_no_more(stream: FakeStream) -> None:
    with Web(stream, max_connections=8) as web:
        held = [web.watch() for _ in range(8)]
        refused = web.connect()
        assert refused.recv(12) == b'HTTP/1.1 503'
        assert web.errors()['refused_connections'] == 1
        held.pop().close()
        until(lambda: len(web.server.parts.guard) < 8, 'a place')
        assert web.ask('/status.json').status == 200
        for each in [*held, refused]:
            each.close()


@pytest.mark.parametrize(('request_', 'kind'), [
    (b'POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n', 'too_large'),
    (b'POST /whep HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
     b'Transfer-Encoding: chunked\r\n\r\n11170\r\n' + b'a' * 70000 + b'\r\n0\r\n\r\n',
     'too_large'),
    (b'POST /whep HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
     b'Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na',
     'other_client_errors'),
    (b'GET /' + b'a' * 20000 + b' HTTP/1.1\r\nHost: localhost\r\n\r\n', 'malformed_requests'),
    (b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' + b'a' * 20000 + b'\r\n\r\n',
     'malformed_requests'),
    (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'malformed_requests'),
    (b'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n', 'malformed_requests'),
    (b'\r\n\r\n\0\0\0\r\n\r\n', 'malformed_requests')])
def test_what_is_too_large_or_malformed_is_refused_and_counted(
        web: Web, request_: bytes, kind: str) -> None:
    before = web.errors().get(kind, 0)
    bad = web.connect()
    with contextlib.suppress(ConnectionError):
        bad.sendall(request_)
    assert gone(bad)
    bad.close()
    assert web.errors()[kind] == before + 1
    assert 'internal_errors' not in web.errors()


def test_who_leaves_in_the_middle_of_a_request_is_no_fault_of_ours(web: Web) -> None:
    leaving = web.connect()
    leaving.sendall(b'POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\naaa')
    until(lambda: len(web.server.parts.guard) > 0, 'the connection')
    leaving.close()
    until(lambda: web.errors().get('left_early'), 'the count')
    assert 'internal_errors' not in web.errors()


def test_it_ends_at_once_with_viewers_connected(stream: FakeStream) -> None:
    with Web(stream) as web:
        held = [web.watch(), web.watch(), web.connect()]
        begun = time.monotonic()
    took = time.monotonic() - begun
    for each in held:
        assert gone(each)
    # It waits for no answer to end by itself; how long it takes, a benchmark would say.
    assert took < ANSWER_SECONDS


def test_where_there_is_no_stream_it_says_so(stream: FakeStream) -> None:
    with Web() as web:
        for path in ('/live.ts', '/live.mp4', '/status.json'):
            answer = web.ask(path)
            assert (answer.status, answer.headers['Retry-After']) == (503, '1')
        web.server.stream_at('http://127.0.0.1:9')
        assert web.ask('/live.ts').status == 503
        web.server.stream_at(stream.url)
        web.watch().close()
