"""
Agreeing on a session: one end initiates it, the other responds.

HELLO and WELCOME carry a random number each, from which both ends derive the session's keys, one
for each direction; the WELCOME is bound to its HELLO. They also tell how far each end knows the
other's speech. A responder that has lost its session asks for a HELLO with SOLICIT.
Nothing changes at the responder until a datagram sealed with the new keys arrives: neither its
session, nor the address that it sends to. A replayed HELLO is answered to the
address it came from, with hardly more bytes than it had, and achieves nothing else.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant, Mismatch, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Hello, KnownStream, Welcome
from txt2vid_ros.link.protocol.seal import (
    ForgedError,
    HANDSHAKE_OVERHEAD_BYTES,
    HandshakeSeal,
    session_keys,
    SessionKeys,
)
from txt2vid_ros.link.protocol.wire import FrameType, Header, STAMP_TICK

_FIRST_PAUSE = 0.8
"""Seconds from the first HELLO to the second, besides the time that the exchange takes."""
_MAX_PAUSE, _MAX_PAUSE_LATER = 1.5, 15.0
"""Seconds between two HELLO at most, at first and after _LATER."""
_LATER = 60.0
_HANDSHAKE_BITS = 8 * 2 * (90 + 60)
"""What a HELLO and its WELCOME cost on the wire, both ways, roughly."""
_MAX_UNANSWERED = 16
"""How many of the latest HELLO a WELCOME may answer: some minutes' worth, for slow paths."""
_MAX_OFFERS = 16
_MAX_REMEMBERED = 1024
_MIN_SILENCE_BEFORE_SOLICITED = 2.0
"""Seconds since the last HELLO before a SOLICIT has an effect."""
_SOLICIT_BACKOFF = Backoff(first=1.0, largest=10.0)
_OTHER_MODEL = ('has another text model: install the same version of txt2vid_ros on both '
                'machines')
_OTHER_ROLE = ('The other end has a role that does not go with this one: make both ends peers, or '
               'one the sender and the other the receiver')


class ReplayFilter:
    """Recognizes handshake messages that came before, by their random numbers."""

    def __init__(self) -> None:
        """Remember the latest thousand."""
        self._seen: collections.OrderedDict[bytes, None] = collections.OrderedDict()

    def check(self, random: bytes) -> bool:
        """Return whether `random` is new, and remember it."""
        if random in self._seen:
            return False
        self._seen[random] = None
        if len(self._seen) > _MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return True


@dataclasses.dataclass(frozen=True)
class SessionGrant:
    """A session that the responder has agreed to."""

    keys: SessionKeys
    welcome: Welcome
    sent: float
    """When the HELLO was sent, on this machine's wall clock."""
    speaker: str
    locale: str


@dataclasses.dataclass(frozen=True)
class _SentHello:
    random: bytes
    at: float
    hello: Hello


class Initiator:
    """Sends HELLO until it is answered, less and less often."""

    def __init__(self, key: bytes, model: bytes, config: LinkConfig, stream: int,
                 now: Instant, two_way: bool = False) -> None:
        """Begin at once. `model` is the digest of the language model, `stream` this end's id."""
        self._key, self._model, self._stream = key, model[:4], stream
        self._two_way = two_way
        self._tag_bytes, self._mtu = config.tag_bytes, config.mtu
        pause = _FIRST_PAUSE + (_HANDSHAKE_BITS / config.rate if config.rate else 0.0)
        self._backoff = Backoff(pause, max(pause, _MAX_PAUSE))
        self._later_backoff = Backoff(
            pause, max(pause, _MAX_PAUSE_LATER, config.least_hello_pause))
        self._seal = HandshakeSeal(key)
        self._sent_hellos: collections.deque[_SentHello] = collections.deque(
            maxlen=_MAX_UNANSWERED)
        self._replays = ReplayFilter()
        self._tries = 0
        self._since = self._last = -NEVER
        self.in_progress = True
        self.wakeup = now.mono

    def start(self, now: Instant) -> None:
        """Ask for a new session, unless that is already in progress."""
        if not self.in_progress:
            self.in_progress, self.wakeup, self._tries = True, now.mono, 0

    def restart(self, now: Instant) -> None:
        """Ask for a new session; answers to what was asked before no longer count."""
        self._sent_hellos.clear()
        self.in_progress, self.wakeup, self._tries = True, now.mono, 0

    def hello(self, speaker: str, locale: str, now: Instant,
              known: KnownStream | None = None) -> bytes:
        """Return a HELLO to send now; `known` is how far the other end's speech has come."""
        hello = Hello(self._stream, self._model, round(now.wall / STAMP_TICK), self._tag_bytes,
                      speaker, locale, self._two_way, known)
        if len(hello.pack()) + HANDSHAKE_OVERHEAD_BYTES > self._mtu:
            # The names travel with the first utterance instead.
            hello = dataclasses.replace(hello, speaker='', locale='')
        if len(hello.pack()) + HANDSHAKE_OVERHEAD_BYTES > self._mtu:
            # What is known already comes again, and is recognized by its index.
            hello = dataclasses.replace(hello, known=None)
        sealed, random = self._seal.seal(FrameType.HELLO, wire.head(FrameType.HELLO, 0, 0),
                                         hello.pack())
        self._sent_hellos.append(_SentHello(random, now.wall, hello))
        if self._tries == 0:
            self._since = now.mono
        self._tries += 1
        late = now.mono - self._since >= _LATER
        backoff = self._later_backoff if late else self._backoff
        self.wakeup = now.mono + backoff.after(self._tries)
        self._last = now.mono
        return sealed

    def take_welcome(self, datagram: bytes, now: Instant) -> SessionGrant | Mismatch:
        """Take a WELCOME. Raises ForgedError where it answers no recent HELLO, or FrameError."""
        for sent in self._sent_hellos:
            try:
                body, random = self._seal.open(FrameType.WELCOME, datagram[:1], datagram[1:],
                                               sent.random)
            except ForgedError:
                continue
            welcome = Welcome.unpack(body)
            if welcome.model != self._model:
                self.wakeup = now.mono + _MAX_PAUSE_LATER
                return Mismatch(f'the other end {_OTHER_MODEL}')
            if welcome.two_way != self._two_way:
                self.wakeup = now.mono + _MAX_PAUSE_LATER
                return Mismatch(_OTHER_ROLE)
            self._sent_hellos.clear()
            self.in_progress, self.wakeup, self._tries = False, NEVER, 0
            keys = session_keys(self._key, sent.random, random, self._tag_bytes, initiates=True)
            return SessionGrant(keys, welcome, sent.at, sent.hello.speaker,
                                sent.hello.locale)
        raise ForgedError('answers no HELLO')

    def take_solicit(self, datagram: bytes, now: Instant) -> None:
        """Take a SOLICIT: the responder has no session. Raises ForgedError."""
        _, random = self._seal.open(FrameType.SOLICIT, datagram[:1], datagram[1:])
        if (self._replays.check(random)
                and now.mono - self._last > _MIN_SILENCE_BEFORE_SOLICITED):
            self.start(now)


