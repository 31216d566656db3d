"""Many viewers and one microphone at once: none harms another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
import gc
import random
from typing import Any

import aiohttp
from aiortc import AudioStreamTrack, RTCCertificate, RTCSessionDescription
from aiortc.rtcdtlstransport import SRTPProtectionProfile
from face_server import FaceServer
from OpenSSL import crypto, SSL
from peers import connection, loopback, Player, SDP
import pytest
from rig import Rig, until
from txt2vid_ros.bench.web.crowd import watching
from txt2vid_ros.web.rtc.peer.network import Network
from txt2vid_ros.web.rtc.recipient import Recipient

__all__ = ['loopback']


EVERYWHERE = Network(('127.0.0.1', '192.0.2.1'))
"""Of which only the first can be bound here; the other has what peers name tried."""


@pytest.fixture(scope='module')
def face() -> Iterator[FaceServer]:
    with Rig(noise=True) as rig, FaceServer(rig.speech, network=EVERYWHERE) as server:
        server.follow(rig.output.url)
        rig.wait_frames(5)
        yield server
        assert not server.faults


def join(face: FaceServer) -> Player:
    player = Player()
    assert face.call(player.join(face.url)) == 201
    until(lambda: min(player.frames.values()) > 5, 'picture and sound')
    return player


def ice(player: Player) -> Any:
    """Return the connection by which a player is reached."""
    transports = player.connection._RTCPeerConnection__iceTransports  # type: ignore[attr-defined]
    return next(iter(transports))._connection


def test_a_lossy_network_is_made_up_for_and_slows_nobody(
        face: FaceServer, loopback: None) -> None:
    """One viewer loses a packet in ten: what it asks for again comes, and the other sees all."""
    well, badly = join(face), join(face)
    rng, path = random.Random(8), ice(badly)
    whole = path.data_received
    path.data_received = lambda data, component: (
        whole(data, component) if rng.random() > 0.1 else None)
    resent = face.figures()['resent']
    before = dict(well.frames)
    until(lambda: face.figures()['resent'] > resent + 20, 'packets that are sent again')
    frames = badly.frames['video']
    until(lambda: badly.frames['video'] > frames + 25, 'pictures in spite of the losses')
    pictures = face.figures()['pictures']
    until(lambda: face.figures()['pictures'] > pictures + 10, 'more of the stream')
    until(lambda: well.frames['video'] > before['video'] + 35, 'all pictures at the other')
    face.call(well.close())
    face.call(badly.close())


def test_a_viewer_that_hears_nothing_any_more_slows_nobody(
        face: FaceServer, loopback: None) -> None:
    well, deaf = join(face), join(face)
    ice(deaf).data_received = lambda data, component: None
    frames = well.frames['video']
    until(lambda: well.frames['video'] > frames + 50, 'pictures')
    face.call(well.close())
    face.call(deaf.close())
    until(lambda: face.figures()['viewers'] == 0, 'both to be gone')


def test_a_microphone_that_falls_silent_gives_its_place(
        face: FaceServer, loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection lives on; its sound stops in the middle of a word."""
    monkeypatch.setattr('txt2vid_ros.web.rtc.microphone.UNUSED_SECONDS', 1.0)
    monkeypatch.setattr('txt2vid_ros.web.rtc.peer.transport.CHECK_SECONDS', 0.2)
    viewer = join(face)

    async def talk() -> Any:
        peer = connection()
        peer.addTrack(AudioStreamTrack())
        await peer.setLocalDescription(await peer.createOffer())
        async with aiohttp.ClientSession() as client, client.post(
                f'{face.url}/whip', data=peer.localDescription.sdp, headers=SDP) as answer:
            assert answer.status == 201
            await peer.setRemoteDescription(
                RTCSessionDescription(await answer.text(), 'answer'))
        return peer

    peer = face.call(talk())
    until(lambda: face.microphone.seconds > 0.5, 'sound')
    assert face.figures()['talkers'] == 1
    sender = peer.getSenders()[0]
    face.call(sender.stop())
    until(lambda: face.figures()['talkers'] == 0, 'the microphone to be gone')
    frames = viewer.frames['video']
    until(lambda: viewer.frames['video'] > frames + 5, 'the viewer is not disturbed')
    face.call(peer.close())
    face.call(viewer.close())


@pytest.mark.parametrize('cancelled', [False, True])
def test_viewers_of_the_benchmarks_end_their_sessions_however_they_leave(
        face: FaceServer, loopback: None, cancelled: bool) -> None:
    """Or what a benchmark says of the server would be of those who are gone."""
    async def leave() -> float:
        watched: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def visit() -> None:
            async with aiohttp.ClientSession() as client, watching(client, face.url):
                watched.set_result(None)
                await asyncio.sleep(3600 * cancelled)

        visitor = asyncio.ensure_future(visit())
        await watched
        if cancelled:
            visitor.cancel()
        await asyncio.wait([visitor])
        # Told by the viewer, before the server could miss its packets.
        return face.service.figures()['viewers']

    assert face.call(leave()) == 0


class Unreadable(RTCCertificate):
    """A certificate that OpenSSL takes and that cannot be read: X.509 has no such version."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        certificate = crypto.X509.from_cryptography(self._cert)
        certificate.set_version(1)
        certificate.sign(crypto.PKey.from_cryptography_key(self._key), 'sha256')
        context.use_certificate(certificate)
        return context


@pytest.mark.parametrize('port', [0, -5, 65_536])
def test_an_address_without_a_port_that_can_be_is_not_tried(
        face: FaceServer, loopback: None, port: int) -> None:
    player = Player()
    assert face.call(player.join(
        face.url,
        candidate=f'a=candidate:1 1 udp 2147483647 127.0.0.1 {port} typ host')) == 201
    until(lambda: player.frames['video'] > 5, 'pictures')
    face.call(player.close())
    assert not face.faults


@pytest.mark.filterwarnings('ignore:X509.:DeprecationWarning')
@pytest.mark.filterwarnings('ignore:Passing pyOpenSSL:DeprecationWarning')
def test_a_certificate_that_cannot_be_read_ends_that_session_alone(
        face: FaceServer, loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = face.figures()['failed']
    with monkeypatch.context() as odd:
        odd.setattr('aiortc.rtcpeerconnection.RTCCertificate', Unreadable)
        player = Player()
        assert face.call(player.join(face.url)) == 201
    until(lambda: face.figures()['failed'] == failed + 1, 'the session to be given up')
    face.call(player.close())
    assert not face.faults
    well = join(face)
    face.call(well.close())


def test_what_fails_in_reading_a_viewer_is_told_and_ends_that_session_alone(
        face: FaceServer, loopback: None, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    def failing(recipient: Recipient, packet: object) -> None:
        raise LookupError('nobody foresaw it')

    with monkeypatch.context() as faulty:
        faulty.setattr(Recipient, '_answer', failing)
        player = Player()
        assert face.call(player.join(face.url)) == 201
    until(lambda: 'what is read of a peer has ended' in caplog.text, 'the fault to be told')
    until(lambda: face.figures()['viewers'] == 0, 'the viewer to be gone')
    face.call(player.close())
    gc.collect()
    assert not face.faults
