"""Who comes in: Host, Origin and token are looked at before anything else."""

from __future__ import annotations

from collections.abc import Iterator
import logging

import aiohttp
import pytest
from web_rig import FakeStream, Web

TOKEN = 'a-secret-that-is-long-enough'
PLACES = ['/', '/live.ts', '/status.json', '/events', '/metrics', '/status', '/static/status.js',
          '/figures.json', '/nothing']


@pytest.fixture(scope='module')
def closed(stream: FakeStream) -> Iterator[Web]:
    with Web(stream, token=TOKEN, allowed_origins=('https://good.example',),
             allowed_hosts=('face.example',)) as made:
        yield made


@pytest.mark.parametrize('path', PLACES)
def test_nothing_is_served_without_a_token(closed: Web, path: str) -> None:
    for wrong in ({}, {'Authorization': f'Bearer {TOKEN}x'}, {'Cookie': f'txt2vid={TOKEN}'},
                  {'Authorization': f'Basic {TOKEN}'}):
        answer = closed.ask(path, **wrong)
        assert answer.status == 401, wrong
        assert answer.headers['WWW-Authenticate'].startswith('Bearer')
        assert TOKEN.encode() not in answer.body
    assert closed.ask(f'{path}?token={TOKEN}x').status in (401, 429)


