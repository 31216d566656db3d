"""The face is pushed to a WHIP server of another make, which may refuse, go away and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web
from aiortc import RTCSessionDescription
from face_server import FaceServer
from peers import connection, count, loopback
import pytest
from rig import Rig, until
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import SystemClock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.web.rtc.push import endpoint, TOKEN_VARIABLE, WhipPush

__all__ = ['loopback']


class Ingest:
    """A WHIP server that counts what it decodes."""

    def __init__(self) -> None:
        self.frames = {'video': 0, 'audio': 0}
        self.tokens: list[str | None] = []
        self.deleted: list[str] = []
        self.refusal = 0
        self.port = 0
        self._peers: list[object] = []

    async def start(self) -> None:
        app = web.Application()
        app.add_routes([web.post('/live/face', self._post),
                        web.delete('/sessions/{id}', self._delete)])
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, '127.0.0.1', self.port).start()
        self.port = self._runner.addresses[0][1]

    async def _post(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get('Authorization'))
        if self.refusal:
            return web.Response(status=self.refusal)
        peer = connection()
        self._peers.append(peer)
        peer.on('track', lambda track: asyncio.ensure_future(count(track, self.frames)))
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), 'offer'))
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(status=201, body=peer.localDescription.sdp.encode(),
                            content_type='application/sdp',
                            headers={'Location': f'/sessions/{len(self._peers)}'})

    async def _delete(self, request: web.Request) -> web.Response:
        self.deleted.append(request.match_info['id'])
        return web.Response()

    async def drop(self) -> None:
        """Leave the peers, as a server does that is stopped."""
        peers, self._peers = self._peers, []
        for peer in peers:
            await peer.close()  # type: ignore[attr-defined]

    async def stop(self) -> None:
        await self.drop()
        await self._runner.cleanup()


@pytest.fixture(scope='module')
def face() -> Iterator[FaceServer]:
    with Rig() as rig, FaceServer(rig.speech) as server:
        server.follow(rig.output.url)
        rig.wait_frames(5)
        yield server
        assert not server.faults


@pytest.fixture
def ingest(face: FaceServer, loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingest]:
    monkeypatch.setattr('txt2vid_ros.web.rtc.push.BACKOFF', Backoff(first=0.05, largest=0.1))
    ingest = Ingest()
    face.call(ingest.start())
    yield ingest
    face.call(ingest.stop())


def pushing(face: FaceServer, ingest: Ingest) -> tuple[WhipPush, list[str]]:
    reports: list[str] = []

    async def begin() -> WhipPush:
        push = WhipPush(f'whip://127.0.0.1:{ingest.port}/live/face?key=1', face.service,
                        SystemClock(), reports.append)
        push.start()
        return push
    return face.call(begin()), reports


def test_the_face_is_pushed_and_comes_back_after_the_server(
        face: FaceServer, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, 'secret')
    push, reports = pushing(face, ingest)
    until(lambda: min(ingest.frames.values()) > 10, 'picture and sound')
    assert push.connected and face.figures()['pushes'] == 1
    assert ingest.tokens == ['Bearer secret']
    face.call(ingest.drop())
    frames = ingest.frames['video']
    until(lambda: ingest.frames['video'] > frames + 10, 'pictures again')
    face.call(push.close())
    assert ingest.deleted and face.figures()['pushes'] == 0
    assert not reports


def test_a_server_that_refuses_is_given_up_with_its_reason(
        face: FaceServer, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    ingest.refusal = 401
    push, reports = pushing(face, ingest)
    until(lambda: bool(reports), 'the report')
    assert ingest.tokens == [None] * 10
    assert '401' in reports[0] and TOKEN_VARIABLE in reports[0] and 'key=1' not in reports[0]
    face.call(push.close())


def test_a_server_that_is_not_there_is_given_up(face: FaceServer, ingest: Ingest) -> None:
    face.call(ingest.stop())
    push, reports = pushing(face, ingest)
    until(lambda: bool(reports), 'the report')
    face.call(push.close())
    face.call(ingest.start())


def test_addresses_are_those_of_whip() -> None:
    assert endpoint('whips://sfu.example/a?b=c') == 'https://sfu.example/a?b=c'
    for url in ('http://sfu.example/a', 'whip:///a', 'whip'):
        with pytest.raises(UserError):
            endpoint(url)
