"""Resemble's synthesis and account servers on this machine, over HTTP, speaking for real."""

from __future__ import annotations

import base64
import json
import struct
import time
from typing import Any

from fake_voices import pcm, spoken
from local_server import LocalServer
from trouble import Trouble, Troubles
from troubled_handler import TroubledHandler

PIECE = 3001
VOICES = {'Grace': 'aaaa1111', 'Hugo': 'bbbb2222', 'Hannah': 'cccc3333'}


class FakeResemble:
    """Both servers on one port; `address` is for the options endpoint and account."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.expired = False
        self.streaming = True
        self.length = 0xFFFFFFFF
        """What the header says of the length of the samples; None for the truth."""
        self.troubles = Troubles()
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.sent_at: list[float] = []
        """When the first sound of each clause was sent, time.perf_counter()."""
        self.connections = 0
        self.pages = 2
        fake = self

        class Handler(_Handler):
            cloud = fake
            troubles = fake.troubles

        self._server = LocalServer(Handler)
        self.address = self._server.address
        self.close = self._server.close


class _Handler(TroubledHandler):
    cloud: FakeResemble

    def setup(self) -> None:
        super().setup()
        self.cloud.connections += 1

    def do_GET(self) -> None:  # noqa: N802
        if not self._admitted(f'Token token={self.cloud.key}', 'authorization'):
            return
        number = int(self.path.partition('page=')[2].partition('&')[0])
        names = sorted(VOICES)[number - 1::self.cloud.pages]
        self.whole(200, json.dumps({
            'success': True, 'page': number, 'num_pages': self.cloud.pages,
            'items': [{'name': name, 'uuid': VOICES[name]} for name in names]}).encode())

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.body())
        self.cloud.requests.append((self.path, {name.lower(): value for name, value
                                                in self.headers.items()}, body))
        streams = self.path == '/stream'
        if not self._admitted(self.cloud.key if streams else f'Bearer {self.cloud.key}',
                              'x-access-token' if streams else 'authorization'):
            return
        if streams and not self.cloud.streaming:
            self.whole(400, b'{"message": "Streaming is not available for this account"}')
            return
        if body['voice_uuid'] not in VOICES.values():
            self.whole(404, b'{"message": "Voice could not be found"}')
            return
        trouble = self.cloud.troubles.next()
        if trouble.delay and self.gone(trouble.delay):
            return
        if trouble.error is not None and not trouble.after:
            self.whole(trouble.error, trouble.says.encode())
            return
        data = pcm(spoken(body['data'], body['sample_rate']))
        if streams:
            self._stream(self._wav(data, body['sample_rate']) if trouble.body is None
                         else trouble.body, trouble)
        else:
            self.cloud.sent_at.append(time.perf_counter())
            self.whole(200, json.dumps({'success': True, 'audio_content': base64.b64encode(
                self._wav(data, body['sample_rate'])).decode()}).encode()
                if trouble.body is None else trouble.body)

    def _admitted(self, wanted: str, header: str) -> bool:
        if self.cloud.expired:
            self.whole(401, b'{"message": "Token has expired"}')
        elif self.headers.get(header) != wanted:
            self.whole(401, b'{"message": "Unauthorized"}')
        else:
            return True
        return False

    def _wav(self, data: bytes, rate: int) -> bytes:
        """Return a file as the service sends it, with the times of the sounds before them."""
        times = b'\x01\x00\x00\x00' + bytes(24) + b'\x07'
        length = len(data) if self.cloud.length is None else self.cloud.length
        return b''.join([
            b'RIFF', struct.pack('<I', min(0xFFFFFFFF, length)), b'WAVE',
            b'fmt ', struct.pack('<IHHIIHH', 16, 1, 1, rate, 2 * rate, 2, 16),
            b'cue ', struct.pack('<I', len(times)), times, b'\x00',
            b'data', struct.pack('<I', length), data,
            # Behind samples of a known length there may be more, and it is no sound.
            b'LIST\x04\x00\x00\x00abcd' if self.cloud.length is None else b''])

    def _stream(self, data: bytes, trouble: Trouble) -> None:
        # The first piece ends within the header.
        ends = [20, *range(20 + PIECE, len(data), PIECE), len(data)]
        self.stream(data, ends, trouble, {}, self._sending)

    def _sending(self, number: int) -> None:
        if number == 1:
            self.cloud.sent_at.append(time.perf_counter())
