"""What the server is told wrongly is said in one line, before anybody can connect."""

from __future__ import annotations

from collections.abc import Iterator
import datetime
import http.client
from pathlib import Path
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest
from txt2vid_ros.core.errors import UserError
from web_rig import FakeStream, gone, until, Web

TOKEN = 'a-secret-that-is-long-enough'


def certificate(folder: Path, name: str = 'face', password: bytes = b'') -> dict[str, str]:
    """Write a certificate for this machine and its key; return them as settings."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'localhost')])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(1))
            .not_valid_after(now + datetime.timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost')]), False)
            .sign(key, hashes.SHA256()))
    files = {'tls_cert': folder / f'{name}.pem', 'tls_key': folder / f'{name}.key'}
    files['tls_cert'].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files['tls_key'].write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password) if password
        else serialization.NoEncryption()))
    return {each: str(file) for each, file in files.items()}


@pytest.mark.parametrize(('settings', 'said'), [
    ({'http': '0.0.0.0:0'}, r'web\.http: 0\.0\.0\.0:0 can be reached from other machines, and '
     r'there is no token\. Set web\.token_file .* or web\.insecure'),
    ({'http': '[::]:0'}, 'can be reached from other machines'),
    ({'http': 'here'}, r"web\.http: 'here' is not HOST:PORT"),
    ({'http': 'no.such.host.invalid:0'}, r'web\.http: cannot listen on no\.such'),
    ({'http': '192.0.2.1:0'}, r'web\.http: cannot listen on 192\.0\.2\.1:0'),
    ({'token': 'short'}, r'web\.token has 5 characters, and 16 are the least'),
    ({'token': 'with spaces and so on'}, r'web\.token has characters that no token may have'),
    ({'token': TOKEN, 'token_file': 'x'}, r'web\.token and web\.token_file are both set'),
    ({'token_file': '/nowhere/token'}, r'web\.token_file: there is no file /nowhere/token\. Make'),
    ({'tls_key': 'x.key'}, r'web\.tls_key is set, and web\.tls_cert is not'),
    ({'tls_cert': '/nowhere/x.pem'}, r'web\.tls_cert: /nowhere/x\.pem cannot be read'),
    *(({'allowed_origins': (origin,)}, r'web\.allowed_origins: .* is no origin')
      for origin in ('*', 'example.org', 'https://example.org/', 'https://a b', 'null',
                     "https://x;script-src 'unsafe-inline'", 'https://x:99999'))])
def test_what_is_wrong_is_said(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        Web(**settings)
    assert '\n' not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_port_in_use_is_said(web: Web) -> None:
    with pytest.raises(UserError, match=r'the port is in use\. Choose another HOST:PORT'):
        Web(http=f'127.0.0.1:{web.port}')


def test_everybody_is_let_in_only_on_purpose(stream: FakeStream) -> None:
    for settings in ({'insecure': True}, {'token': TOKEN}):
        with Web(stream, http='0.0.0.0:0', **settings) as web:
            assert web.ask('/status.json').status == (200 if 'insecure' in settings else 401)
            assert web.server.open_to_all == ('insecure' in settings)
            assert not web.server.secure


def test_a_token_file_is_its_owner_s(tmp_path: Path) -> None:
    file = tmp_path / 'token'
    file.write_text(f'{TOKEN}\n')
    file.chmod(0o644)
    with pytest.raises(UserError, match=r'can be read by others .* chmod 600'):
        Web(token_file=str(file))
    file.chmod(0o600)
    with Web(token_file=str(file)) as web:
        assert web.ask('/metrics', Authorization=f'Bearer {TOKEN}').status == 200
    file.write_text('')
    with pytest.raises(UserError, match='is empty'):
        Web(token_file=str(file))


def test_certificates_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    one, other = certificate(tmp_path, 'one'), certificate(tmp_path, 'other')
    secret = certificate(tmp_path, 'secret', b'password')
    text = tmp_path / 'text.pem'
    text.write_text('hello')
    for settings, said in (
            ({**one, 'tls_key': other['tls_key']}, 'the key belongs to another certificate'),
            ({'tls_cert': str(text), 'tls_key': str(text)}, 'PEM'),
            ({'tls_cert': one['tls_cert']}, 'PEM'), (secret, 'without a password'),
            ({'tls_cert': str(tmp_path)}, 'cannot be read: Is a directory')):
        with pytest.raises(UserError, match=said):
            Web(**settings)


@pytest.fixture(scope='module')
def encrypted(stream: FakeStream, tmp_path_factory: pytest.TempPathFactory
              ) -> Iterator[tuple[Web, ssl.SSLContext]]:
    files = certificate(tmp_path_factory.mktemp('tls'))
    with Web(stream, token=TOKEN, **files) as web:
        yield web, ssl.create_default_context(cafile=files['tls_cert'])


def test_it_is_served_over_tls(encrypted: tuple[Web, ssl.SSLContext]) -> None:
    web, context = encrypted
    assert web.server.url.startswith('https://')
    assert web.server.secure
    connection = http.client.HTTPSConnection('localhost', web.port, context=context, timeout=30)
    connection.request('GET', f'/?token={TOKEN}')
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers['Set-Cookie']
    assert cookie.startswith('__Host-')
    assert '; Secure' in cookie
    connection.request('GET', f'/embed?token={TOKEN}')
    answer = connection.getresponse()
    answer.read()
    # A page in a frame of another site has a cookie of its own there.
    assert answer.headers['Set-Cookie'].endswith('; Secure; SameSite=None; Partitioned')
    connection.request('GET', '/live.ts', headers={'Cookie': cookie.partition(';')[0]})
    assert connection.getresponse().read(1000)
    connection.close()
    # Of an encrypted server, an origin that is not is another one.
    connection.request('GET', '/', headers={'Origin': f'http://localhost:{web.port}'})
    assert connection.getresponse().status == 403
    connection.close()


def test_who_speaks_no_tls_is_sent_away(
        encrypted: tuple[Web, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    web, _ = encrypted
    plain = web.connect()
    plain.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert gone(plain)
    monkeypatch.setattr('txt2vid_ros.web.server.access.connections.HANDSHAKE_SECONDS', 0.3)
    silent = web.connect()
    assert gone(silent)
    until(lambda: len(web.server.parts.guard) == 0, 'the end of both')


def test_the_address_is_free_again_at_once(stream: FakeStream) -> None:
    with Web(stream) as first:
        viewer = first.watch()
        port = first.port
    assert gone(viewer)
    with Web(stream, http=f'127.0.0.1:{port}') as second:
        assert second.ask('/status.json').status == 200
    held = len(list(Path('/proc/self/fd').iterdir()))
    for _ in range(3):
        with Web(stream, http=f'127.0.0.1:{port}') as again:
            assert again.ask('/status.json').status == 200
    until(lambda: len(list(Path('/proc/self/fd').iterdir())) <= held, 'files to be closed')
    with socket.socket() as probe, pytest.raises(ConnectionError):
        probe.connect(('127.0.0.1', port))


def test_port_0_is_the_port_of_the_last_time_where_that_is_free(tmp_path: Path) -> None:
    file = tmp_path / 'state' / 'port'
    with Web(port_file=file) as first:
        with Web(port_file=file) as beside:
            assert beside.port != first.port
        # The one that was found last is free again, and asked for.
        with Web(port_file=file) as again:
            assert again.port == beside.port
    file.write_text('99999\n')
    with Web(port_file=file) as other:
        assert other.ask('/healthz').status in (200, 503)
    file.unlink()
    file.mkdir()
    with Web(port_file=file) as unwritable:
        assert unwritable.ask('/healthz').status in (200, 503)
