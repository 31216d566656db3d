"""HOST:PORT as people write it, and why a socket cannot be bound to it."""

from __future__ import annotations

import errno
from typing import NamedTuple

from txt2vid_ros.core.errors import UserError

_KNOWN = {errno.EADDRINUSE: 'the port is in use',
          errno.EACCES: 'ports below 1024 need more privileges'}


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
        raise UserError(f'{parameter}: {text!r} is not HOST:PORT', remedy)
    return HostPort(host, port)


def why_not_bound(error: Exception) -> str:
    """Return why an address could not be resolved or bound, as the socket module has raised it."""
    if not isinstance(error, OSError):
        # UnicodeError or TypeError, by IDNA.
        return 'that is no host name'
    return _KNOWN.get(error.errno or 0, error.strerror or str(error))
