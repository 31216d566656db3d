"""The pre-shared key: generated once, kept in a file or the environment, never in a parameter."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
import hashlib
import hmac
import os
import pathlib
import secrets

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.storage.key_file import read_key_file
from txt2vid_ros.link.protocol.seal import KEY_BYTES

VARIABLE = 'TXT2VID_LINK_KEY'
NO_KEY = bytes(KEY_BYTES)
"""Used where no key is wanted: the tags then only detect damage."""


def generate(path: pathlib.Path) -> None:
    """Write a new random key to `path`, readable by its owner only. Raises UserError."""
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b'\n'
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UserError(f'{path} exists already', 'Name another file, or remove it first'
                        ) from error
    except OSError as error:
        raise UserError(f'{path} cannot be written: {error.strerror}', 'Name another file'
                        ) from error
    with os.fdopen(descriptor, 'wb') as file:
        file.write(text)


def find(path: str, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the key in the file `path`, else the environment's, else None. Raises UserError."""
    if path:
        return read(pathlib.Path(path))
    text = environment.get(VARIABLE, '')
    return _decode(text, f'the environment variable {VARIABLE}') if text else None


def read(path: pathlib.Path) -> bytes:
    """Return the key in `path`. Raises UserError where others than its owner may read it."""
    content = read_key_file(path, 'key_file', f'Generate one with: txt2vid link keygen {path}')
    return _decode(content.decode('ascii', 'replace'), f'key_file: {path}')


def fingerprint(key: bytes) -> str:
    """
    Return the identity that a key stands for, 32 hexadecimal digits, which do not give it away.

    '' for NO_KEY, which anybody has.
    """
    if key == NO_KEY:
        return ''
    return hmac.digest(key, b'txt2vid_ros identity 1', hashlib.sha256)[:16].hex()


def _decode(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b''
    if len(key) != KEY_BYTES:
        raise UserError(f'{source} holds no key', 'Generate one with: txt2vid link keygen FILE')
    return key


def require(key: bytes | None, loopback: bool, insecure: bool) -> bytes:
    """Return the key to use; none is needed on loopback or where `insecure`. Raises UserError."""
    if key is not None:
        return key
    if loopback or insecure:
        return NO_KEY
    raise UserError('key_file: a link beyond this machine needs a key',
                    'Generate one with: txt2vid link keygen FILE, copy it to both machines and '
                    'name it in key_file; or set insecure:=true')
