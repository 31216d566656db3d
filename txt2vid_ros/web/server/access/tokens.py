"""The token: given once in the URL, then a cookie; Bearer (RFC 6750) for what is no browser."""

from __future__ import annotations

import enum
import hashlib
import hmac

from aiohttp import web
from txt2vid_ros.web.server.access.rates import AddressRateLimits

QUERY = 'token'
FAILURES_AT_ONCE = 20
FAILURES_A_SECOND = 0.5
"""Wrong tokens that an address may send: some in a row, then one in two seconds."""


class Entry(enum.Enum):
    """Whether a request may come in, and by what."""

    FREE = 'no token is asked for'
    COOKIE = 'cookie'
    BEARER = 'bearer'
    URL = 'token in the URL'
    NONE = 'no token was given'
    WRONG = 'the token is wrong'
    TOO_MANY = 'too many wrong tokens'

    @property
    def admitted(self) -> bool:
        """Return whether it may come in."""
        return self in (Entry.FREE, Entry.COOKIE, Entry.BEARER, Entry.URL)


class TokenGate:
    """Compares what requests bring with the token, in constant time."""

    def __init__(self, token: str, *, cookie_name: str, secure: bool) -> None:
        """Ask for `token`, for nothing where it is empty; `secure`: connections are encrypted."""
        self._token = token.encode()
        # Derived from the token, so that a page stays in when the node starts again; and not the
        # token itself, so that a cookie that is seen does not tell it.
        self._cookie = hmac.new(self._token, b'txt2vid_ros web cookie', hashlib.sha256).hexdigest()
        self._secure = secure
        self._cookie_name = f'__Host-{cookie_name}' if secure else cookie_name
        self._failures = AddressRateLimits(FAILURES_A_SECOND, FAILURES_AT_ONCE)

    def enter(self, request: web.Request) -> Entry:
        """Return whether a request may come in; a wrong token counts against its address."""
        if not self._token:
            return Entry.FREE
        given = self._given(request)
        if not given:
            return Entry.NONE
        limit = self._failures.of(request.remote or '')
        # Before the comparison: else the answer would tell which guess was right.
        if limit.left < 1.0:
            return Entry.TOO_MANY
        good = [entry for entry, value, wanted in given
                if hmac.compare_digest(value.encode('utf-8', 'surrogateescape'), wanted)]
        if good:
            return good[0]
        limit.take()
        return Entry.WRONG

    def retry_after(self, request: web.Request) -> int:
        """Return the seconds after which an address may try again."""
        return int(self._failures.of(request.remote or '').wait) + 1

    def set_cookie(self, response: web.StreamResponse, *, framed: bool = False) -> None:
        """
        Have the browser bring a cookie from now on.

        One for a `framed` page is kept for that pair of sites alone (CHIPS); browsers take it
        only over an encrypted connection.
        """
        attributes = ['Path=/', 'HttpOnly']
        if self._secure:
            attributes += ['Secure']
        if framed and self._secure:
            attributes += ['SameSite=None', 'Partitioned']
        else:
            # Lax rather than Strict: a link to the page from elsewhere still opens it.
            attributes += ['SameSite=Lax']
        response.headers.add('Set-Cookie', '; '.join(
            [f'{self._cookie_name}={self._cookie}', *attributes]))

    def _given(self, request: web.Request) -> list[tuple[Entry, str, bytes]]:
        """Return what a request brings, and what it would have to be."""
        scheme, _, bearer = request.headers.get('Authorization', '').partition(' ')
        found = (
            (Entry.COOKIE, request.cookies.get(self._cookie_name, ''), self._cookie.encode()),
            (Entry.BEARER, bearer.strip() if scheme.lower() == 'bearer' else '', self._token),
            (Entry.URL, request.query.get(QUERY, ''), self._token))
        return [each for each in found if each[1]]
