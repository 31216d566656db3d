"""
Authenticated encryption of datagrams with few bytes of overhead.

AES-256-CCM (RFC 3610, NIST SP 800-38C). CCM because its tag may be truncated: it is an encrypted
CBC-MAC, a pseudo-random function, so a tag of n bytes is forged with probability 2**-8n a try and
no more, which is why radio standards use it with 4. Truncated tags of GCM or Poly1305 have no such
bound. With the default of 4 bytes, a flood of 10,000 forgeries a second hits once in 5 days on
average.

Nonces are never sent: a session's keys come from both ends' random numbers (HKDF, RFC 5869), one
key for each direction, so what the two ends seal never shares a key and a nonce. Within a
direction the nonce is the frame type, whether an acknowledgement rides, and the full 64-bit
counter, of which the low 8 bits travel. Each nonce is used for one plaintext only: speech that is
sent again is the same bytes, except that an acknowledgement rides on its first copy alone. The
handshake that sets a session up uses a key of its own, 96 random bits a message and tags of 8
bytes.
"""

from __future__ import annotations

import dataclasses
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
RANDOM_BYTES = 12
HANDSHAKE_TAG_BYTES = 8
HANDSHAKE_OVERHEAD_BYTES = 1 + RANDOM_BYTES + HANDSHAKE_TAG_BYTES
"""What a handshake message holds besides its body."""
TAG_SIZES = (4, 6, 8, 10, 12, 14, 16)
_NONCE_BYTES = 13


class ForgedError(ValueError):
    """The tag does not verify: the datagram is damaged, forged, or sealed with another key."""


def _derive(secret: bytes, salt: bytes, purpose: str, length: int) -> bytes:
    info = f'txt2vid link 2 {purpose}'.encode()
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class Seal:
    """Seals and opens the datagrams of one direction, with one key."""

    def __init__(self, key: bytes, tag_bytes: int) -> None:
        """Use a tag of `tag_bytes`, one of TAG_SIZES."""
        self._cipher = AESCCM(key, tag_length=tag_bytes)
        self.overhead = tag_bytes

    def seal(self, kind: int, counter: int, head: bytes, plain: bytes) -> bytes:
        """Return `head` in clear, then `plain` encrypted, then a tag over both."""
        return head + self._cipher.encrypt(_nonce(kind, counter), plain, head)

    def open(self, kind: int, counter: int, head: bytes, sealed: bytes) -> bytes:  # noqa: A003
        """Return the plaintext of what came after `head`. Raises ForgedError."""
        try:
            return self._cipher.decrypt(_nonce(kind, counter), sealed, head)
        except (InvalidTag, ValueError) as error:
            raise ForgedError('the tag does not verify') from error


def _nonce(kind: int, counter: int) -> bytes:
    return bytes([kind]) + counter.to_bytes(_NONCE_BYTES - 1, 'big')


@dataclasses.dataclass(frozen=True)
class SessionKeys:
    """What an end derives from the random numbers of both."""

    outgoing: Seal
    incoming: Seal
    """With another key than `outgoing`: the other end's outgoing one."""
    tag: int
    """0 to 3: tells most datagrams of other sessions apart without trying the key."""


def session_keys(secret: bytes, initiator: bytes, responder: bytes, tag_bytes: int,
                 initiates: bool) -> SessionKeys:
    """
    Derive a session from the pre-shared key and the random numbers of both ends.

    `initiates` is whether these are the keys of the end that sent the HELLO.
    """
    data = _derive(secret, initiator + responder, 'session', 2 * KEY_BYTES + 1)
    forward = Seal(data[:KEY_BYTES], tag_bytes)
    back = Seal(data[KEY_BYTES:2 * KEY_BYTES], tag_bytes)
    outgoing, incoming = (forward, back) if initiates else (back, forward)
    return SessionKeys(outgoing, incoming, data[-1] & 3)


class HandshakeSeal:
    """Seals and opens handshake messages, which come before there is a session."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key of the handshake from the pre-shared one."""
        self._cipher = AESCCM(_derive(secret, b'', 'greeting', KEY_BYTES),
                              tag_length=HANDSHAKE_TAG_BYTES)

    def seal(self, frame_type: int, head: bytes, plain: bytes,
             bound_to: bytes = b'') -> tuple[bytes, bytes]:
        """Return a message and its random number; `bound_to` is authenticated, not sent."""
        random = secrets.token_bytes(RANDOM_BYTES)
        sealed = self._cipher.encrypt(bytes([frame_type]) + random, plain, head + bound_to)
        return head + random + sealed, random

    def open(self, frame_type: int, head: bytes, rest: bytes,  # noqa: A003
             bound_to: bytes = b'') -> tuple[bytes, bytes]:
        """Return the plaintext and random number of a message. Raises ForgedError."""
        random, sealed = rest[:RANDOM_BYTES], rest[RANDOM_BYTES:]
        if len(random) < RANDOM_BYTES:
            raise ForgedError('the handshake message is cut short')
        try:
            nonce = bytes([frame_type]) + random
            return self._cipher.decrypt(nonce, sealed, head + bound_to), random
        except (InvalidTag, ValueError) as error:
            raise ForgedError('the tag does not verify') from error
