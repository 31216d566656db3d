"""Decides of every request whether it comes in, before anything is done for it."""

from __future__ import annotations

import asyncio
import contextvars

from aiohttp import web
from aiohttp.typedefs import Handler
from txt2vid_ros.web.server.access.connections import ConnectionGuard
from txt2vid_ros.web.server.access.origins import HostPolicy, OriginPolicy
from txt2vid_ros.web.server.access.response_headers import EMBED_PATH, PUBLIC_PATHS
from txt2vid_ros.web.server.access.tokens import Entry, QUERY, TokenGate
from txt2vid_ros.web.server.figures.counters import ErrorCounters
from txt2vid_ros.web.server.pages import PAGES

LARGEST_BODY = 64 * 1024
"""Bytes; an SDP offer with many candidates has 20 kB."""
BODY_SECONDS = 5.0
"""Seconds for the body of a request."""
HEALTH_PATH = '/healthz'
OPEN_PATHS = (*PUBLIC_PATHS, HEALTH_PATH)
"""What needs no token. Of the health, only the one word is told without."""
ENTRY: contextvars.ContextVar[Entry] = contextvars.ContextVar('entry')
"""How the request that is being answered has come in."""
_COUNTED = {404: 'not_found', 413: 'too_large', 408: 'slow_requests'}


class Access:
    """The door: Host, Origin, token, and the body within its limits of size and time."""

    def __init__(self, hosts: HostPolicy, origins: OriginPolicy, tokens: TokenGate,
                 guard: ConnectionGuard, counters: ErrorCounters) -> None:
        """Take what each decides."""
        self._hosts = hosts
        self._origins = origins
        self._tokens = tokens
        self._guard = guard
        self._counters = counters

    def before(self, handler: Handler, *, reads_body: bool = False) -> Handler:
        """
        Return a handler that lets in, or not, before `handler` is asked.

        A `handler` that `reads_body` bounds it by itself, in size and time.
        No middleware: aiohttp keeps an application that has some, and all that it refers to, in
        a cache for ever.
        """
        async def decide(request: web.Request) -> web.StreamResponse:
            with self._guard.answering(request):
                try:
                    refused = self._refused(request) or await self._body_refused(
                        request, reads_body)
                    return refused or await handler(request)
                except web.HTTPException as answer:
                    if 400 <= answer.status < 500:
                        self._counters.count(
                            _COUNTED.get(answer.status, 'other_client_errors'))
                    raise

        return decide

    def _refused(self, request: web.Request) -> web.Response | None:
        """Return the answer where a request may not come in."""
        hosts = request.headers.getall('Host', [])
        local = request.get_extra_info('sockname') or ('',)
        if len(hosts) != 1 or not self._hosts.allows(hosts[0], str(local[0])):
            return self._refuse('foreign_hosts', 403, 'This server is not addressed by that name. '
                                'Add it to the parameter web.allowed_hosts, or use the address '
                                'that the node web prints.\n')
        origins = request.headers.getall('Origin', [None])
        if request.path not in PUBLIC_PATHS and not all(
                self._origins.allows(origin, hosts[0]) for origin in origins):
            return self._refuse('foreign_origins', 403, 'Pages of other origins may not use this '
                                'server. Add theirs to the parameter web.allowed_origins.\n')
        # A preflight (Fetch) brings no credentials, and nothing is done for it.
        if request.path in PUBLIC_PATHS or request.method == 'OPTIONS':
            return None
        entry = self._tokens.enter(request)
        ENTRY.set(entry)
        if entry is Entry.TOO_MANY:
            return self._refuse('too_many_tokens', 429, 'Too many wrong tokens.\n', {
                'Retry-After': str(self._tokens.retry_after(request))})
        if not entry.admitted and request.path not in OPEN_PATHS:
            kind = 'missing_tokens' if entry is Entry.NONE else 'wrong_tokens'
            return self._refuse(kind, 401, f'{entry.value.capitalize()}. Open this page once with '
                                f'?{QUERY}=TOKEN at the end of its address.\n', {
                                    'WWW-Authenticate': 'Bearer realm="txt2vid"'})
        if entry is Entry.URL and request.method == 'GET' and request.path in PAGES:
            return self._without_token(request)
        return None

    def _without_token(self, request: web.Request) -> web.Response:
        """Send a browser to the same page without the token, which stays in no history."""
        place = request.rel_url.with_query(
            [(name, value) for name, value in request.query.items() if name != QUERY])
        # Of the path alone: '//host' at its beginning would lead elsewhere.
        answer = web.Response(status=303, headers={
            'Location': f'{request.path}{"?" if place.query_string else ""}'
                        f'{place.raw_query_string}'})
        self._tokens.set_cookie(answer, framed=request.path == EMBED_PATH)
        return answer

    async def _body_refused(self, request: web.Request, by_handler: bool) -> web.Response | None:
        """
        Read the body, so that handlers need not wait for it; return what is wrong with it.

        `by_handler`: the handler does so.
        """
        if request.headers.get('Content-Encoding', 'identity').lower() != 'identity':
            return self._refuse('other_client_errors', 415, 'Compressed bodies are not taken.\n')
        if by_handler or not request.can_read_body or request.method == 'GET':
            return None
        if (request.content_length or 0) > LARGEST_BODY:
            return self._refuse('too_large', 413, f'At most {LARGEST_BODY} bytes.\n')
        try:
            await asyncio.wait_for(request.read(), BODY_SECONDS)
        except asyncio.TimeoutError:
            return self._refuse('slow_requests', 408, 'The body took too long.\n')
        except web.RequestPayloadError:
            return self._refuse('malformed_requests', 400, 'The body is malformed.\n')
        return None

    def _refuse(self, kind: str, status: int, text: str,
                headers: dict[str, str] | None = None) -> web.Response:
        self._counters.count(kind)
        answer = web.Response(status=status, text=text, headers=headers)
        # What follows on this connection, such as a body, is not read.
        answer.force_close()
        return answer
