"""How an end comes to a session: asks for one, or offers one to whoever asks."""

from __future__ import annotations

import collections
from typing import NamedTuple

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.inbound import Inbound
from txt2vid_ros.link.delivery.outbound import Outbound
from txt2vid_ros.link.messages import Instant, Mismatch, NEVER, OutgoingDatagram, Source
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.handshake import Initiator, Responder
from txt2vid_ros.link.protocol.own_clock import OwnClock
from txt2vid_ros.link.protocol.packer import SpeechContext
from txt2vid_ros.link.protocol.session import Session
from txt2vid_ros.link.protocol.wire import FrameType, Header, STAMP_TICK
from txt2vid_ros.link.roles import Role


class NewSession(NamedTuple):
    """What both ends agreed on."""

    session: Session
    stream: int
    """Of the other end."""
    wanted: int
    """Index of the first utterance that the other end lacks of this one's."""
    resumed: bool
    """Whether the other end goes on with this one's speech of before."""
    said: SpeechContext
    """What this end's speech may refer to."""
    heard: SpeechContext
    """What the other end's speech may refer to."""
    offset: float | None = None
    """This clock minus the other one, roughly, where it was not measured."""


class Greeting:
    """Exchanges handshake frames, which change nothing until a session begins."""

    def __init__(self, config: LinkConfig, key: bytes, model: bytes, role: Role, now: Instant,
                 ends: tuple[Outbound, Inbound], clock: OffsetEstimator,
                 counters: LinkCounters) -> None:
        """Begin at once where `role` initiates; `model` is the digest of the language model."""
        self._outbound, self._inbound = ends
        self._clock, self._counters, self._hears = clock, counters, role.hears
        stream = self._outbound.stream
        self._initiator = (Initiator(key, model, config, stream, now, role.two_way)
                           if role.initiates else None)
        self._responder = (None if role.initiates else
                           Responder(key, model, stream, now, role.two_way))
        self._own_clock = OwnClock(now)
        self._outdated = False
        self._replies: collections.deque[OutgoingDatagram] = collections.deque(maxlen=8)

    @property
    def in_progress(self) -> bool:
        """Whether this end has asked for a new session and waits for it."""
        return self._initiator is not None and self._initiator.in_progress

    @property
    def offers(self) -> bool:
        """Whether this end has offered a session that is not used yet."""
        return self._responder is not None and bool(self._responder.offers)

    @property
    def responds(self) -> bool:
        """Whether the other end has to ask."""
        return self._responder is not None

    def wakeup(self, now: Instant, needs_session: bool) -> float:
        """Return when next() has something to send; `needs_session`: there is none, but speech."""
        if self._replies:
            return now.mono
        if self._initiator is not None:
            return self._initiator.wakeup
        return self._responder.next_solicit if self._responder and needs_session else NEVER

    def watch_clock(self, now: Instant) -> None:
        """
        Have a new session begin where this machine's clock was set far.

        Only the handshake tells times in full; what else travels is the rest of a division.
        """
        if not self._own_clock.was_set(now):
            return
        if self._initiator is not None:
            self._initiator.restart(now)
        elif self._responder is not None:
            self._responder.offers.clear()
            self._outdated = True
            self.solicit(now, None)

    def heard(self, now: Instant) -> None:
        """Note that something came in the session; ask again for the one that is due."""
        if self._outdated:
            self.solicit(now, None)

    def start(self, now: Instant) -> None:
        """Ask for a new session, where this end may."""
        if self._initiator is not None:
            self._initiator.start(now)

    def next(self, now: Instant) -> OutgoingDatagram | None:  # noqa: A003
        """Return a frame to send now; None where nothing is due."""
        if self._replies:
            return self._replies.popleft()
        if self._initiator is None or now.mono < self._initiator.wakeup:
            return None
        known = self._inbound.known if self._hears else None
        return OutgoingDatagram(self._initiator.hello(*self._outbound.first_names, now, known))

    def solicit(self, now: Instant, source: Source) -> None:
        """Ask for a HELLO, where this end has no session and may not ask for one."""
        if (self._responder is not None
                and (solicit := self._responder.solicit(now)) is not None):
            self._replies.append(OutgoingDatagram(solicit, source))

    def take(self, frame_type: FrameType, datagram: bytes, now: Instant,
             source: Source) -> NewSession | None:
        """Take a frame; return the session that begins with it. Raises as what opens it does."""
        if self._responder is not None and frame_type is FrameType.HELLO:
            self._answer(self._responder, datagram, now, source)
        elif self._initiator is not None and frame_type is FrameType.WELCOME:
            return self._welcomed(self._initiator, datagram, now)
        elif self._initiator is not None and frame_type is FrameType.SOLICIT:
            self._initiator.take_solicit(datagram, now)
        else:
            self._counters.garbage += 1
        return None

    def take_up(self, header: Header, datagram: bytes, now: Instant) -> NewSession:
        """Return the offered session that its first datagram takes up. Raises ForgedError."""
        assert self._responder is not None
        offer = self._responder.match(header, datagram)
        self._responder.accepted()
        self._outdated = False
        if self._clock.smoothed_round_trip is None:
            # A peer takes up a session at once, so that took about a round trip.
            self._clock.add_round_trip(now.mono - offer.arrived.mono)
        hello, known = offer.hello, offer.hello.known
        resumed = known is not None and known.stream == self._outbound.stream
        return NewSession(
            Session(offer.keys), hello.stream, known.wanted if known and resumed else 0, resumed,
            SpeechContext(), SpeechContext(speaker=hello.speaker, locale=hello.locale),
            offer.arrived.wall - hello.wall * STAMP_TICK)

    def _answer(self, responder: Responder, datagram: bytes, now: Instant,
                source: Source) -> None:
        opened = responder.open_hello(datagram)
        if opened is None:
            self._counters.duplicates += 1
            return
        hello, random = opened
        known = self._inbound.known
        wanted = known.wanted if known and known.stream == hello.stream else None
        if (mismatch := responder.mismatch(hello)) is not None:
            self._inbound.log.add_event(mismatch)
        welcome = responder.welcome(hello, random, wanted is not None, wanted or 0, now)
        self._replies.append(OutgoingDatagram(welcome, source))

    def _welcomed(self, initiator: Initiator, datagram: bytes, now: Instant) -> NewSession | None:
        answer = initiator.take_welcome(datagram, now)
        if isinstance(answer, Mismatch):
            self._outbound.queue.events.append(answer)
            return None
        welcome = answer.welcome
        there = welcome.arrived * STAMP_TICK
        self._clock.add(answer.sent, there, there, now.wall)
        said = SpeechContext(speaker=answer.speaker, locale=answer.locale)
        return NewSession(Session(answer.keys), welcome.stream, welcome.wanted, welcome.known,
                          said, SpeechContext())
