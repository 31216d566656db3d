"""Viewers by WebRTC in a process of their own: python -m txt2vid_ros.bench.web.crowd URL COUNT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
import contextlib
import sys
from urllib.parse import urljoin

import aiohttp
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole

WATCHING = 'watching'
"""What is printed as soon as all viewers see pictures."""
PICTURE_SECONDS = 30.0
LEAVING = aiohttp.ClientTimeout(total=5.0)
"""For telling the server that a viewer leaves."""


@contextlib.asynccontextmanager
async def watching(client: aiohttp.ClientSession, url: str) -> AsyncIterator[str]:
    """
    Watch with the first picture seen; gives the address of the session.

    However it ends, the peer is closed and the server is told. Raises aiohttp.ClientError,
    asyncio.TimeoutError.
    """
    peer, sink, session = RTCPeerConnection(), MediaBlackhole(), ''
    seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @peer.on('track')
    async def take(track: MediaStreamTrack) -> None:
        if track.kind == 'video':
            await track.recv()
            if not seen.done():
                seen.set_result(None)
        sink.addTrack(track)
        await sink.start()

    try:
        for kind in ('video', 'audio'):
            peer.addTransceiver(kind, direction='recvonly')
        await peer.setLocalDescription(await peer.createOffer())
        async with client.post(f'{url}/whep', data=peer.localDescription.sdp,
                               headers={'Content-Type': 'application/sdp'}) as answer:
            answer.raise_for_status()
            session = urljoin(url, answer.headers['Location'])
            await peer.setRemoteDescription(RTCSessionDescription(await answer.text(), 'answer'))
        await asyncio.wait_for(seen, PICTURE_SECONDS)
        yield session
    finally:
        await sink.stop()
        await peer.close()
        if session:
            # Where the server has been killed there is nobody to be told.
            with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError):
                async with client.delete(session, timeout=LEAVING):
                    pass


async def _crowd(url: str, count: int) -> None:
    async with aiohttp.ClientSession() as client, contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(watching(client, url))
        print(WATCHING, flush=True)
        # Until the parent closes the pipe.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == '__main__':
    asyncio.run(_crowd(sys.argv[1], int(sys.argv[2])))