def test_the_token_is_given_once_and_becomes_a_cookie(
        closed: Web, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = closed.ask(f'/?kiosk&token={TOKEN}&x=1')
    assert answer.status == 303
    assert answer.headers['Location'] == '/?kiosk=&x=1'
    cookie = answer.headers['Set-Cookie']
    assert 'HttpOnly' in cookie
    assert 'SameSite=Lax' in cookie
    assert TOKEN not in cookie
    assert TOKEN not in caplog.text
    brought = cookie.partition(';')[0]
    for path in ('/', '/status.json', '/status', '/metrics'):
        assert closed.ask(path, Cookie=brought).status == 200
    assert closed.ask('/', Cookie=brought + 'x').status == 401


def test_the_cookie_outlives_the_server(closed: Web, stream: FakeStream) -> None:
    cookie = closed.ask(f'/?token={TOKEN}').headers['Set-Cookie']
    value = cookie.partition('=')[2].partition(';')[0]
    with Web(stream, token=TOKEN) as other:
        assert other.ask('/', Cookie=f'txt2vid_{other.port}={value}').status == 200
    with Web(stream, token=TOKEN + 'x') as other:
        assert other.ask('/', Cookie=f'txt2vid_{other.port}={value}').status == 401


def test_programs_bring_a_bearer_and_players_a_url(closed: Web) -> None:
    assert closed.ask('/metrics', Authorization=f'Bearer {TOKEN}').status == 200
    assert closed.ask(f'/status.json?token={TOKEN}').json()['pts_zero_ns'] == 7
    viewer = closed.watch(f'/live.ts?token={TOKEN}')
    assert viewer.recv(1000)
    viewer.close()


def test_health_tells_strangers_one_word(closed: Web) -> None:
    answer = closed.ask('/healthz')
    assert (answer.status, answer.json()) == (503, {'ok': False})
    assert set(closed.ask('/healthz', Authorization=f'Bearer {TOKEN}').json()) == {
        'ok', 'frames_advance', 'nodes'}


def test_guessing_is_slowed_down_and_a_right_guess_is_not_told(stream: FakeStream) -> None:
    with Web(stream, token=TOKEN) as web:
        seen = [web.ask(f'/?token={number:032}').status for number in range(40)]
        assert seen[:20] == [401] * 20
        assert 429 in seen
        answer = web.ask(f'/?token={TOKEN}')
        assert answer.status == 429
        assert int(answer.headers['Retry-After']) >= 1
        # What brings no token is no guess.
        assert web.ask('/').status == 401
        assert web.errors()['wrong_tokens'] >= 20
        assert web.errors()['too_many_tokens'] >= 1


@pytest.mark.parametrize('host', [
    'evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '192.0.2.1', '[2001:db8::1]',
    'evil.example:8080', '@127.0.0.1', '', '127.0.0.1:x', 'localhost/..', '2130706433'])
def test_a_name_of_somebody_else_is_refused(web: Web, host: str) -> None:
    """DNS rebinding: the browser believes that this server is part of another site."""
    connection = web.connect()
    connection.sendall(f'GET /status.json HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
    assert connection.recv(12)[9:] in (b'403', b'400')
    connection.close()


@pytest.mark.parametrize('lines', ['', 'Host: localhost\r\nHost: evil.example\r\n'])
def test_there_has_to_be_one_host(web: Web, lines: str) -> None:
    connection = web.connect()
    connection.sendall(f'GET /status.json HTTP/1.1\r\n{lines}\r\n'.encode())
    assert connection.recv(12)[9:] in (b'403', b'400')
    connection.close()


@pytest.mark.parametrize('host', ['localhost', 'LOCALHOST:9', '127.0.0.1', '[::1]:80',
                                  '127.0.0.2'])
def test_the_names_of_this_machine_are_served(web: Web, host: str) -> None:
    assert web.ask('/status.json', host=host).status == 200


def test_further_names_are_served_where_they_are_allowed(closed: Web) -> None:
    assert closed.ask('/metrics', host='face.example:443',
                      Authorization=f'Bearer {TOKEN}').status == 200


@pytest.mark.parametrize('origin', [
    'https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost',
    'https://good.example.evil.example', 'file://', ''])
def test_pages_of_other_origins_get_nothing(web: Web, origin: str) -> None:
    for method, path in (('GET', '/status.json'), ('POST', '/whep'), ('GET', '/events'),
                         ('DELETE', '/whip/1'), ('OPTIONS', '/whep'), ('GET', '/live.ts')):
        answer = web.ask(path, method, Origin=origin)
        assert answer.status == 403, (method, path)
        assert 'Access-Control-Allow-Origin' not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError, match='403'):
        web.events(lambda page: page.receive(), Origin=origin)


def test_the_page_itself_and_allowed_origins_may(web: Web, closed: Web) -> None:
    assert web.ask('/status.json', Origin=f'http://127.0.0.1:{web.port}').status == 200
    assert web.ask('/status.json', Origin='http://localhost:9', host='localhost:9').status == 200
    answer = closed.ask('/status.json', Origin='https://good.example',
                        Authorization=f'Bearer {TOKEN}')
    assert answer.headers['Access-Control-Allow-Origin'] == 'https://good.example'
    assert answer.headers['Vary'] == 'Origin'


def test_only_the_embedded_page_may_be_framed(closed: Web) -> None:
    for path, ancestors in (('/', "'none'"), ('/status', "'none'"),
                            ('/embed', "'self' https://good.example")):
        policy = closed.ask(path, Authorization=f'Bearer {TOKEN}').headers[
            'Content-Security-Policy']
        assert policy.endswith(f'frame-ancestors {ancestors}')


@pytest.mark.parametrize('path', ['/', '/nothing', '/static/status.js', '/live.ts', '/healthz'])
def test_every_answer_says_what_browsers_may_do_with_it(web: Web, path: str) -> None:
    headers = web.ask(path, 'HEAD').headers
    assert "default-src 'self'" in headers['Content-Security-Policy']
    assert "'unsafe-inline'" not in headers['Content-Security-Policy']
    assert headers['X-Content-Type-Options'] == 'nosniff'
    assert headers['Referrer-Policy'] == 'no-referrer'
    assert headers['Permissions-Policy'].startswith('microphone=(self)')
    assert headers['Cross-Origin-Resource-Policy'] == 'same-origin'
    assert 'aiohttp' not in headers['Server']


@pytest.mark.parametrize('path', [
    '/static/../server/settings.py', '/static/%2e%2e/settings.py', '/static/..%2fserver.py',
    '/static//etc/passwd', '/static/', '/static/portrait', '//evil.example', '/static/README.md',
    '/static/head.part'])
def test_no_other_file_is_served(web: Web, path: str) -> None:
    assert web.ask(path).status == 404


@pytest.mark.parametrize('path', ['/', '/call'])
def test_pages_are_served_with_the_parts_that_they_have_alike(web: Web, path: str) -> None:
    page = web.ask(path).body.decode()
    assert 'include' not in page
    for once in ('/static/tokens.css', '<symbol id="icon-mic"', '<p id="said"',
                 '<button id="talk"', '<dl id="figures">'):
        assert page.count(once) == 1


def test_a_redirect_stays_here(closed: Web) -> None:
    for path in (f'//evil.example?token={TOKEN}', f'/%2f/evil.example?token={TOKEN}'):
        answer = closed.ask(path)
        assert answer.status == 404
        assert 'Location' not in answer.headers
