"""The encrypted path to one peer: ICE, DTLS and SRTP of aiortc, without its peer connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
import contextlib
import dataclasses
import logging
import struct
import time

from aioice import Connection
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtp import AnyRtcpPacket, RtcpPacket, RtpPacket
from cryptography.x509 import InvalidVersion
from OpenSSL import SSL
import pylibsrtp
from txt2vid_ros.web.rtc.peer.ice import IceConnection
from txt2vid_ros.web.rtc.peer.network import Network
from txt2vid_ros.web.tasks import watched

log = logging.getLogger(__name__)

CONNECT_SECONDS = 20.0
"""Seconds from the answer until media can flow."""
SILENT_SECONDS = 20.0
"""Seconds without a datagram from the peer after which it is gone; browsers send several a second,
and RFC 7675 has them ask for consent every five."""
CHECK_SECONDS = 2.0
LAST_PORT = 65_535
MOST_CANDIDATES = 20
"""Candidates of a peer that are tried: each costs datagrams to an address that it chose."""


@dataclasses.dataclass(frozen=True)
class RemoteEnd:
    """What a description says of the other end."""

    ice: RTCIceParameters
    fingerprints: tuple[RTCDtlsFingerprint, ...]
    active: bool
    """Whether the other end opens the DTLS handshake."""
    candidates: tuple[RTCIceCandidate, ...] = ()


class _Gatherer(RTCIceGatherer):
    def __init__(self, connection: Connection) -> None:
        super().__init__(iceServers=[])
        self._connection = connection


class _Dtls(RTCDtlsTransport):
    """Hands out packets, and survives what cannot be read."""

    def __init__(self, ice: RTCIceTransport, certificate: RTCCertificate) -> None:
        super().__init__(ice, [certificate])
        self.on_rtp: Callable[[RtpPacket], None] = _ignore
        self.on_rtcp: Callable[[AnyRtcpPacket], None] = _ignore
        self.invalid = 0

    async def start(self, remoteParameters: RTCDtlsParameters) -> None:  # noqa: N803
        """Shake hands and begin to read. Raises ConnectionError, or ends as 'failed'."""
        try:
            await super().start(remoteParameters)
        except (SSL.Error, InvalidVersion, ValueError) as error:
            # What the peer sends can make OpenSSL fail outside of its handshake, and its
            # certificate need not be one that can be read.
            raise ConnectionError(f'the DTLS handshake failed: {error!r}') from error
        if self._task is not None:
            watched(self._task, 'what is read of a peer')

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        try:
            packet = RtpPacket.parse(data)
        except (ValueError, struct.error, IndexError, AssertionError):
            self.invalid += 1
            return
        self.on_rtp(packet)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        try:
            packets = RtcpPacket.parse(data)
        except (ValueError, struct.error, IndexError, AssertionError):
            self.invalid += 1
            return
        for packet in packets:
            self.on_rtcp(packet)

    def protect(self, data: bytes, report: bool) -> bytes | None:
        """Return an encrypted packet; None before the handshake and after the end."""
        if self.state != 'connected':
            return None
        session = self._tx_srtp
        return bytes(session.protect_rtcp(data) if report else session.protect(data))


def _ignore(packet: object) -> None:
    return


class PeerTransport:
    """One path to one peer; connect(), then wait until it is gone, then close()."""

    def __init__(self, network: Network, certificate: RTCCertificate,
                 controlling: bool = False) -> None:
        """Take where this machine is reached; the end that makes the offer is `controlling`."""
        self._network = network
        self._certificate = certificate
        self._controlling = controlling
        self._connection = IceConnection(network, controlling)
        self._gatherer = _Gatherer(self._connection)
        self._ice = RTCIceTransport(self._gatherer)
        self._dtls = _Dtls(self._ice, certificate)
        self._ended = asyncio.Event()
        self._dtls.on('statechange', self._changed)
        self._ice.on('statechange', self._changed)

    def receive(self, on_rtp: Callable[[RtpPacket], None] = _ignore,
                on_rtcp: Callable[[AnyRtcpPacket], None] = _ignore) -> None:
        """Have packets handed to these functions."""
        self._dtls.on_rtp, self._dtls.on_rtcp = on_rtp, on_rtcp

    async def gather(self) -> None:
        """Open the sockets."""
        await self._gatherer.gather()

    @property
    def local_ice(self) -> RTCIceParameters:
        """Return the name and the password of this end."""
        return self._gatherer.getLocalParameters()

    @property
    def local_candidates(self) -> list[RTCIceCandidate]:
        """Return where this end can be reached."""
        found = self._gatherer.getLocalCandidates()
        public = self._network.public
        if public:
            found += [dataclasses.replace(each, ip=public, foundation=f'{each.foundation}1')
                      for each in found if each.type == 'host'][:1]
        return found

    @property
    def fingerprint(self) -> RTCDtlsFingerprint:
        """Return the SHA-256 fingerprint of this end's certificate."""
        return next(each for each in self._certificate.getFingerprints()
                    if each.algorithm == 'sha-256')

    @property
    def remote_name(self) -> str:
        """Return the other end's ICE user name; empty before connect()."""
        return self._connection.remote_username or ''

    @property
    def invalid(self) -> int:
        """Return how many packets could not be read."""
        return self._dtls.invalid + self._connection.invalid

    async def connect(self, remote: RemoteEnd) -> None:
        """Connect. Raises ConnectionError, or TimeoutError after CONNECT_SECONDS."""
        self._dtls._set_role('server' if remote.active else 'client')
        await self.add_candidates(remote.candidates)
        await asyncio.wait_for(self._connect(remote), CONNECT_SECONDS)

    async def _connect(self, remote: RemoteEnd) -> None:
        # The end of candidates is never told: peers are also found by the checks they send.
        await self._ice.start(remote.ice)
        if self._ice.state != 'completed':
            raise ConnectionError('no path to the peer was found')
        await self._dtls.start(RTCDtlsParameters(list(remote.fingerprints)))
        if self._dtls.state != 'connected':
            raise ConnectionError('the DTLS handshake failed')

    async def add_candidates(self, candidates: Sequence[RTCIceCandidate]) -> None:
        """Try these addresses of the peer too, within bounds; what cannot be used is left out."""
        for each in candidates:
            if len(self._connection.remote_candidates) >= MOST_CANDIDATES:
                return
            # A port that there is not would end the socket that it is tried from.
            if each.component == 1 and each.protocol.lower() == 'udp' and (
                    0 < each.port <= LAST_PORT
                    and self._network.reaches(each.ip, self._controlling)):
                await self._ice.addRemoteCandidate(each)

    async def gone(self, active: Callable[[], bool] = lambda: True) -> None:
        """
        Wait until the peer has left, or has not been heard for SILENT_SECONDS.

        Or until `active`, which is asked every CHECK_SECONDS, says that it does nothing.
        """
        self._connection.heard = time.monotonic()
        while time.monotonic() - self._connection.heard < SILENT_SECONDS and active():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended.wait(), CHECK_SECONDS)
                return

    def send(self, packet: bytes) -> bool:
        """Send an RTP packet; False where it was dropped. Never waits."""
        return self._put(packet, False)

    def send_report(self, packets: bytes) -> bool:
        """Send RTCP packets; False where they were dropped. Never waits."""
        return self._put(packets, True)

    def _put(self, packet: bytes, report: bool) -> bool:
        try:
            data = self._dtls.protect(packet, report)
            return data is not None and self._connection.send_now(data)
        except (OSError, pylibsrtp.Error):
            return False

    async def close(self) -> None:
        """Tell the peer, and release the sockets; may be called twice."""
        self._ended.set()
        with contextlib.suppress(ConnectionError):
            await self._dtls.stop()
        await self._ice.stop()

    def _changed(self) -> None:
        if self._dtls.state in ('closed', 'failed') or self._ice.state in ('closed', 'failed'):
            self._ended.set()
