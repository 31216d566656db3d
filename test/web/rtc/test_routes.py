"""WHEP and WHIP at the door: what is answered to whom, and to what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import contextlib
import random
import socket

import aiohttp
from face_server import FaceServer
from multidict import CIMultiDictProxy
from peers import loopback, offer, Player
import pylibsrtp
import pytest
from rig import until
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.rtc.errors import BusyError, OfferError
from txt2vid_ros.web.rtc.peer.network import IceServer, local_addresses, Network, own_address

__all__ = ['loopback']

SERVERS = (IceServer('stun:127.0.0.1:9'), IceServer('turn:127.0.0.1:9', 'me', 'secret'))


@pytest.fixture(scope='module')
def server() -> Iterator[FaceServer]:
    with FaceServer(SpeechTimeline(), most_viewers=3) as server:
        yield server
        assert not server.faults


@pytest.fixture
def watching(server: FaceServer, loopback: None) -> str:
    return server.call(offer(('video', 'audio'), 'recvonly'))


@pytest.fixture
def talking(server: FaceServer, loopback: None) -> str:
    return server.call(offer(('audio',), 'sendonly'))


Answer = tuple[int, CIMultiDictProxy[str], str]


def ask(server: FaceServer, method: str, path: str, body: str | bytes = '',
        **headers: str) -> Answer:
    """Return status, headers and text."""
    async def request() -> Answer:
        named = {name.replace('_', '-'): value for name, value in headers.items()}
        async with aiohttp.ClientSession() as client, client.request(
                method, server.url + path, data=body, headers=named) as answer:
            return answer.status, answer.headers, await answer.text()
    return server.call(request())


def post(server: FaceServer, path: str, body: str | bytes) -> Answer:
    return ask(server, 'POST', path, body, Content_Type='application/sdp')


def end(server: FaceServer, answer: Answer) -> None:
    assert ask(server, 'DELETE', answer[1]['Location'])[0] == 200


def test_an_offer_is_answered_whole(server: FaceServer, watching: str) -> None:
    """Everything is in one answer: candidates, one bundle, one stream of picture and sound."""
    answer = post(server, '/whep', watching)
    status, headers, text = answer
    assert (status, headers['Content-Type']) == (201, 'application/sdp')
    assert headers['Accept-Patch'] == 'application/trickle-ice-sdpfrag'
    assert headers['ETag'] and headers['Location'].startswith('/whep/')
    assert 'Access-Control-Allow-Origin' not in headers
    lines = text.split('\r\n')
    assert lines.count('a=sendonly') == 2 and lines.count('a=setup:active') == 2
    assert 'a=end-of-candidates' in lines
    candidates = [line.split()[4] for line in lines if line.startswith('a=candidate')]
    assert set(candidates) == {'127.0.0.1'}, 'only this machine is served'
    assert len({line.split()[0] for line in lines if line.startswith('a=msid:')}) == 1
    end(server, answer)
    assert ask(server, 'DELETE', headers['Location'])[0] == 404


@pytest.mark.parametrize('kind', ['video', 'audio'])
def test_who_wants_only_one_gets_one(server: FaceServer, loopback: None, kind: str) -> None:
    answer = post(server, '/whep', server.call(offer((kind,), 'recvonly')))
    assert answer[0] == 201 and answer[2].count('m=') == 1
    end(server, answer)


def test_a_microphone_is_taken_and_its_video_is_not(
        server: FaceServer, loopback: None) -> None:
    answer = post(server, '/whip', server.call(offer(('video', 'audio'), 'sendonly')))
    assert answer[0] == 201
    assert 'm=video 0 ' in answer[2] and 'a=recvonly' in answer[2]
    assert answer[1]['Location'].startswith('/whip/')
    end(server, answer)


def test_one_microphone_at_a_time(server: FaceServer, talking: str) -> None:
    first = post(server, '/whip', talking)
    status, headers, text = post(server, '/whip', talking)
    assert (status, text) == (409, 'Another microphone speaks.\n')
    assert headers['Retry-After']
    end(server, first)
    end(server, post(server, '/whip', talking))


def test_viewers_are_bounded_even_when_all_come_at_once(
        server: FaceServer, watching: str) -> None:
    answers = [post(server, '/whep', watching) for _ in range(5)]
    assert [each[0] for each in answers] == [201] * 3 + [503] * 2
    for each in answers[:3]:
        end(server, each)


REFUSED = {
    'no SDP': ('/whep', 'hello', 400),
    'nothing': ('/whep', '', 400),
    'no text': ('/whep', b'\xff\xfe v=0', 400),
    'too long': ('/whep', 'v=0\r\n' + 'a=x\r\n' * 20_000, 413),
    'no media': ('/whep', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 400),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_no_offer_is_refused_in_one_line(server: FaceServer, name: str) -> None:
    path, body, wanted = REFUSED[name]
    status, _, text = post(server, path, body)
    assert status == wanted
    assert text.count('\n') == 1 and 'Traceback' not in text


CHANGES = {
    'no H.264': ('/whep', 'H264', 'VP8', 406),
    'no fragmentation': ('/whep', 'packetization-mode=1', 'packetization-mode=0', 406),
    'no Opus': ('/whep', 'opus', 'PCMU', 406),
    'no fingerprint': ('/whep', 'a=fingerprint', 'a=nothing', 400),
    'no password': ('/whep', 'a=ice-pwd', 'a=nothing', 400),
    'sends itself': ('/whep', 'a=recvonly', 'a=sendonly', 422),
    'no secure profile': ('/whep', 'UDP/TLS/RTP/SAVPF', 'RTP/AVP', 406),
    'a microphone that listens': ('/whip', 'a=recvonly', 'a=recvonly', 422),
}


@pytest.mark.parametrize('name', CHANGES)
def test_an_offer_that_cannot_be_taken_says_why(
        server: FaceServer, watching: str, name: str) -> None:
    path, old, new, wanted = CHANGES[name]
    assert old in watching
    status, _, text = post(server, path, watching.replace(old, new))
    assert status == wanted, text
    assert text.count('\n') == 1


def test_video_only_is_no_microphone(server: FaceServer, loopback: None) -> None:
    status, _, text = post(server, '/whip', server.call(offer(('video',), 'sendonly')))
    assert (status, text) == (422, 'The offer has no audio that is sendonly or sendrecv.\n')


def test_other_content_is_not_read(server: FaceServer, watching: str) -> None:
    assert ask(server, 'POST', '/whep', watching, Content_Type='text/plain')[0] == 415


def test_candidates_may_follow_and_restarts_may_not(server: FaceServer, watching: str) -> None:
    answer = post(server, '/whep', watching)
    place, kind = answer[1]['Location'], 'application/trickle-ice-sdpfrag'
    name = next(line for line in watching.splitlines() if line.startswith('a=ice-ufrag'))
    body = f'{name}\r\na=candidate:1 1 UDP 1 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n'
    until(lambda: ask(server, 'PATCH', place, body, Content_Type=kind)[0] == 204)
    assert ask(server, 'PATCH', place, body.replace(name, 'a=ice-ufrag:other'),
               Content_Type=kind)[0] == 422
    assert ask(server, 'PATCH', place, 'a=candidate:x', Content_Type=kind)[0] == 400
    assert ask(server, 'PATCH', place, body, Content_Type='text/plain')[0] == 415
    assert ask(server, 'PATCH', place, body, Content_Type=kind, If_Match='"other"')[0] == 412
    end(server, answer)
    assert ask(server, 'PATCH', place, body, Content_Type=kind)[0] == 404


def test_pages_of_others_need_leave(server: FaceServer) -> None:
    for origin, allowed in (('http://allowed.example', True), ('http://evil.example', False)):
        status, headers, _ = ask(server, 'OPTIONS', '/whep', Origin=origin,
                                 Access_Control_Request_Method='POST')
        assert status == 204 and headers['Accept-Post'] == 'application/sdp'
        assert (headers.get('Access-Control-Allow-Origin') == origin) == allowed


def test_a_peer_that_never_comes_leaves_nothing_behind(
        server: FaceServer, watching: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.rtc.peer.transport.CONNECT_SECONDS', 0.3)
    failed = server.figures()['failed']
    assert post(server, '/whep', watching)[0] == 201
    until(lambda: server.figures()['failed'] > failed and server.figures()['viewers'] == 0)


def test_a_viewer_that_vanishes_is_noticed(
        server: FaceServer, loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.rtc.peer.transport.SILENT_SECONDS', 2.0)
    monkeypatch.setattr('txt2vid_ros.web.rtc.peer.transport.CHECK_SECONDS', 0.2)
    player = Player()
    assert server.call(player.join(server.url)) == 201
    until(lambda: player.connection.connectionState == 'connected')
    # It neither sends nor answers any more.
    for each in player.connection._RTCPeerConnection__iceTransports:
        for protocol in each._connection._protocols:
            server.thread.loop.call_soon_threadsafe(protocol.transport.close)
    until(lambda: server.figures()['viewers'] == 0)
    server.call(player.close())


def test_a_viewer_that_closes_is_gone_at_once(server: FaceServer, loopback: None) -> None:
    player = Player()
    assert server.call(player.join(server.url)) == 201
    until(lambda: player.frames['audio'] > 10)
    server.call(player.close())
    until(lambda: server.figures()['viewers'] == 0)


def test_garbage_on_the_port_disturbs_nobody(server: FaceServer, loopback: None) -> None:
    player = Player(('audio',))
    assert server.call(player.join(server.url)) == 201
    until(lambda: player.frames['audio'] > 10)
    before = server.figures()['invalid']
    pairs = next(iter(player.connection._RTCPeerConnection__iceTransports))._connection._nominated
    rng = random.Random(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(('127.0.0.1', 0))
        for _ in range(300):
            head = rng.choice([b'', b'\x00\x01\x00\x08\x21\x12\xa4\x42', b'\x16', b'\x80\xc8'])
            stranger.sendto(head + rng.randbytes(rng.randint(0, 60)), pairs[1].remote_addr)
        stranger.sendto(b'', pairs[1].remote_addr)
    until(lambda: server.figures()['invalid'] > before)
    frames = player.frames['audio']
    until(lambda: player.frames['audio'] > frames + 10)
    server.call(player.close())


def test_a_peer_may_report_and_send_anything(server: FaceServer, loopback: None) -> None:
    """What is encrypted as it has to be, and is garbage within."""
    player = Player(('audio',))
    assert server.call(player.join(server.url)) == 201
    until(lambda: player.frames['audio'] > 10)
    path = player.connection.getTransceivers()[0].receiver.transport
    rng = random.Random(6)

    async def send() -> None:
        for _ in range(300):
            kind = rng.choice([200, 201, 202, 203, 205, 206, 207])
            body = rng.randbytes(4 * rng.randint(1, 20))
            length = rng.choice([len(body) // 4, rng.randint(0, 40)])
            head = bytes([0x80 | rng.randint(0, 31) | rng.choice([0, 0x20]), kind, 0, length])
            media = bytes([rng.choice([0x80, 0x9F, 0xB0]), rng.randint(0, 191)])
            for packet in (head + body, media + rng.randbytes(10 + rng.randint(0, 60))):
                # Its own encryption refuses the worst.
                with contextlib.suppress(pylibsrtp.Error):
                    await path._send_rtp(packet)
    before = server.figures()['invalid']
    server.call(send())
    until(lambda: server.figures()['invalid'] > before + 50)
    frames = player.frames['audio']
    until(lambda: player.frames['audio'] > frames + 10)
    server.call(player.close())


NAMES = ('mid', 'fmtp', 'rtpmap', 'setup', 'group', 'ssrc', 'rtcp', 'extmap', 'candidate',
         'fingerprint', 'msid')
VALUES = ('', ':', ': ', ':1', ':a b', ':96 x', ':1 1 1 1 1 1 1 1')
Change = Callable[[str, list[str], random.Random], list[str]]
LINE_CHANGES: tuple[Change, ...] = (
    lambda line, lines, rng: [],
    lambda line, lines, rng: [line, line],
    lambda line, lines, rng: [line[:rng.randint(0, len(line))]],
    lambda line, lines, rng: [rng.choice(lines)],
    lambda line, lines, rng: [line.replace(rng.choice(line or ' '),
                                           rng.choice(':= /;,\0\n9\u2028ä'), 1)],
    lambda line, lines, rng: [f'{line}{rng.randint(-10, 10 ** 30)}'],
    lambda line, lines, rng: [f'a={rng.choice(NAMES)}{rng.choice(VALUES)}'])


def mutated(text: str, rng: random.Random) -> str:
    """Return an offer with a few lines lost, doubled, cut, swapped or scrambled."""
    lines = text.split('\r\n')
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        lines[at:at + 1] = rng.choice(LINE_CHANGES)(lines[at], lines, rng) or ['']
    return '\r\n'.join(lines)


def test_no_offer_breaks_the_service(server: FaceServer, watching: str) -> None:
    """Each of 400 damaged offers is answered or refused with a status, and leaves nothing."""
    rng = random.Random(14)

    async def each(text: str, talk: bool) -> int:
        service = server.service
        try:
            session = await (service.talk if talk else service.watch)(text)
        except (OfferError, BusyError) as error:
            assert '\n' not in error.problem
            return error.status
        assert session.answer.startswith('v=0\r\n')
        assert await service.end(session.id)
        return 201

    sendonly = watching.replace('recvonly', 'sendonly')
    found = {server.call(each(mutated(sendonly if talk else watching, rng), talk))
             for talk in (False, True) for _ in range(200)}
    assert found <= {201, 400, 406, 422} and {201, 400} <= found
    figures = server.figures()
    assert figures['viewers'] == figures['talkers'] == 0


def test_addresses_are_those_that_are_served(loopback: None) -> None:
    assert local_addresses('127.0.0.1', 'web.http') == ('127.0.0.1',)
    assert local_addresses('0.0.0.0', 'web.http') == ('127.0.0.1',)
    assert not Network().reaches('127.0.0.1', False), 'nothing is tried that a stranger names'
    assert Network(('192.0.2.1',)).reaches('192.0.2.7', False)
    assert not Network(('192.0.2.1',)).reaches('x.local', False)


@pytest.mark.skipif(not own_address(), reason='this machine has no network')
def test_who_tries_no_loopback_address_watches_on_this_machine(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """As Firefox, which pairs only its addresses on the network."""
    monkeypatch.setattr('aioice.ice.get_host_addresses',
                        lambda use_ipv4, use_ipv6: list(own_address()))
    network = Network(own=own_address())
    player = Player(('audio',))
    with FaceServer(SpeechTimeline(), network=network) as server:
        assert server.call(player.join(server.url, beside='127.')) == 201
        until(lambda: player.frames['audio'] > 10)
        server.call(player.close())
    assert network.answers('127.0.0.1') and network.answers(own_address()[0])
    assert not network.answers('198.51.100.7'), 'another machine'


def test_a_public_address_and_servers_are_told(loopback: None) -> None:
    with FaceServer(SpeechTimeline(), network=Network(
            ('127.0.0.1',), '203.0.113.5', SERVERS)) as server:
        headers, text = post(server, '/whep', server.call(offer(('video',), 'recvonly')))[1:]
    assert '203.0.113.5' in text and '127.0.0.1' in text
    assert headers.getall('Link') == [
        '<stun:127.0.0.1:9>; rel="ice-server"',
        '<turn:127.0.0.1:9>; rel="ice-server"; username="me"; credential="secret"; '
        'credential-type="password"']
