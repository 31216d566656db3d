"""What the web server is told: its address, who may reach it, its limits."""

from __future__ import annotations

import dataclasses
import ipaddress
from pathlib import Path
import re
import ssl
from urllib.parse import urlsplit

from txt2vid_ros.core.address import HostPort, parse_address, shown_address
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.key_file import read_key_file

SHORTEST_TOKEN = 16
"""Characters: with fewer, guessing might succeed in spite of the limit on attempts."""
HOW_TO_MAKE_A_TOKEN = ('Make one: (umask 077; python3 -c "import secrets; '
                       'print(secrets.token_urlsafe(24))" > FILE)')
_TOKEN = re.compile(r'[A-Za-z0-9._~+/=-]+')  # token68 of RFC 9110, which a Bearer may have


@dataclasses.dataclass(frozen=True)
class WebSettings:
    """The parameters of the web server, unchecked."""

    http: str = '127.0.0.1:8080'
    token: str = ''
    token_file: str = ''
    insecure: bool = False
    tls_cert: str = ''
    tls_key: str = ''
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    max_viewers: int = 50
    max_connections: int = 400
    port_file: Path | None = None
    """Where the port is kept that the system has found for port 0."""

    def address(self) -> HostPort:
        """Return the address to serve on. Raises UserError."""
        return parse_address(
            self.http, 'web.http', 'Write HOST:PORT, for example 127.0.0.1:8080, or off for none.',
            default_host='127.0.0.1', any_port=True)

    def secret(self) -> str:
        """Return the token that is asked for, '' for none. Raises UserError."""
        if self.token and self.token_file:
            raise UserError('web.token and web.token_file are both set', 'Keep one of them.')
        token, where = self.token, 'web.token'
        if self.token_file:
            where = f'web.token_file: {self.token_file}'
            content = read_key_file(Path(self.token_file).expanduser(), 'web.token_file',
                                    HOW_TO_MAKE_A_TOKEN)
            token = content.decode('ascii', 'replace').strip()
            if not token:
                raise UserError(f'{where} is empty', HOW_TO_MAKE_A_TOKEN)
        if token and not _TOKEN.fullmatch(token):
            raise UserError(f'{where} has characters that no token may have',
                            'Use letters, digits and . _ ~ + / = -')
        if token and len(token) < SHORTEST_TOKEN:
            raise UserError(f'{where} has {len(token)} characters, and {SHORTEST_TOKEN} are the '
                            'least', HOW_TO_MAKE_A_TOKEN)
        return token

    def origins(self) -> frozenset[str]:
        """Return the origins whose pages may use the server besides its own. Raises UserError."""
        for origin in self.allowed_origins:
            try:
                parts = urlsplit(origin)
                good = (parts.scheme in ('http', 'https') and bool(parts.hostname)
                        and origin == f'{parts.scheme}://{parts.netloc}'
                        and not re.search(r'[\s;,@*]', origin) and (parts.port or 1) > 0)
            except ValueError:
                good = False
            if not good:
                raise UserError(f'web.allowed_origins: {shown_address(origin)!r} is no origin',
                                'Write SCHEME://HOST or SCHEME://HOST:PORT without a slash at '
                                'the end, for example https://example.org.')
        return frozenset(origin.lower() for origin in self.allowed_origins)

    def hosts(self) -> frozenset[str]:
        """Return the names under which the server may be addressed besides its address."""
        return frozenset(host.lower().strip('[]') for host in self.allowed_hosts)

    def tls(self) -> ssl.SSLContext | None:
        """Return what encrypts connections, None where they are not. Raises UserError."""
        if not (self.tls_cert or self.tls_key):
            return None
        if not self.tls_cert:
            raise UserError('web.tls_key is set, and web.tls_cert is not',
                            'Name the file of the certificate (PEM) too.')
        cert = Path(self.tls_cert).expanduser()
        key = Path(self.tls_key).expanduser() if self.tls_key else cert
        for name, file in (('tls_cert', cert), ('tls_key', key)):
            _readable(f'web.{name}', file)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # With a password of its own, it would ask for one at the terminal.
            context.load_cert_chain(cert, key, password='')
        except (ssl.SSLError, ValueError) as error:
            raise UserError(f'web.tls_cert and web.tls_key: {cert} and {key} cannot be used '
                            f'together: {_tls_problem(error)}',
                            'Both have to be PEM: a certificate and its key, without a password.'
                            ) from None
        context.set_alpn_protocols(['http/1.1'])
        return context

    def check_reach(self, ip: str, token: str) -> None:
        """Raise UserError where other machines would get in that nobody has let in."""
        if not (is_loopback(ip) or token or self.insecure):
            raise UserError(
                f'web.http: {self.http} can be reached from other machines, and there is no token',
                'Set web.token_file (or web.token) to a secret that viewers have to give, or '
                'web.insecure to true where everybody may watch and speak. '
                + HOW_TO_MAKE_A_TOKEN)


def is_loopback(ip: str) -> bool:
    """Return whether only this machine reaches an IP address."""
    address = ipaddress.ip_address(ip.partition('%')[0])
    mapped = getattr(address, 'ipv4_mapped', None)
    return bool((mapped or address).is_loopback)


def _readable(parameter: str, file: Path) -> None:
    try:
        with file.open('rb') as opened:
            opened.read(1)
    except OSError as error:
        raise UserError(f'{parameter}: {file} cannot be read: {error.strerror}',
                        'Name a PEM file that belongs to the user who runs this.') from None


def _tls_problem(error: ssl.SSLError | ValueError) -> str:
    reason = getattr(error, 'reason', None) or str(error)
    known = {'KEY_VALUES_MISMATCH': 'the key belongs to another certificate',
             'NO_START_LINE': 'there is no certificate or no key in them',
             'PEM_LIB': 'one of them is not PEM, or not the one that is meant'}
    found = str(reason).replace(' ', '_').upper()
    return next((words for name, words in known.items() if name in found),
                str(reason).replace('_', ' ').lower() or 'they are no certificate and key')
