"""Viewers by WebRTC in a process of their own: python -m txt2vid_ros.bench.web.crowd URL COUNT."""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import urljoin

import aiohttp
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole

WATCHING = 'watching'
"""What is printed as soon as all viewers see pictures."""


async def watch(client: aiohttp.ClientSession, url: str) -> tuple[RTCPeerConnection, str]:
    """Return a viewer that has its first picture, and the address of its session."""
    peer = RTCPeerConnection()
    sink = MediaBlackhole()
    seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @peer.on('track')
    async def take(track: MediaStreamTrack) -> None:
        if track.kind == 'video':
            await track.recv()
            seen.set_result(None)
        sink.addTrack(track)
        await sink.start()

    for kind in ('video', 'audio'):
        peer.addTransceiver(kind, direction='recvonly')
    await peer.setLocalDescription(await peer.createOffer())
    async with client.post(f'{url}/whep', data=peer.localDescription.sdp,
                           headers={'Content-Type': 'application/sdp'}) as answer:
        answer.raise_for_status()
        await peer.setRemoteDescription(RTCSessionDescription(await answer.text(), 'answer'))
        session = urljoin(url, answer.headers['Location'])
    await asyncio.wait_for(seen, 30)
    return peer, session


async def _crowd(url: str, count: int) -> None:
    async with aiohttp.ClientSession() as client:
        watching = [await watch(client, url) for _ in range(count)]
        print(WATCHING, flush=True)
        # Until the parent closes the pipe.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for peer, session in watching:
            async with client.delete(session):
                await peer.close()


if __name__ == '__main__':
    asyncio.run(_crowd(sys.argv[1], int(sys.argv[2])))
