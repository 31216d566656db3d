"""Everything WebRTC of one face: who watches, who speaks, and what they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import contextlib
import dataclasses
import gc
import logging
import secrets

from aiortc import RTCCertificate
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.web.rtc.errors import BusyError, OfferError
from txt2vid_ros.web.rtc.feed import StreamFeed
from txt2vid_ros.web.rtc.h264 import Picture
from txt2vid_ros.web.rtc.microphone import Heard, Microphone, MicrophoneStatistics
from txt2vid_ros.web.rtc.peer.network import Network
from txt2vid_ros.web.rtc.peer.transport import PeerTransport
from txt2vid_ros.web.rtc.recipient import Recipient, track_formats
from txt2vid_ros.web.rtc.sdp.answers import answer
from txt2vid_ros.web.rtc.sdp.offers import Choice, h264, Offer, opus, read_fragment, read_offer
from txt2vid_ros.web.rtc.sender import SenderStatistics
from txt2vid_ros.web.rtc.sound import SpeechSound
from txt2vid_ros.web.tasks import cancelled, watched

log = logging.getLogger(__name__)

MOST_VIEWERS = 64
SILENT_SECONDS = 0.1
"""Seconds between looks at whether somebody listens, while nobody does."""
SESSIONS_A_COLLECTION = 8
"""Sessions after whose ends garbage is collected: the parts of a peer refer to one another, and
Python looks for such rings so seldom that hundreds pile up and the heap falls to pieces."""


@dataclasses.dataclass
class RtcSession:
    """A peer that watches or speaks."""

    id: str  # noqa: A003
    """Unguessable: who knows it may end the session."""
    answer: str
    """The SDP answer, with all candidates."""
    transport: PeerTransport
    task: asyncio.Task[None] | None = None


class RtcService:
    """
    Serves any number of viewers and one microphone at a time, in one event loop.

    A viewer is sent what was coded once, and nothing ever waits for one.
    """

    def __init__(self, speech: SpeechTimeline, clock: Clock, heard: Heard,
                 network: Network | None = None, most_viewers: int = MOST_VIEWERS,
                 budget: DescriptorBudget | None = None) -> None:
        """
        `speech` is what is said, on `clock`; `heard` is called with a microphone's sound.

        The sockets of a peer come out of `budget`.
        """
        self.network = network or Network()
        self.sound = SpeechSound(speech, clock)
        self.feed = StreamFeed(clock, self._show)
        self._clock = clock
        self._heard = heard
        self._most_viewers = most_viewers
        self._budget = budget or DescriptorBudget()
        self._certificate = RTCCertificate.generateCertificate()
        self._sessions: dict[str, RtcSession] = {}
        self._viewers: dict[str, Recipient] = {}
        self._talkers: dict[str, Microphone] = {}
        self._pushes: set[Recipient] = set()
        self.sent = SenderStatistics()
        self._brought = MicrophoneStatistics()
        self._refused = self._failed = self._ended = self._invalid = 0
        self._player: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to code the sound."""
        self._player = asyncio.ensure_future(self._play())
        watched(self._player, 'the sound of all viewers')

    def follow(self, url: str) -> None:
        """Take the pictures from a stream node at http://HOST:PORT; '' for none."""
        self.feed.follow(url)

    async def close(self) -> None:
        """End all sessions and stop following the stream."""
        await asyncio.gather(*map(self.end, list(self._sessions)))
        await self.feed.close()
        await cancelled(self._player)

    async def watch(self, offer: str) -> RtcSession:
        """Answer a WHEP player. Raises OfferError or BusyError."""
        with self.feed.needed():
            # The profile of the stream is read from its pictures.
            await self.feed.joined()
            return await self._watch(offer)

    async def _watch(self, offer: str) -> RtcSession:
        if len(self._viewers) >= self._most_viewers:
            raise self._busy(503, f'{self._most_viewers} viewers are served already.')
        wanted = self._read(offer, ('recvonly', 'sendrecv'), watching=True)
        tracks = track_formats(wanted.media)
        transport = PeerTransport(self.network, self._certificate)
        viewer = Recipient(transport, tracks, self._clock, self.sent)
        session_id = secrets.token_urlsafe(24)
        # Before anything is awaited: so that the bound holds for offers at the same time.
        self._viewers[session_id] = viewer
        return await self._begin(session_id, wanted, transport, lambda: answer(
            wanted, transport, tracks), lambda: self._show_to(viewer))

    async def talk(self, offer: str) -> RtcSession:
        """Answer a WHIP client that brings a microphone. Raises OfferError or BusyError."""
        if self._talkers:
            raise self._busy(409, 'Another microphone speaks.')
        wanted = self._read(offer, ('sendonly', 'sendrecv'), watching=False)
        taken = wanted.taken('audio')
        assert taken is not None
        transport = PeerTransport(self.network, self._certificate)
        microphone = Microphone(transport, taken.payload_type, self._clock, self._heard,
                                self._brought)
        session_id = secrets.token_urlsafe(24)
        self._talkers[session_id] = microphone
        return await self._begin(session_id, wanted, transport, lambda: answer(
            wanted, transport, {}), microphone.run)

    async def end(self, session_id: str) -> bool:
        """End a session; False where there is none of this id."""
        session = self._sessions.get(session_id)
        if session is None:
            return False
        if session.task is not None:
            session.task.cancel()
            await asyncio.wait([session.task])
        # A task that is cancelled before its first step has not done this.
        await self._finish(session)
        return True

    async def trickle(self, session_id: str, fragment: str) -> bool:
        """
        Take more addresses of a peer (RFC 8840); False where there is no such session.

        Raises OfferError, also where the fragment restarts ICE.
        """
        session = self._sessions.get(session_id)
        if session is None:
            return False
        name, candidates = read_fragment(fragment)
        if name is not None and name != session.transport.remote_name:
            raise OfferError(422, 'ICE restarts are not served: make a new offer instead.')
        await session.transport.add_candidates(candidates)
        return True

    @contextlib.contextmanager
    def attached(self, viewer: Recipient) -> Iterator[None]:
        """Send pictures and sound to a peer that was reached in another way too."""
        self._pushes.add(viewer)
        try:
            yield
        finally:
            self._pushes.discard(viewer)

    def figures(self) -> dict[str, float]:
        """Return counts since the start, and who is there now."""
        sent, brought, feed = self.sent, self._brought, self.feed.statistics
        return {
            'viewers': len(self._viewers), 'talkers': len(self._talkers),
            'pushes': len(self._pushes),
            'refused': self._refused, 'failed': self._failed, 'ended': self._ended,
            'packets': sent.packets, 'octets': sent.octets, 'unsent': sent.unsent,
            'nacks': sent.nacks, 'resent': sent.resent,
            'key_frame_requests': sent.key_frame_requests,
            'invalid': self._invalid + sum(each.transport.invalid
                                           for each in self._sessions.values()),
            'microphone_packets': brought.packets, 'microphone_lost': brought.lost,
            'microphone_undecodable': brought.undecodable,
            'pictures': feed.pictures, 'feed_connections': feed.connections,
            'feed_damaged': feed.damaged}

    def _read(self, offer: str, directions: tuple[str, ...], watching: bool) -> Offer:
        choices: dict[str, Choice] = {'audio': opus}
        if watching:
            choices = {'video': h264(self.feed.profile), **choices}
        try:
            return read_offer(offer, directions, choices)
        except OfferError:
            self._refused += 1
            raise

    def _busy(self, status: int, problem: str) -> BusyError:
        self._refused += 1
        return BusyError(status, problem)

    async def _begin(self, session_id: str, offer: Offer, transport: PeerTransport,
                     describe: Callable[[], str], work: Callable[[], Awaitable[None]]
                     ) -> RtcSession:
        try:
            if not self._budget.allows(self.network.sockets):
                self._budget.refuse()
                raise self._busy(503, 'This machine has no socket left.')
            await transport.gather()
            if not transport.local_candidates:
                raise self._busy(503, 'This machine has no socket left.')
            session = RtcSession(session_id, describe(), transport)
        except BaseException:
            self._forget(session_id)
            await transport.close()
            raise
        self._sessions[session_id] = session
        session.task = asyncio.ensure_future(self._run(session, offer, work))
        watched(session.task, 'a session')
        return session

    async def _run(self, session: RtcSession, offer: Offer,
                   work: Callable[[], Awaitable[None]]) -> None:
        try:
            await session.transport.connect(offer.remote)
            await work()
        except (ConnectionError, asyncio.TimeoutError) as error:
            self._failed += 1
            log.info('a peer did not connect: %s', error or 'it did not answer')
        finally:
            await self._finish(session)

    async def _show_to(self, viewer: Recipient) -> None:
        with self.feed.needed():
            await viewer.run(self.feed.group)

    async def _finish(self, session: RtcSession) -> None:
        if self._sessions.pop(session.id, None) is not None:
            self._forget(session.id)
            self._ended += 1
            self._invalid += session.transport.invalid
            await session.transport.close()
            if self._ended % SESSIONS_A_COLLECTION == 0:
                asyncio.get_running_loop().call_soon(gc.collect)

    def _forget(self, session_id: str) -> None:
        self._viewers.pop(session_id, None)
        self._talkers.pop(session_id, None)

    def _show(self, picture: Picture) -> None:
        group = self.feed.group
        for viewer in (*self._viewers.values(), *self._pushes):
            viewer.show(picture, group)

    async def _play(self) -> None:
        heard = False
        while True:
            listening = (*self._viewers.values(), *self._pushes)
            if not heard:
                # What is due was before they came.
                self.sound.pass_by()
            heard = bool(listening)
            for packet in self.sound.due():
                for viewer in listening:
                    viewer.play(packet)
            await asyncio.sleep(max(self.sound.wait, 0.001) if heard else SILENT_SECONDS)