@dataclasses.dataclass(frozen=True)
class SessionOffer:
    """A session that the initiator has asked for and not used yet."""

    keys: SessionKeys
    hello: Hello
    arrived: Instant
    """When the HELLO came and was answered."""


class Responder:
    """Answers HELLO, and keeps what it offers until that is used."""

    def __init__(self, key: bytes, model: bytes, stream: int, now: Instant,
                 two_way: bool = False) -> None:
        """Use `key`; `model` is the digest of the language model, `stream` this end's id."""
        self._key, self._model, self._stream = key, model[:4], stream
        self._two_way = two_way
        self.next_solicit, self._solicits = now.mono, 0
        self._seal = HandshakeSeal(key)
        self._replays = ReplayFilter()
        self.offers: collections.OrderedDict[bytes, SessionOffer] = collections.OrderedDict()

    def open_hello(self, datagram: bytes) -> tuple[Hello, bytes] | None:
        """
        Return a HELLO and its random number; None for one seen before.

        Raises ForgedError or FrameError.
        """
        body, random = self._seal.open(FrameType.HELLO, datagram[:1], datagram[1:])
        hello = Hello.unpack(body)
        return (hello, random) if self._replays.check(random) else None

    def mismatch(self, hello: Hello) -> Mismatch | None:
        """Return why the sender of `hello` cannot be understood; None where it can."""
        if hello.model != self._model:
            return Mismatch(f'the other end {_OTHER_MODEL}')
        return None if hello.two_way == self._two_way else Mismatch(_OTHER_ROLE)

    def match(self, header: Header, datagram: bytes) -> SessionOffer:
        """Return the offer that a session's first datagram takes up. Raises ForgedError."""
        kind = wire.nonce_kind(header.frame_type, header.rides)
        counter = wire.low_counter(header.frame_type, datagram)
        for offer in reversed(self.offers.values()):
            if offer.keys.tag != header.tag:
                continue
            with contextlib.suppress(ForgedError):
                offer.keys.incoming.open(kind, counter,
                                         *wire.parted(header.frame_type, datagram))
                return offer
        raise ForgedError('sealed with no known key')

    def welcome(self, hello: Hello, random: bytes, known: bool, wanted: int,
                now: Instant) -> bytes:
        """
        Return the answer to a HELLO with this random number, and keep the offer until used.

        `known` is whether its stream is continued, `wanted` the index to continue from.
        """
        answer = Welcome(known, wanted, self._model, round(now.wall / STAMP_TICK), self._stream,
                         self._two_way)
        sealed, own_random = self._seal.seal(
            FrameType.WELCOME, wire.head(FrameType.WELCOME, 0, 0), answer.pack(), random)
        if self.mismatch(hello) is None:
            keys = session_keys(self._key, random, own_random, hello.tag_bytes, initiates=False)
            self.offers[random] = SessionOffer(keys, hello, now)
            if len(self.offers) > _MAX_OFFERS:
                self.offers.popitem(last=False)
        return sealed

    def accepted(self) -> None:
        """Note that an offer has become the session."""
        self.offers.clear()
        self._solicits = 0

    def solicit(self, now: Instant) -> bytes | None:
        """Return a request for a HELLO; None where there was one recently."""
        if now.mono < self.next_solicit:
            return None
        self._solicits += 1
        self.next_solicit = now.mono + _SOLICIT_BACKOFF.after(self._solicits)
        return self._seal.seal(FrameType.SOLICIT, wire.head(FrameType.SOLICIT, 0, 0), b'')[0]
