"""The address that other nodes are told has a host and a port, and nothing else."""

from __future__ import annotations

import pytest
from txt2vid_ros.media.output.http_address import http_url, is_plain_url


@pytest.mark.parametrize(('host', 'encrypted'), [
    ('127.0.0.1', False), ('::1', False), ('face.example', True)])
def test_what_is_made_here_is_plain(host: str, encrypted: bool) -> None:
    assert is_plain_url(http_url(host, 8080, encrypted=encrypted))


@pytest.mark.parametrize('text', [
    '', 'http://', 'http://host', 'http://host:0', 'http://host:99999', 'http://host:80/path',
    'http://user:word@host:80', 'http://host:80?x', 'http://host:80#x', 'file:///etc/passwd',
    'ftp://host:21', 'http://[::1:80', '\0', '{"a":', 'http://host:8 0', ' http://host:80'])
def test_anything_else_is_not(text: str) -> None:
    assert not is_plain_url(text)
