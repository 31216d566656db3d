"""
Viewers who come and go, in a process of their own, one who stays and one who never reads.

Run as python -m txt2vid_ros.bench.soak.crowd URL SECONDS; the seconds are from one to the next.
Prints a line of JSON for each that has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import contextlib
import itertools
import json
import socket
import sys
from urllib.parse import urlsplit

import aiohttp
from txt2vid_ros.bench.rig.priority import give_way

STAY_SECONDS = 3.0
GIVEN_UP_SECONDS = 30.0
MOST = 20
"""Viewers at a time."""
NARROW = 4096
"""Bytes that the one who never reads lets the system hold."""

Visit = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


async def _stream(client: aiohttp.ClientSession, url: str, path: str) -> None:
    """Watch a stream for a while and leave without a word."""
    async with client.get(url + path) as answer:
        answer.raise_for_status()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(_drain(answer), STAY_SECONDS)


async def _drain(answer: aiohttp.ClientResponse) -> None:
    async for _ in answer.content.iter_any():
        pass


async def _page(client: aiohttp.ClientSession, url: str) -> None:
    """Do what the page of a browser does, its WebSocket included."""
    async with client.get(url + '/') as answer:
        answer.raise_for_status()
        await answer.read()
    async with client.ws_connect(url + '/events') as events:
        async def listen() -> None:
            async for _ in events:
                pass

        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(listen(), STAY_SECONDS)


async def _whep(client: aiohttp.ClientSession, url: str) -> None:
    """Watch by WebRTC until the first picture and a while more."""
    # Not where nobody watches by WebRTC: it takes 60 MB.
    from txt2vid_ros.bench.web.crowd import watching
    async with watching(client, url):
        await asyncio.sleep(STAY_SECONDS)


VISITS: Mapping[str, Visit] = {
    'live.ts': lambda client, url: _stream(client, url, '/live.ts'),
    'page': _page,
    'live.mp4': lambda client, url: _stream(client, url, '/live.mp4'),
    'live.ts again': lambda client, url: _stream(client, url, '/live.ts'),
    'whep': _whep}


async def _visit(kind: str, url: str) -> None:
    # A connection of its own each: that is what a viewer is.
    told = {'viewer': kind, 'ok': True, 'error': ''}
    try:
        async with aiohttp.ClientSession() as client:
            await asyncio.wait_for(VISITS[kind](client, url), GIVEN_UP_SECONDS)
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
        told.update(ok=False, error=f'{type(error).__name__}: {error}'[:200])
    print(json.dumps(told), flush=True)


async def _deaf(url: str) -> None:
    """Ask for the stream and never read it; ask again after GIVEN_UP_SECONDS, dropped or not."""
    parts = urlsplit(url)
    while True:
        with socket.socket() as handle, contextlib.suppress(OSError):
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
            handle.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(handle, (parts.hostname, parts.port))
            await loop.sock_sendall(handle, b'GET /live.ts HTTP/1.1\r\nHost: '
                                    + parts.netloc.encode() + b'\r\n\r\n')
            await asyncio.sleep(GIVEN_UP_SECONDS)
        await asyncio.sleep(1.0)


async def _stays(url: str) -> None:
    """Watch /live.mp4 for as long as there is one, and again."""
    while True:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(
                    total=None, sock_read=GIVEN_UP_SECONDS)) as client, client.get(
                    url + '/live.mp4') as answer:
                await _drain(answer)
        await asyncio.sleep(1.0)


async def crowd(url: str, every: float) -> None:
    """Have a viewer come every so many seconds, until the input ends."""
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    always = [asyncio.create_task(each(url)) for each in (_deaf, _stays)]
    inside: set[asyncio.Task[None]] = set()
    for kind in itertools.cycle(VISITS):
        await asyncio.wait([over], timeout=every)
        if over.done():
            break
        if len(inside) < MOST:
            visit = asyncio.create_task(_visit(kind, url))
            inside.add(visit)
            visit.add_done_callback(inside.discard)
    for task in (*always, *inside):
        task.cancel()
    await asyncio.gather(*always, *inside, return_exceptions=True)


if __name__ == '__main__':
    # Viewers are on machines of their own.
    give_way()
    asyncio.run(crowd(sys.argv[1], float(sys.argv[2])))
