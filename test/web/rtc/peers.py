"""Peers of another make than ours: aiortc's own peer connection as player and as microphone."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
import pytest

SDP = {'Content-Type': 'application/sdp'}


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have aioice use the loopback interface alone, which it leaves out."""
    monkeypatch.setattr('aioice.ice.get_host_addresses', lambda use_ipv4, use_ipv6: ['127.0.0.1'])


def connection() -> RTCPeerConnection:
    """Return a peer connection without a server on the internet."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def count(track: MediaStreamTrack, frames: dict[str, int]) -> None:
    """Count the frames of a track, by its kind, until it ends."""
    while True:
        try:
            await track.recv()
        except MediaStreamError:
            return
        frames[track.kind] += 1


class Player:
    """Watches over WHEP and counts the frames it decodes."""

    def __init__(self, kinds: tuple[str, ...] = ('video', 'audio')) -> None:
        self.frames = dict.fromkeys(kinds, 0)
        self.place = ''
        self._tasks: list[asyncio.Future[None]] = []

    async def join(self, url: str, beside: str = '', candidate: str = '') -> int:
        """
        Return the status of the answer; of its addresses, none that begins so is tried.

        `candidate`: an address that is offered besides.
        """
        self.connection = connection()
        for kind in self.frames:
            self.connection.addTransceiver(kind, direction='recvonly')
        self.connection.on('track', self._begin)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offered = self.connection.localDescription.sdp
        if candidate:
            offered = offered.replace('a=candidate', f'{candidate}\r\na=candidate', 1)
        async with aiohttp.ClientSession() as client, client.post(
                f'{url}/whep', data=offered, headers=SDP) as answer:
            if answer.status == 201:
                self.place = url + answer.headers['Location']
                lines = (await answer.text()).splitlines(keepends=True)
                await self.connection.setRemoteDescription(RTCSessionDescription(''.join(
                    line for line in lines if not beside or f' {beside}' not in line
                    or not line.startswith('a=candidate')), 'answer'))
            return answer.status

    def _begin(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(count(track, self.frames)))

    async def close(self) -> None:
        await self.connection.close()
        await asyncio.gather(*self._tasks)


async def offer(kinds: tuple[str, ...], direction: str) -> str:
    """Return an offer of aiortc's, whose connection is closed."""
    peer = connection()
    for kind in kinds:
        peer.addTransceiver(kind, direction=direction)
    await peer.setLocalDescription(await peer.createOffer())
    text: Any = peer.localDescription.sdp
    await peer.close()
    return str(text)
