"""The web server: one thread with its own event loop, ended in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
import concurrent.futures
import contextlib
import logging
import socket
import threading
from typing import Any, cast

from aiohttp import web
from txt2vid_ros.core.address import HostPort
from txt2vid_ros.core.process.descriptors import allow_files, DescriptorBudget
from txt2vid_ros.core.storage.last_port import LastPort
from txt2vid_ros.media.output.http_address import cannot_serve, http_url
from txt2vid_ros.web.server.access.connections import ConnectionGuard, Listener
from txt2vid_ros.web.server.access.origins import HostPolicy, OriginPolicy
from txt2vid_ros.web.server.access.tokens import TokenGate
from txt2vid_ros.web.server.application import make_application, MediaService, WebParts
from txt2vid_ros.web.server.call.requests import CallPort
from txt2vid_ros.web.server.events.event_door import ConversationPort
from txt2vid_ros.web.server.events.hub import EventHub
from txt2vid_ros.web.server.figures.counters import ErrorCounters, HttpLogger
from txt2vid_ros.web.server.figures.health import GraphHealth
from txt2vid_ros.web.server.relay import StreamRelay
from txt2vid_ros.web.server.settings import is_loopback, WebSettings

log = logging.getLogger(__name__)

CLOSE_SECONDS = 0.5
"""Seconds that viewers and WebRTC sessions have to end; then they are cut off."""
END_SECONDS, JOIN_SECONDS = 2.0, 1.0
"""Seconds for all that is to end in the loop, and then for the loop itself; what is not through by
then, on a machine too busy for it, ends with the process."""
SPARE_FILES = 300
"""Files that the process needs besides one for each connection."""


class WebServer:
    """Serves from start() to close(); all else may be called from any thread in between."""

    def __init__(self, settings: WebSettings, conversation: ConversationPort,
                 media: Callable[[], MediaService] | None = None,
                 call: CallPort | None = None) -> None:
        """
        Bind the address.

        `media` makes WebRTC, in the loop; `call` is what the page of a call needs. Raises
        UserError.
        """
        self._settings = settings
        self._conversation = conversation
        self._make_media = media
        self._call_port = call
        token, origins, tls = settings.secret(), settings.origins(), settings.tls()
        address = settings.address()
        self._socket = _bound(address, settings)
        if address.port == 0:
            LastPort(settings.port_file).keep(self._socket.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        try:
            ip, port = self._socket.getsockname()[:2]
            settings.check_reach(ip, token)
            counters, budget = ErrorCounters(), DescriptorBudget()
            guard = ConnectionGuard(settings.max_connections, counters.count, budget)
            self.parts = WebParts(
                EventHub(), GraphHealth(),
                StreamRelay(settings.max_viewers, counters.count, guard.hold, budget), counters,
                guard, budget)
            self._tls = tls
            self._hosts = HostPolicy(ip, address.host, settings.hosts())
            self._origins = OriginPolicy(origins, tls is not None)
            self._tokens = TokenGate(token, cookie_name=f'txt2vid_{port}', secure=tls is not None)
        except BaseException:
            self._socket.close()
            self._loop.close()
            raise
        self.host = address.host
        self.needs_token = bool(token)
        self._reached = not is_loopback(ip)
        self.open_to_all = not token and self._reached
        self.url = http_url(ip if ':' in ip or ip == '0.0.0.0' else address.host, port,
                            encrypted=tls is not None)
        """The address to watch at, without a path."""
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name='web', daemon=True)

    @property
    def secure(self) -> bool:
        """Return whether browsers give the microphone to the page: TLS, or this machine alone."""
        return self._tls is not None or not self._reached

    def start(self) -> None:
        """Begin to serve; raises what keeps it from that."""
        allow_files(self._settings.max_connections + SPARE_FILES)
        self._thread.start()
        self._call(self._begin(), None)

    def close(self) -> None:
        """End everything within bounded time; may be called twice."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            with contextlib.suppress(concurrent.futures.TimeoutError):
                self._call(self._end(), END_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(JOIN_SECONDS)
        self._socket.close()
        if not self._thread.is_alive():
            self._loop.close()

    def is_allowed_origin(self, origin: str) -> bool:
        """Return whether the pages of another origin may use the server."""
        return origin.lower() in self._origins.allowed

    def stream_at(self, url: str) -> None:
        """Learn where the node stream serves."""
        def follow() -> None:
            self.parts.relay.url = url
            if self.parts.media is not None:
                self.parts.media.follow(url)

        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(follow)

    def _call(self, work: Coroutine[Any, Any, None], timeout: float | None) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        # What is left after the end was told.
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=CLOSE_SECONDS))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _begin(self) -> None:
        parts = self.parts
        await parts.relay.start()
        if self._make_media is not None:
            parts.media = self._make_media()
            await parts.media.start()
            parts.media.follow(parts.relay.url)
        parts.hub.start()
        application = make_application(
            parts, hosts=self._hosts, origins=self._origins, tokens=self._tokens,
            conversation=self._conversation, most_pages=self._settings.max_viewers,
            call=self._call_port)
        self._runner = web.AppRunner(
            application, access_log=None, logger=cast(logging.Logger, HttpLogger(parts.counters)),
            shutdown_timeout=CLOSE_SECONDS, lingering_time=1.0, handle_signals=False)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        self._listener = Listener(self._socket, parts.guard, server, self._tls)
        self._listener.start()
        self._sweeping = asyncio.create_task(parts.guard.sweep())

    async def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self.parts.hub.close()
        # The sources of the streams, so that those who watch them are through.
        await self.parts.relay.close()
        if self.parts.media is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.parts.media.close(), CLOSE_SECONDS)
        self.parts.guard.close()
        if self._runner is not None:
            await self._runner.cleanup()


def _bound(address: HostPort, settings: WebSettings) -> socket.socket:
    """Return a bound socket, for port 0 on the last one if it is free. Raises UserError."""
    if address.port == 0 and (port := LastPort(settings.port_file).read()):
        with contextlib.suppress(OSError, UnicodeError):
            return _listening(address.host, port)
    try:
        return _listening(address.host, address.port)
    except (OSError, UnicodeError) as error:
        raise cannot_serve('web.http', settings.http, address.port, error) from error


def _listening(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # 127.0.0.1 rather than ::1 for localhost: what most programs try first.
    family, *_, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        # Now rather than when all else is ready: two that bind and do not listen yet would
        # both be let.
        made.listen(1)
    except BaseException:
        made.close()
        raise
    return made
