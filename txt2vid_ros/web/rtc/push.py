"""Sends the face to a server that serves it to many: a WHIP client (RFC 9725)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import contextlib
import logging
import os
import socket
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiortc import RTCCertificate
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from txt2vid_ros.core.address import shown_url, without_secrets
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.web.rtc.errors import OfferError
from txt2vid_ros.web.rtc.peer.network import Network
from txt2vid_ros.web.rtc.peer.transport import PeerTransport
from txt2vid_ros.web.rtc.recipient import Recipient, track_formats
from txt2vid_ros.web.rtc.sdp.answers import offer_to_send
from txt2vid_ros.web.rtc.sdp.offers import (
    DEFAULT_PROFILE,
    LARGEST_OFFER,
    OfferedMedia,
    read_answer,
)
from txt2vid_ros.web.rtc.service import RtcService
from txt2vid_ros.web.tasks import cancelled, watched

log = logging.getLogger(__name__)

TOKEN_VARIABLE = 'TXT2VID_WHIP_TOKEN'
"""Environment variable with the bearer token; a token in the URL's query stays there."""
SCHEMES = {'whip': 'http', 'whips': 'https'}
ATTEMPTS = 10
"""Failures in a row after which a server is given up."""
STEADY_SECONDS = 10.0
BACKOFF = Backoff(first=0.5, largest=10.0)
ANSWER_SECONDS = 10.0
_PROTOCOL = 'UDP/TLS/RTP/SAVPF'


def endpoint(url: str) -> str:
    """Return the HTTP URL of whip://HOST/PATH or whips://HOST/PATH. Raises UserError."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # What is in brackets is no address, or the port is no number.
        valid = False
    if not valid:
        raise UserError(f'push: {shown_url(url)!r} is no WHIP address',
                        'Write whip://HOST:PORT/PATH, or whips:// for https.')
    return parts._replace(scheme=SCHEMES[parts.scheme]).geturl()


class WhipPush:
    """Keeps the face at one server, again and again with a growing pause while that fails."""

    def __init__(self, url: str, service: RtcService, clock: Clock,
                 report: Callable[[str], None]) -> None:
        """
        Take a whip:// or whips:// URL; `report` gets one line when it is given up.

        Raises UserError for another URL.
        """
        self._endpoint = endpoint(url)
        self.name = shown_url(url)
        self.connected = False
        self._service = service
        self._clock = clock
        self._report = report
        self._certificate = RTCCertificate.generateCertificate()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.ensure_future(self._run())
        watched(self._task, f'pushing to {self.name}')

    async def close(self) -> None:
        """End it, and tell the server."""
        await cancelled(self._task)

    async def _run(self) -> None:
        with self._service.feed.needed():
            await self._push()

    async def _push(self) -> None:
        policy = RestartPolicy(ATTEMPTS, STEADY_SECONDS, BACKOFF)
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await self._once()
                fault = 'the server has ended it'
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError) as error:
                fault = without_secrets(str(error), self._endpoint) or 'it does not answer'
            except OfferError as error:
                fault = error.problem
            delay = policy.failed(loop.time() - begun)
            if delay is None:
                self._report(f'gave up pushing to {self.name} after {policy.failures} attempts: '
                             f'{fault}. Check the address, {TOKEN_VARIABLE} and the server.')
                return
            log.warning('pushing to %s failed: %s; retrying in %.1f s', self.name, fault, delay)
            await asyncio.sleep(delay)

    async def _once(self) -> None:
        """Push until the server is gone. Raises what _run() names."""
        address = await asyncio.get_running_loop().run_in_executor(None, self._own_address)
        network = Network((address,), ice_servers=self._service.network.ice_servers)
        transport = PeerTransport(network, self._certificate, controlling=True)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            await transport.gather()
            async with aiohttp.ClientSession(timeout=timeout) as client:
                await self._exchange(client, transport)
        finally:
            await transport.close()

    def _own_address(self) -> str:
        """Return the address of this machine by which the server is reached. Raises OSError."""
        parts = urlsplit(self._endpoint)
        family, kind, protocol, _, place = socket.getaddrinfo(
            parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(place)
            return str(probe.getsockname()[0])

    async def _exchange(self, client: aiohttp.ClientSession, transport: PeerTransport) -> None:
        await self._service.feed.joined()
        media = _media(self._service.feed.profile or DEFAULT_PROFILE)
        tracks = track_formats(media)
        offer = offer_to_send(media, transport, tracks)
        token = os.environ.get(TOKEN_VARIABLE, '')
        headers = {'Content-Type': 'application/sdp'}
        if token:
            headers['Authorization'] = f'Bearer {token}'
        async with client.post(self._endpoint, data=offer.encode(), headers=headers) as answer:
            text = (await answer.content.read(LARGEST_OFFER)).decode(errors='replace')
            if answer.status != 201:
                raise ValueError(f'the server answers {answer.status} {answer.reason}')
            place = urljoin(str(answer.url), answer.headers.get('Location', ''))
        try:
            remote, kinds = read_answer(text, [each.kind for each in media])
            await transport.connect(remote)
            server = Recipient(transport, {kind: tracks[kind] for kind in kinds}, self._clock,
                               self._service.sent)
            with self._service.attached(server):
                self.connected = True
                await server.run(self._service.feed.group)
        finally:
            self.connected = False
            with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                headers.pop('Content-Type')
                await client.delete(place, headers=headers)


def _media(profile: str) -> list[OfferedMedia]:
    video = RTCRtpCodecParameters('video/H264', 90_000, None, 96, [],
                                  {'profile-level-id': profile})
    audio = RTCRtpCodecParameters('audio/opus', 48_000, 2, 111)
    return [OfferedMedia('video', _PROTOCOL, ('96', '97'), '0', 'sendonly', video, 96, 97),
            OfferedMedia('audio', _PROTOCOL, ('111',), '1', 'sendonly', audio, 111)]
