"""HOST:PORT: what is accepted, and what the error says of the rest."""

from __future__ import annotations

import pytest
from txt2vid_ros.core.address import HostPort, parse_address
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
