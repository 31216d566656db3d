"""HOST:PORT as people write it, why a socket cannot be bound to it, what of a URL is shown."""

from __future__ import annotations

import errno
import re
from typing import NamedTuple
from urllib.parse import unquote

from txt2vid_ros.core.errors import UserError

_KNOWN = {errno.EADDRINUSE: 'the port is in use',
          errno.EACCES: 'ports below 1024 need more privileges'}
_SCHEME = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*')
_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s'"<>|)\]]+""")
_SHORTEST_SECRET = 6    # characters; shorter ones are words such as live


class HostPort(NamedTuple):
    """A host name or IP address, without brackets, and a port."""

    host: str
    port: int


def parse_address(text: str, parameter: str, remedy: str, *, default_host: str = '',
                  any_port: bool = False) -> HostPort:
    """
    Parse 'HOST:PORT' or '[IPv6]:PORT'.

    `parameter` is where the user wrote it and `remedy` what to write instead, for the error.
    With a `default_host`, 'PORT' and ':PORT' are accepted too. `any_port` accepts port 0, for
    which the system picks a free port. Raises UserError.
    """
    host, _, digits = text.rpartition(':')
    host = host.removeprefix('[').removesuffix(']') or default_host
    port = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else -1
    if not host or not (0 if any_port else 1) <= port <= 65535:
        raise UserError(f'{parameter}: {shown_address(text)!r} is not HOST:PORT', remedy)
    return HostPort(host, port)


def why_not_bound(error: Exception) -> str:
    """Return why an address could not be resolved or bound, as the socket module has raised it."""
    if not isinstance(error, OSError):
        # UnicodeError or TypeError, by IDNA.
        return 'that is no host name'
    return _KNOWN.get(error.errno or 0, error.strerror or str(error))


def shown_url(url: str) -> str:
    """
    Return what of a URL may be shown: its scheme, host and port.

    The user information may be a password, the path a stream key and the query a token (RFC 3986,
    7.5). Of what is no URL, and may be a key alone, nothing is shown.
    """
    scheme, slashes, rest = url.strip().partition('://')
    if not slashes or not _SCHEME.fullmatch(scheme):
        return '(not a URL)'
    authority = re.split(r'[/?#\\\s]', rest, maxsplit=1)[0]
    if '@' in rest[len(authority):]:
        # A password may have a slash, which makes its URL invalid: where it ends is not known.
        return f'{scheme}://...'
    hidden = '/...' if rest[len(authority):].strip('/') else ''
    return f'{scheme}://{authority.rpartition("@")[2]}{hidden}'


def shown_address(text: str) -> str:
    """Return what may be shown of what was written for an address; a bare host is shown whole."""
    return shown_url(text) if re.search('[@?#]|://', text) else text


def without_secrets(text: str, *urls: str) -> str:
    """Return a text, such as a program's complaint, with nothing of its URLs but shown_url()."""
    shown = _URL.sub(lambda found: shown_url(found[0]), text)
    for url in urls:
        # Servers repeat a stream key, without the URL that it was in.
        for word in re.split(r'[/?#&=@:;\s]+', unquote(url.partition('://')[2])):
            if len(word) >= _SHORTEST_SECRET and word not in shown_url(url):
                shown = shown.replace(word, '...')
    return shown
