"""The HTTP address that viewers use: as they open it, how they watch there, why it is not free."""

from __future__ import annotations

from urllib.parse import urlsplit

from txt2vid_ros.core.address import why_not_bound
from txt2vid_ros.core.errors import UserError

_HERE = {'0.0.0.0': '127.0.0.1', '::': '::1'}
"""Of a machine's every address, one that works on it."""

JOIN_PATH = '/join.ts'
"""Of the node stream: the transport stream from the last key frame on, not from the next."""
TOO_MANY_CONNECTIONS = (
    b'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\n'
    b'Content-Length: 22\r\nConnection: close\r\n\r\nToo many connections.\n')
"""What a connection gets that there is no room for."""


def http_url(host: str, port: int, *, encrypted: bool = False) -> str:
    """Return the URL of a host name or IP address as people open it, without a path."""
    shown = _HERE.get(host, host)
    return f'http{"s" if encrypted else ""}://{f"[{shown}]" if ":" in shown else shown}:{port}'


def is_plain_url(text: str) -> bool:
    """Return whether a text is a URL as http_url() makes it: a host and a port, nothing else."""
    try:
        parts = urlsplit(text)
        made = http_url(parts.hostname or '', parts.port or 0,
                        encrypted=parts.scheme == 'https')
    except ValueError:
        return False
    return bool(parts.hostname) and bool(parts.port) and made == text.lower()


def ways_to_watch(url: str, query: str = '') -> list[str]:
    """Return a line for each way to watch what is served at a URL without a path."""
    return [f'watch in a browser: {url}/{query}',
            'watch with ffplay: ffplay -fflags nobuffer -flags low_delay -probesize 100000 '
            f'{url}/live.ts{query}']


def cannot_serve(parameter: str, text: str, port: int, error: Exception) -> UserError:
    """Return the error for HOST:PORT, as it was written, where no socket could be bound."""
    return UserError(
        f'{parameter}: cannot listen on {text}: {why_not_bound(error)}',
        f'Choose another HOST:PORT for http, for example 127.0.0.1:'
        f'{port + 1 if port < 65535 else port - 1}; a second talking head needs a namespace of '
        'its own too.')
