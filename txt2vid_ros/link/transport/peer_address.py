"""
The address of a peer, which may be a name: looked up apart from the link's thread, and followed.

A name is looked up again where nothing authentic answers what was sent, and now and then. In
silence nothing is looked up, for a lookup may have to cross the same thin path.
"""

from __future__ import annotations

from collections.abc import Callable
import ipaddress
import logging
import socket
import threading
from typing import Any, TypeAlias

from txt2vid_ros.core.address import parse_address
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.messages import NEVER
from txt2vid_ros.link.transport.address import REMEDY, resolve, resolved, ResolvedAddress

log = logging.getLogger(__name__)

Lookup: TypeAlias = Callable[..., list[Any]]
"""What finds addresses, called and answering as socket.getaddrinfo. May wait."""

_FIRST_WAIT = 2.0
"""Seconds that opening waits for the first answer; it goes on without."""
_LOOKUP_TIMEOUT = 10.0
"""Seconds until a lookup counts as failed. It cannot be ended, so none is begun beside it."""
_RETRY_BACKOFF = Backoff(first=1.0, largest=30.0)
_SILENCE_BACKOFF = Backoff(first=10.0, largest=300.0)
"""Seconds without an answer to what was sent until the name is looked up again."""
_REFRESH_INTERVAL = 600.0
"""Seconds between lookups of a name that is in use."""
_POLL_INTERVAL, _LATE_POLL_INTERVAL = 0.05, 1.0
"""Seconds between looks at a lookup, within its time and after."""
_IPV6_HEADER = 40


class _RunningLookup:
    """One lookup, in a thread of its own, which ends when the system's resolver does."""

    def __init__(self, lookup: Lookup, host: str, port: int, kind: socket.SocketKind) -> None:
        self.done = threading.Event()
        self.found: list[Any] = []
        self.error = 'no answer'
        self.deadline: float | None = None
        """On the clock of maintain(), from its first look on."""
        self.late = False
        self._work = (lookup, host, port, kind)
        threading.Thread(target=self._run, name='resolve', daemon=True).start()

    def _run(self) -> None:
        lookup, host, port, kind = self._work
        try:
            self.found = lookup(host, port, type=kind)
        except OSError as error:
            self.error = error.strerror or str(error)
        except UnicodeError:
            self.error = 'that is no host name'
        finally:
            self.done.set()


class PeerAddress:
    """
    HOST:PORT of a peer and what it stands for at the moment; nothing here waits but opening.

    Not thread-safe: all calls are the link's.
    """

    def __init__(self, text: str, kind: socket.SocketKind,
                 lookup: Lookup = socket.getaddrinfo) -> None:
        """Begin to look for the address; an IP address is its own. Raises UserError for others."""
        self.text = text
        self._host, self._port = parse_address(text, 'address', REMEDY)
        self._kind, self._lookup = kind, lookup
        self.current: ResolvedAddress | None = None
        """What the name stands for; None until that is known."""
        self._running: _RunningLookup | None = None
        self._failures = self._silent_lookups = 0
        self._problem = ''
        self._sent = self._answered = False
        self._unanswered_since = self._due = NEVER
        self._looked_at = -NEVER
        self._fixed = _is_ip(self._host)
        self._confined = False
        if self._fixed:
            self.current = resolve(text, kind)
        else:
            self._running = _RunningLookup(lookup, self._host, self._port, kind)
            if self._running.done.wait(_FIRST_WAIT) and self._running.found:
                self.current = resolved(text, self._running.found[0])
        # Without a key, only a name of this machine was accepted: it must not lead elsewhere.
        self._confined = self.loopback

    @property
    def loopback(self) -> bool:
        """Whether it is an address of this machine that no other can reach."""
        return self.current is not None and self.current.loopback

    @property
    def ip_header(self) -> int:
        """Bytes of the IP header; the larger one where the address is not known yet."""
        return self.current.ip_header if self.current else _IPV6_HEADER

    @property
    def problem(self) -> str:
        """Why the name cannot be followed at the moment; empty where it can."""
        return self._problem

    def sent(self) -> None:
        """Note that something was sent that will be answered, or tried in vain."""
        self._sent = True

    def answered(self) -> None:
        """Note that something authentic came back."""
        self._answered = True

    def maintain(self, now: float) -> float:
        """Look the name up where that is due; return when to call this again, at the latest."""
        if self._fixed:
            return NEVER
        self._note_silence(now)
        if self._running is None:
            due = min(self._due, self._silence_due)
            # What is due in a silence waits for the next datagram.
            if now < due or (self.current is not None and self._unanswered_since == NEVER):
                return due if now < due else NEVER
            self._silent_lookups += self._silence_due <= now
            self._running = _RunningLookup(self._lookup, self._host, self._port, self._kind)
        return self._look(self._running, now)

    def _note_silence(self, now: float) -> None:
        if self._answered:
            self._unanswered_since, self._silent_lookups = NEVER, 0
        if self._sent:
            self._unanswered_since = min(self._unanswered_since, now)
        self._sent = self._answered = False

    @property
    def _silence_due(self) -> float:
        if self.current is None or self._unanswered_since == NEVER:
            return NEVER
        return (max(self._unanswered_since, self._looked_at)
                + _SILENCE_BACKOFF.after(self._silent_lookups + 1))

    def _look(self, running: _RunningLookup, now: float) -> float:
        if running.deadline is None:
            running.deadline = now + _LOOKUP_TIMEOUT
        if running.done.is_set():
            self._running, self._looked_at = None, now
            if running.found:
                self._found(running.found, now)
            else:
                self._failed(running.error, now)
            return self._due
        if now >= running.deadline and not running.late:
            running.late = True
            self._failed(f'no answer within {_LOOKUP_TIMEOUT:.0f} s', now)
        return now + (_LATE_POLL_INTERVAL if running.late else _POLL_INTERVAL)

    def _found(self, found: list[Any], now: float) -> None:
        addresses = [resolved(self.text, entry) for entry in found]
        self._due = now + _REFRESH_INTERVAL
        if self._confined:
            addresses = [address for address in addresses if address.loopback]
            if not addresses:
                self._failed('it stood for this machine and now stands for another; start again '
                             'to follow it there', now)
                return
        before, failed = self.current, self._failures
        self._failures, self._problem = 0, ''
        if before in addresses:
            return
        self.current = addresses[0]
        where = self.current.sockaddr[0]
        if before is not None:
            log.warning('address: the host %r is now at %s, no longer at %s', self._host, where,
                        before.sockaddr[0])
        elif failed:
            log.info('address: the host %r is found, at %s', self._host, where)

    def _failed(self, why: str, now: float) -> None:
        self._failures += 1
        self._due = now + _RETRY_BACKOFF.after(self._failures)
        last = f'; its last address, {self.current.sockaddr[0]}, is used' if self.current else ''
        self._problem = (f'address: the host {self._host!r} cannot be resolved: {why}{last}. '
                         'It is tried again; check its name, or give its IP address')
        if self._failures == 1:
            log.warning('%s', self._problem)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition('%')[0])
    except ValueError:
        return False
    return True
