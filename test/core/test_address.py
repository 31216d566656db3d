"""HOST:PORT: what is accepted, and what the error says of the rest."""

from __future__ import annotations

import pytest
from txt2vid_ros.core.address import HostPort, parse_address, shown_url, without_secrets
from txt2vid_ros.core.errors import UserError

REMEDY = 'Write for example 127.0.0.1:8080'


@pytest.mark.parametrize(('text', 'host', 'port'), [
    ('127.0.0.1:8080', '127.0.0.1', 8080), ('robot.local:1', 'robot.local', 1),
    ('[::1]:65535', '::1', 65535), ('[fe80::1%eth0]:80', 'fe80::1%eth0', 80)])
def test_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert parse_address(text, 'address', REMEDY) == HostPort(host, port)


@pytest.mark.parametrize('text', ['8080', ':8080', '[]:8080'])
def test_a_port_alone_is_one_of_the_default_host_if_there_is_one(text: str) -> None:
    assert parse_address(text, 'x', REMEDY, default_host='127.0.0.1') == ('127.0.0.1', 8080)
    with pytest.raises(UserError):
        parse_address(text, 'x', REMEDY)


def test_port_zero_only_where_any_port_will_do() -> None:
    assert parse_address('localhost:0', 'x', REMEDY, any_port=True).port == 0
    with pytest.raises(UserError):
        parse_address('localhost:0', 'x', REMEDY)


@pytest.mark.parametrize('text', [
    '', 'nonsense', '127.0.0.1:', ':', '127.0.0.1:99999', '127.0.0.1:-1', '127.0.0.1:http',
    '127.0.0.1:\u0661', 'host:' + '9' * 5000])
def test_anything_else_is_refused_by_the_name_of_the_parameter(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_address(text, '--http', REMEDY, default_host='127.0.0.1', any_port=True)
    assert str(caught.value) == f'--http: {text!r} is not HOST:PORT. {REMEDY}'


@pytest.mark.parametrize(('url', 'shown'), [
    ('rtmp://a.example/live2/abcd-efgh', 'rtmp://a.example/...'),
    ('whips://user:secret@a.example:8443/whip?token=t0ken', 'whips://a.example:8443/...'),
    ('srt://[::1]:9000?passphrase=hunter22', 'srt://[::1]:9000/...'),
    ('rtsp://user:pa/ss@a.example/x', 'rtsp://...'), ('rtsp://user:p?a#s@a.example', 'rtsp://...'),
    ('udp://239.0.0.1:9000', 'udp://239.0.0.1:9000'), ('http://', 'http://'),
    ('live_1234_abcdef', '(not a URL)'), ('user:secret@a.example', '(not a URL)')])
def test_of_a_url_only_its_host_is_shown(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_a_complaint_shows_no_secret_of_the_url_it_is_about() -> None:
    url = 'rtmp://user:hunter22@a.example/live/k3y-of-m1ne?auth=t0kent0ken'
    complaint = f"[rtmp @ 0x55] BadName 'k3y-of-m1ne' (t0kent0ken) | {url}: Input/output error"
    told = without_secrets(complaint, url)
    assert 'a.example' in told and 'Input/output error' in told
    assert not [each for each in ('hunter22', 'k3y-of-m1ne', 't0kent0ken') if each in told]


def test_an_address_with_a_password_does_not_show_it() -> None:
    with pytest.raises(UserError) as caught:
        parse_address('http://user:secret@a.example:port', 'web.http', REMEDY)
    assert 'secret' not in str(caught.value)
