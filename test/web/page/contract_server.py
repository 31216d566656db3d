"""
A server that speaks what the page relies on, and does what a test tells it to.

WHEP and WHIP by aiortc, /live.mp4 from a stream that runs elsewhere, and /events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
import fractions
import json
import pathlib
import threading
import time
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
import av
import numpy as np
import txt2vid_ros
from txt2vid_ros.web.server.pages import read_files

PAGE = pathlib.Path(txt2vid_ros.__file__).parent / 'web/page'
POLICY = ("default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
          "form-action 'none'")
HELLO: dict[str, Any] = {
    'type': 'hello', 'version': 1, 'speakers': [{'id': 'default', 'name': 'default'}],
    'speaker': 'default', 'can': {'say': True, 'talk': True, 'secure': True}, 'synthetic': True,
    'ice_servers': []}
GONE = 599
PATIENCE = 30.0


class Pattern(MediaStreamTrack):
    """A picture whose brightness changes, or a tone: both in real time."""

    def __init__(self, kind: str, fps: int = 8) -> None:
        super().__init__()
        self.kind = kind
        self._fps = fps
        self._count = 0
        self._begun = time.monotonic()

    async def recv(self) -> av.VideoFrame | av.AudioFrame:
        seconds = self._count / self._fps if self.kind == 'video' else self._count * 0.02
        self._count += 1
        await asyncio.sleep(max(0.0, self._begun + seconds - time.monotonic()))
        if self.kind == 'video':
            picture = np.full((120, 160, 3), 90 + self._count % 2 * 60, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format='rgb24')
            frame.pts, frame.time_base = int(seconds * 90000), fractions.Fraction(1, 90000)
            return frame
        samples = np.arange(960) + 960 * self._count
        tone = (3000 * np.sin(samples * 2 * np.pi * 440 / 48000)).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(tone[None], format='s16', layout='mono')
        sound.sample_rate, sound.pts = 48000, int(seconds * 48000)
        sound.time_base = fractions.Fraction(1, 48000)
        return sound


class ContractServer:
    """Runs in a thread of its own; use as a context manager. Attributes may be set at any time."""

    def __init__(self, stream: str = '', tracks: Callable[[str], MediaStreamTrack] = Pattern
                 ) -> None:
        """`stream`: the address of a server that has /live.mp4 and /status.json."""
        self.stream = stream
        self.hello = dict(HELLO)
        self.refuse: dict[str, int] = {}
        """Path: the HTTP status with which a POST to it is refused; GONE hangs up instead."""
        self.reachable = True
        """Whether the candidates of an answer lead anywhere."""
        self.received: list[dict[str, Any]] = []
        """What a viewer asked for."""
        self.loudest = 0.0
        """Of all samples that came by WHIP."""
        self.sessions: dict[str, RTCPeerConnection] = {}
        self._tracks = tracks
        self._sockets: set[web.WebSocketResponse] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True,
                                        name='contract server')
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> ContractServer:
        self._thread.start()
        self.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    def begin(self) -> None:
        """Serve, at the same port as before."""
        self._do(self._open())

    def close(self) -> None:
        """Go away, as a server that is killed."""
        self._do(self._close())

    def say(self, **message: Any) -> None:
        """Send a message to every page."""
        self.send(json.dumps(message))

    def send(self, text: str) -> None:
        """Send a frame to every page, whatever it says."""
        self._do(self._say(text))

    @property
    def viewers(self) -> int:
        return len(self._sockets)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_get('/', self._index)
        app.router.add_static('/static', PAGE)
        app.router.add_get('/embed', self._index)
        app.router.add_get('/events', self._events)
        app.router.add_get('/live.mp4', self._proxy)
        app.router.add_get('/status.json', self._proxy)
        app.router.add_post('/whep', self._whep)
        app.router.add_post('/whip', self._whip)
        app.router.add_delete('/session/{name}', self._end)
        app.on_response_prepare.append(self._headers)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, '127.0.0.1', self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        for peer in list(self.sessions.values()):
            await peer.close()
        self.sessions.clear()
        for socket in list(self._sockets):
            await socket.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        for task in self._tasks:
            task.cancel()

    async def _headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers['Content-Security-Policy'] = POLICY
        response.headers['Cache-Control'] = 'no-store'

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=read_files()['index.html'].content, content_type='text/html')

    async def _say(self, text: str) -> None:
        for socket in list(self._sockets):
            await socket.send_str(text)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=16384)
        await socket.prepare(request)
        await socket.send_json(self.hello)
        self._sockets.add(socket)
        try:
            async for message in socket:
                content = message.json()
                if content['type'] == 'ping':
                    await socket.send_json({'type': 'pong', 'sent': content['sent'],
                                            'now': str(time.time_ns())})
                elif content['type'] != 'measured':
                    # What a page measures comes whenever it likes, and asks for nothing.
                    self.received.append(content)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _proxy(self, request: web.Request) -> web.StreamResponse:
        if status := self.refuse.get(request.path):
            return web.Response(status=status, text='refused')
        async with aiohttp.ClientSession() as session, session.get(
                self.stream + request.path) as answer:
            response = web.StreamResponse(headers={'Content-Type': answer.content_type})
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
        return response

    async def _whep(self, request: web.Request) -> web.Response:
        return await self._session(request, lambda peer: [
            peer.addTrack(self._tracks(kind)) for kind in ('video', 'audio')])

    async def _whip(self, request: web.Request) -> web.Response:
        return await self._session(request, lambda peer: peer.on('track', self._hear))

    async def _session(self, request: web.Request,
                       prepare: Callable[[RTCPeerConnection], object]) -> web.Response:
        offer = await request.text()
        if status := self.refuse.get(request.path):
            if status == GONE and request.transport:
                request.transport.abort()
            return web.Response(status=status, text='refused')
        peer = RTCPeerConnection()
        prepare(peer)
        await peer.setRemoteDescription(RTCSessionDescription(offer, 'offer'))
        await peer.setLocalDescription(await peer.createAnswer())
        name = f'{len(self.sessions)}-{id(peer)}'
        self.sessions[name] = peer
        answer = peer.localDescription.sdp
        if not self.reachable:
            answer = ''.join(line for line in answer.splitlines(keepends=True)
                             if not line.startswith('a=candidate'))
            await peer.close()
        return web.Response(status=201, text=answer, content_type='application/sdp',
                            headers={'Location': f'/session/{name}'})

    async def _end(self, request: web.Request) -> web.Response:
        peer = self.sessions.pop(request.match_info['name'], None)
        if peer is None:
            return web.Response(status=404)
        await peer.close()
        return web.Response()

    def _hear(self, track: MediaStreamTrack) -> None:
        async def read() -> None:
            while True:
                frame = await track.recv()
                loud = float(np.abs(frame.to_ndarray().astype(np.float32)).max()) / 32768
                self.loudest = max(self.loudest, loud)

        task = self._loop.create_task(read())
        self._tasks.add(task)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
