"""Agreeing on a session: the sender calls, the receiver answers.

HELLO and WELCOME carry a random number each, from which both ends derive the session's keys; the
WELCOME is bound to its HELLO. A receiver that has lost its session asks for a call with SOLICIT.
Nothing changes at the receiver until a datagram sealed with the new keys arrives: not its session,
and not whom it acknowledges to. A replayed HELLO is answered to where it came from, by hardly
more bytes than it had, and achieves nothing else.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant, Mismatch, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Hello, Welcome
from txt2vid_ros.link.protocol.seal import (
    ForgedError,
    Greeter,
    GREETING_BYTES,
    session_keys,
    SessionKeys,
    TAG_SIZES,
)
from txt2vid_ros.link.protocol.wire import Kind, STAMP_TICK

_FIRST_INTERVAL, _INTERVAL, _LATE_INTERVAL = 0.5, 1.5, 15.0
_LATE = 60.0
_OUTSTANDING = 4
_PENDING = 16
_REMEMBERED = 1024
_SOLICITED_EVERY = 2.0
_SOLICIT_EVERY, _SOLICIT_LIMIT = 1.0, 10.0
_GREETING_BITS = 8 * 2 * (90 + 60)


class Replays:
    """Random numbers of greetings seen before."""

    def __init__(self) -> None:
        """Remember the last thousand."""
        self._seen: collections.OrderedDict[bytes, None] = collections.OrderedDict()

    def check(self, random: bytes) -> bool:
        """Return whether `random` is new, and remember it."""
        if random in self._seen:
            return False
        self._seen[random] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True


@dataclasses.dataclass(frozen=True)
class Granted:
    """A session that the receiver has agreed to."""

    keys: SessionKeys
    welcome: Welcome
    sent: float
    """When the HELLO went, on this machine's wall clock."""
    speaker: str
    locale: str


@dataclasses.dataclass(frozen=True)
class _Call:
    random: bytes
    sent: float
    hello: Hello


class Caller:
    """The sender's side: calls until answered, ever more slowly."""

    def __init__(self, key: bytes, model: bytes, config: LinkConfig, stream: int,
                 now: Instant) -> None:
        """Call at once. `model` is the digest of the language model, `stream` the sender's id."""
        self._key, self._model, self._stream = key, model[:4], stream
        self._tag_bytes, self._mtu = config.tag_bytes, config.mtu
        self._patience = _FIRST_INTERVAL + (_GREETING_BITS / config.rate if config.rate else 0.0)
        self._greeter = Greeter(key)
        self._calls: collections.deque[_Call] = collections.deque(maxlen=_OUTSTANDING)
        self._replays = Replays()
        self._tries = 0
        self._since = self._last = -NEVER
        self.calling = True
        self.wakeup = now.mono

    def call(self, now: Instant) -> None:
        """Ask for a new session, unless that is going on."""
        if not self.calling:
            self.calling, self.wakeup, self._tries = True, now.mono, 0

    def hello(self, first: int, speaker: str, locale: str, now: Instant) -> bytes:
        """Return a HELLO to send now."""
        hello = Hello(self._stream, first, self._model, round(now.wall / STAMP_TICK),
                      self._tag_bytes, speaker, locale)
        if len(hello.pack()) + GREETING_BYTES > self._mtu:
            # Then they travel with the first utterance instead.
            hello = dataclasses.replace(hello, speaker='', locale='')
        sealed, random = self._greeter.seal(Kind.HELLO, wire.head(Kind.HELLO, 0, 0), hello.pack())
        self._calls.append(_Call(random, now.wall, hello))
        if self._tries == 0:
            self._since = now.mono
        limit = _INTERVAL if now.mono - self._since < _LATE else _LATE_INTERVAL
        self.wakeup = now.mono + max(self._patience, min(limit, self._patience * 2 ** self._tries))
        self._tries = min(self._tries + 1, 10)
        self._last = now.mono
        return sealed

    def welcome(self, datagram: bytes, now: Instant) -> Granted | Mismatch:
        """Take a WELCOME. Raises ForgedError where it answers no call of late, or FrameError."""
        for call in self._calls:
            try:
                body, random = self._greeter.open(Kind.WELCOME, datagram[:1], datagram[1:],
                                                  call.random)
            except ForgedError:
                continue
            welcome = Welcome.unpack(body)
            if welcome.model != self._model:
                self.wakeup = now.mono + _LATE_INTERVAL
                return Mismatch('the receiver has another text model: install the same version of '
                                'txt2vid_ros on both machines')
            self._calls.clear()
            self.calling, self.wakeup, self._tries = False, NEVER, 0
            keys = session_keys(self._key, call.random, random, self._tag_bytes)
            return Granted(keys, welcome, call.sent, call.hello.speaker, call.hello.locale)
        raise ForgedError('answers no call')

    def solicited(self, datagram: bytes, now: Instant) -> None:
        """Take a SOLICIT: the receiver has no session. Raises ForgedError."""
        _, random = self._greeter.open(Kind.SOLICIT, datagram[:1], datagram[1:])
        if self._replays.check(random) and now.mono - self._last > _SOLICITED_EVERY:
            self.call(now)


