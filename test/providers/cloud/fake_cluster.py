"""
The replicas of a cluster without Ray: what they answer with, behind an HTTP server, good or bad.

Serve's proxy is like it in what matters here: it streams, and cancels what nobody waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

from aiohttp import web
from txt2vid_ros.cluster.speech_service import SpeechService


class FakeCluster:
    """Serves at a free port until it is closed; `mode` says how."""

    def __init__(self, path: str, service: SpeechService[Any]) -> None:
        self.mode = 'well'
        """Or 'busy', 'lost', 'cut' after the first message, 'garbage', 'silent'."""
        self.asked = 0
        self.connections: set[Any] = set()
        self._path, self._service = path, service
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._up.wait(60)

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        self._service.threads.close()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application(client_max_size=1 << 24)
        application.router.add_post(self._path, self._answer)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, '127.0.0.1', 0)
        await site.start()
        self.address = '127.0.0.1:{}'.format(*site._server.sockets[0].getsockname()[1:])
        self._up.set()
        await self._over.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.connections.add(request.transport.get_extra_info('peername'))
        if self.mode in ('busy', 'lost'):
            return web.Response(status=503 if self.mode == 'busy' else 500)
        response = web.StreamResponse()
        await response.prepare(request)
        if self.mode == 'silent':
            await self._over.wait()
        if self.mode == 'garbage':
            await response.write(b'<html>' * 100)
            return response
        async with contextlib.aclosing(self._service.answer(await request.read())) as parts:
            async for part in parts:
                await response.write(part)
                if self.mode == 'cut':
                    request.transport.abort()
                    break
        return response
