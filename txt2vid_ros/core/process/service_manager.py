"""What a service manager is told of this process, and how often it wants it (sd_notify(3))."""

from __future__ import annotations

from collections.abc import Mapping
import logging
import os
import socket

log = logging.getLogger(__name__)

_SOCKET, _WATCHDOG, _WATCHDOG_PROCESS = 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'
VARIABLES = (_SOCKET, _WATCHDOG, _WATCHDOG_PROCESS)
"""The environment variables of the protocol; children are no business of the manager."""
PER_INTERVAL = 3
"""Times in the manager's interval that it hears of a healthy process: some may come late."""


class ServiceManager:
    """
    The manager that started this process, such as systemd; none where the variables are not set.

    Each message is one datagram, which is sent without waiting.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read from the environment where it listens."""
        address = environment.get(_SOCKET, '')
        # An @ stands for the zero byte of the abstract namespace (unix(7)).
        self._address = f'\0{address[1:]}' if address.startswith('@') else address
        interval = environment.get(_WATCHDOG, '')
        meant = environment.get(_WATCHDOG_PROCESS, '') in ('', str(os.getpid()))
        self.watchdog_seconds = int(interval) / 1e6 if interval.isdecimal() and meant else 0.0
        """The longest silence before it restarts this process; 0 where it watches nothing."""

    @property
    def listens(self) -> bool:
        """Return whether there is one that wants to hear."""
        return bool(self._address)

    def tell(self, *assignments: str) -> None:
        """Send assignments such as READY=1 or STATUS=...; what cannot be sent is logged."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as one:
                one.sendto('\n'.join(assignments).encode(), self._address)
        except OSError as error:
            log.warning('the service manager cannot be told %s: %s', assignments[0],
                        error.strerror)
