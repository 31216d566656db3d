"""/call/face takes a face whose owner has agreed, keeps it from others, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import http.client
from pathlib import Path
import socket
import stat
import threading

from call_rig import CallServer
import pytest
from txt2vid_ros.web.server.call.face_door import MOST_BYTES
from txt2vid_ros.web.server.call.own_face import kind_of

JPEG = b'\xff\xd8\xff\xe0' + bytes(200)
WEBM = b'\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08' \
    b'\x42\x82\x84webm' + bytes(200)
MP4 = b'\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41' + bytes(200)
PNG = b'\x89PNG\r\n\x1a\n' + bytes(200)
AGREED = {'X-Face-Consent': 'agreed'}
TIMEOUT = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CallServer]:
    with CallServer(tmp_path / 'faces' / 'mine') as running:
        yield running


def ask(server: CallServer, method: str = 'POST', body: object = JPEG, **headers: str
        ) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.url.partition('//')[2], timeout=TIMEOUT)
    try:
        connection.request(method, '/call/face', body, {  # type: ignore[arg-type]
            **AGREED, **{name.replace('_', '-'): value for name, value in headers.items()}},
            encode_chunked='Transfer_Encoding' in headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def kept(server: CallServer) -> list[Path]:
    folder = server.call.own_face_folder
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize(('body', 'suffix'), [
    (JPEG, '.jpg'), (PNG, '.png'), (WEBM, '.webm'), (MP4, '.mp4')])
def test_a_face_is_kept_for_its_owner_alone(server: CallServer, body: bytes, suffix: str) -> None:
    assert ask(server, body=body, Content_Type='text/html') == (204, '')
    file, = kept(server)
    assert file.suffix == suffix
    assert file.read_bytes() == body
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert server.call.shared == [file]


def test_the_last_one_counts_and_is_gone_when_it_is_given_up(server: CallServer) -> None:
    assert ask(server)[0] == ask(server, body=WEBM)[0] == 204
    file, = kept(server)
    assert file.suffix == '.webm'
    assert ask(server, 'DELETE', None) == (204, '')
    assert kept(server) == []
    assert server.call.shared[-1] is None


def refused(server: CallServer) -> bool:
    return kept(server) == [] and server.call.shared == []


@pytest.mark.parametrize('consent', ['', 'no', 'AGREED'])
def test_nothing_is_kept_without_consent(server: CallServer, consent: str) -> None:
    status, words = ask(server, X_Face_Consent=consent)
    assert status == 403
    assert 'agree' in words
    assert refused(server)


@pytest.mark.parametrize('body', [
    b'', b'\xff\xd8', b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>' * 3,
    b'#EXTM3U\nfile:///etc/passwd\n' * 9, b'GIF89a' + bytes(100), b'ffconcat version 1.0\n' * 9,
    b'\0\0\0\x18ftypheic' + bytes(100), b'RIFF\0\0\0\0WEBPVP8 ' + bytes(99), bytes(5000),
    # Matroska, which is EBML, too.
    WEBM.replace(b'\x84webm', b'\x88matroska'), b'x' + JPEG])
def test_what_is_no_picture_and_no_clip_is_refused(server: CallServer, body: bytes) -> None:
    status, words = ask(server, body=body, Content_Type='image/jpeg')
    assert status == 415
    assert 'JPEG' in words
    assert refused(server)


def test_a_large_one_is_refused_before_it_is_read(server: CallServer) -> None:
    address = server.url.partition('//')[2]
    with socket.create_connection(address.split(':'), TIMEOUT) as connection:
        connection.sendall(f'POST /call/face HTTP/1.1\r\nHost: {address}\r\n'
                           f'X-Face-Consent: agreed\r\nContent-Length: {MOST_BYTES + 1}\r\n\r\n'
                           .encode())
        assert connection.recv(12) == b'HTTP/1.1 413'
    assert server.server.parts.counters.figures()['too_large'] == 1
    assert refused(server)


def test_one_that_does_not_say_its_size_is_given_up_at_the_bound(server: CallServer) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield JPEG
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    with contextlib.suppress(OSError):  # the server has gone while it was sent
        assert ask(server, body=endless(), Transfer_Encoding='chunked')[0] == 413
    # What comes after the bound is thrown away, for a second; then the server hangs up.
    assert sent > MOST_BYTES - (1 << 17)
    assert refused(server)


def test_one_that_comes_too_slowly_is_given_up(
        server: CallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.server.call.face_door.UPLOAD_SECONDS', 0.2)
    begun, over = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield JPEG
        begun.set()
        over.wait(TIMEOUT)

    def busy() -> None:
        with contextlib.suppress(OSError):
            ask(server, body=slow(), Transfer_Encoding='chunked')

    waiting = threading.Thread(target=busy)
    waiting.start()
    assert begun.wait(TIMEOUT)
    address = server.url.partition('//')[2]
    with socket.create_connection(address.split(':'), TIMEOUT) as connection:
        connection.sendall(f'POST /call/face HTTP/1.1\r\nHost: {address}\r\nX-Face-Consent: '
                           'agreed\r\nContent-Length: 999\r\n\r\n'.encode())
        assert connection.recv(12) in (b'HTTP/1.1 408', b'HTTP/1.1 409')
    over.set()
    waiting.join(TIMEOUT)
    # Whoever comes after is served.
    assert ask(server)[0] == 204


@pytest.mark.parametrize('headers', [
    {'Origin': 'https://evil.example'}, {'Origin': 'null'}, {'Host': 'evil.example'}])
@pytest.mark.parametrize('method', ['POST', 'DELETE'])
def test_pages_of_others_share_nothing(server: CallServer, method: str, headers: dict[str, str]
                                       ) -> None:
    assert ask(server, method, **headers)[0] == 403
    assert ask(server, 'OPTIONS', None, **headers)[0] == 403
    assert refused(server)


def test_a_token_is_asked_for_where_there_is_one(tmp_path: Path) -> None:
    token = 'a-token-of-some-length'
    with CallServer(tmp_path / 'faces', token=token) as server:
        assert ask(server)[0] == 401
        assert ask(server, 'DELETE', None)[0] == 401
        assert refused(server)
        assert ask(server, Authorization=f'Bearer {token}')[0] == 204


def test_without_a_call_nothing_is_taken(server: CallServer) -> None:
    server.call.there = False
    assert ask(server)[0] == 404
    assert refused(server)


def test_a_folder_that_cannot_be_written_is_said(server: CallServer) -> None:
    server.call.own_face_folder.parent.write_text('a file in place of the folder')
    status, words = ask(server)
    assert status == 507
    assert 'cannot be kept' in words
    assert server.call.shared == []


def test_one_page_may_ask_for_the_camera(server: CallServer) -> None:
    for path, camera in (('/', '()'), ('/call', '(self)'), ('/embed', '()')):
        connection = http.client.HTTPConnection(server.url.partition('//')[2], timeout=TIMEOUT)
        connection.request('GET', path)
        answer = connection.getresponse()
        assert answer.status == 200
        assert f'camera={camera}' in answer.headers['Permissions-Policy']
        assert 'unsafe' not in answer.headers['Content-Security-Policy']
        connection.close()


def test_kinds_are_told_by_their_first_bytes() -> None:
    assert [kind.suffix for kind in map(kind_of, (JPEG, PNG, WEBM, MP4)) if kind] == [
        '.jpg', '.png', '.webm', '.mp4']
