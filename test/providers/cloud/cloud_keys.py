"""Keys as the services hand them out, made for one test run; and the fakes' own certificate."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
from pathlib import Path
import time

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()


class ServiceAccount:
    """The JSON key file of a service account, and the check that Google makes of its tokens."""

    def __init__(self, folder: Path, name: str = 'key') -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self.id = f'{name}-id'
        self.private = self._key.private_bytes(PEM, PKCS8, OPEN).decode()
        self.file = folder / f'{name}.json'
        self.file.write_text(json.dumps(self.content()))
        self.file.chmod(0o600)

    def content(self) -> dict[str, str]:
        return {'type': 'service_account', 'project_id': 'test', 'private_key_id': self.id,
                'private_key': self.private, 'client_id': '1',
                'client_email': 'voice@test.iam.gserviceaccount.com',
                'token_uri': 'https://oauth2.googleapis.com/token'}

    def signed(self, token: str) -> bool:
        """Return whether the token was signed with this key and is valid now."""
        head, claims, signature = token.split('.')
        try:
            self._key.public_key().verify(
                _decoded(signature), f'{head}.{claims}'.encode(), padding.PKCS1v15(),
                hashes.SHA256())
        except InvalidSignature:
            return False
        said = json.loads(_decoded(claims))
        return (json.loads(_decoded(head))['kid'] == self.id
                and said['iat'] - 60 <= time.time() < said['exp'])


class Certificate:
    """A certificate for this machine, which is its own authority."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'fake cloud')])
        now = datetime.datetime.now(datetime.timezone.utc)
        address = x509.IPAddress(ipaddress.ip_address('127.0.0.1'))
        signed = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                  .public_key(key.public_key()).serial_number(1)
                  .not_valid_before(now - datetime.timedelta(days=1))
                  .not_valid_after(now + datetime.timedelta(days=1))
                  .add_extension(x509.SubjectAlternativeName([address]), critical=False)
                  .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                  .sign(key, hashes.SHA256()))
        self.certificate = signed.public_bytes(PEM)
        self.key = key.private_bytes(PEM, PKCS8, OPEN)
        self.file = folder / 'fake_cloud.pem'
        self.file.write_bytes(self.certificate)
        self.chain = folder / 'fake_cloud_chain.pem'
        """The certificate with its key."""
        self.chain.write_bytes(self.certificate + self.key)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
