"""Passes the streams of the node stream on to viewers: /live.ts, /live.mp4, /status.json."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import contextlib
import logging

import aiohttp
from aiohttp import web
from txt2vid_ros.core.process.descriptors import DescriptorBudget

log = logging.getLogger(__name__)

STREAMS = {'/live.ts': 'video/mp2t', '/live.mp4': 'video/mp4'}
STATUS_PATH = '/status.json'
SEND_SECONDS = 5.0
"""Seconds after which a viewer that takes nothing is dropped."""
CONNECT_SECONDS = 2.0
SILENT_SECONDS = 10.0
"""Seconds of a stream without a byte after which it counts as ended."""
STATUS_SECONDS = 5.0


class StreamRelay:
    """Serves what the node stream serves, for as long as each viewer wants it."""

    def __init__(self, most: int, count: Callable[[str], None],
                 hold: Callable[[web.BaseRequest], None], budget: DescriptorBudget) -> None:
        """
        Allow `most` viewers at a time, each of which takes a descriptor more from `budget`.

        `hold` is told of answers that go on for long.
        """
        self.url = ''
        """Where the node stream serves, without a path; '' while that is not known."""
        self.viewers = 0
        self._most = most
        self._count = count
        self._hold = hold
        self._budget = budget
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Prepare to connect; to be called in the server's loop."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS))

    async def close(self) -> None:
        """Disconnect."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def routes(self) -> list[web.RouteDef]:
        """Return the paths that it serves."""
        return [*(web.get(path, self._stream) for path in STREAMS),
                web.get(STATUS_PATH, self._status)]

    async def _status(self, request: web.Request) -> web.StreamResponse:
        if self._session is None or not self.url:
            return self._unavailable()
        try:
            async with self._session.get(
                    self.url + STATUS_PATH, raise_for_status=True,
                    timeout=aiohttp.ClientTimeout(total=STATUS_SECONDS)) as answer:
                return web.json_response(await answer.json())
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            return self._unavailable()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if request.method == 'HEAD':
            return self._response(request)
        short = not self._budget.allows(1)
        if short:
            self._budget.refuse()
        if short or self.viewers >= self._most:
            self._count('busy')
            return web.Response(status=503, text='Too many viewers.\n',
                                headers={'Retry-After': '5'})
        self.viewers += 1
        try:
            return await self._pass_on(request)
        finally:
            self.viewers -= 1

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        if self._session is None or not self.url:
            return self._unavailable()
        try:
            source = await self._session.get(self.url + request.path)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return self._unavailable()
        async with source:
            if source.status != 200:
                return self._unavailable()
            response = self._response(request)
            await response.prepare(request)
            self._hold(request)
            try:
                async for data in source.content.iter_any():
                    await asyncio.wait_for(response.write(data), SEND_SECONDS)
            except (aiohttp.ClientError, ConnectionError):
                log.debug('a viewer or the stream has left')
            except asyncio.TimeoutError:
                # That of the source is a ClientError.
                self._count('slow_viewers')
                log.info('a viewer was too slow and was dropped')
                abort(request)
        return response

    def _response(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={'Content-Type': STREAMS[request.path]})
        # Ends with the connection, as a stream that has no length has to for some players.
        response.force_close()
        return response

    def _unavailable(self) -> web.Response:
        self._count('unavailable')
        return web.Response(status=503, text='The stream is starting or has stopped.\n',
                            headers={'Retry-After': '1'})


def abort(request: web.BaseRequest) -> None:
    """Drop the connection of a request at once, whatever it has not taken yet."""
    transport = request.transport
    if transport is not None:
        with contextlib.suppress(RuntimeError):
            transport.abort()