@dataclasses.dataclass(frozen=True)
class Offer:
    """A session that the sender has asked for and not used yet."""

    keys: SessionKeys
    hello: Hello
    arrived: float
    """When the HELLO came, on this machine's wall clock."""


class Answerer:
    """The receiver's side."""

    def __init__(self, key: bytes, model: bytes, now: Instant) -> None:
        """Answer calls sealed with `key`. `model` is the digest of the language model."""
        self._key, self._model = key, model[:4]
        self._solicit_at, self._solicit_pause = now.mono, _SOLICIT_EVERY
        self._greeter = Greeter(key)
        self._replays = Replays()
        self.offers: collections.OrderedDict[bytes, Offer] = collections.OrderedDict()

    def hello(self, datagram: bytes) -> tuple[Hello, bytes] | None:
        """Open a HELLO; None for one seen before. Raises ForgedError, FrameError."""
        body, random = self._greeter.open(Kind.HELLO, datagram[:1], datagram[1:])
        hello = Hello.unpack(body)
        if hello.tag_bytes not in TAG_SIZES:
            raise wire.FrameError('no such length of tag')
        return (hello, random) if self._replays.check(random) else None

    def match(self, kind: Kind, tag: int, datagram: bytes) -> Offer:
        """Return the offer that a session's first datagram takes up. Raises ForgedError."""
        for offer in reversed(self.offers.values()):
            if offer.keys.tag != tag:
                continue
            with contextlib.suppress(ForgedError):
                offer.keys.forward.open(kind, datagram[1], datagram[:2], datagram[2:])
                return offer
        raise ForgedError('sealed with no key known')

    def welcome(self, hello: Hello, caller: bytes, known: bool, wanted: int, arrived: float,
                now: Instant) -> bytes:
        """Return the answer, and keep the offer until it is taken."""
        answer = Welcome(known, wanted, self._model, round(arrived / STAMP_TICK),
                         round(now.wall / STAMP_TICK))
        sealed, random = self._greeter.seal(Kind.WELCOME, wire.head(Kind.WELCOME, 0, 0),
                                            answer.pack(), caller)
        if hello.model == self._model:
            keys = session_keys(self._key, caller, random, hello.tag_bytes)
            self.offers[caller] = Offer(keys, hello, arrived)
            if len(self.offers) > _PENDING:
                self.offers.popitem(last=False)
        return sealed

    def taken(self) -> None:
        """Note that an offer has become the session."""
        self.offers.clear()
        self._solicit_pause = _SOLICIT_EVERY

    def solicit(self, now: Instant) -> bytes | None:
        """Return a request to be called; None where there was one of late."""
        if now.mono < self._solicit_at:
            return None
        self._solicit_at = now.mono + self._solicit_pause
        self._solicit_pause = min(2 * self._solicit_pause, _SOLICIT_LIMIT)
        return self._greeter.seal(Kind.SOLICIT, wire.head(Kind.SOLICIT, 0, 0), b'')[0]
