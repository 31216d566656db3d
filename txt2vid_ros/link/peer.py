"""
One end of the link: a state machine that takes utterances, datagrams and the time.

It never reads a clock or a socket, so that loss, delay and outages can be played to it exactly.
"""

from __future__ import annotations

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.data.data_channel import DataChannel
from txt2vid_ros.link.delivery.inbound import Inbound
from txt2vid_ros.link.delivery.outbound import Outbound
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.delivery.rate_limiter import SendingLimits
from txt2vid_ros.link.exchange import Exchange
from txt2vid_ros.link.greeting import Greeting, NewSession
from txt2vid_ros.link.messages import (
    Connected,
    Instant,
    LinkEvent,
    NEVER,
    OutgoingDatagram,
    OutgoingText,
    Source,
)
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_offset import ClockOffset, OffsetEstimator
from txt2vid_ros.link.protocol.seal import ForgedError
from txt2vid_ros.link.protocol.session import Session
from txt2vid_ros.link.protocol.wire import BodyReader, FrameType, Header, SPEECH_FRAMES
from txt2vid_ros.link.roles import Role
from txt2vid_ros.link.sound.channel import SoundChannel


class Peer:
    """
    Takes utterances and returns those of the other end, each once and in order.

    Somebody has to carry its datagrams. Nothing is acknowledged before the consumer has it:
    whoever takes events calls confirm_delivered() once what take_event() returned has been passed
    on.
    """

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant, role: Role,
                 store: ProgressStore | None = None) -> None:
        """Begin a new stream. `key` is the 32 bytes shared with the other end."""
        self.config = config
        self.role = role
        self.counters = LinkCounters()
        self.clock = OffsetEstimator()
        self._codec = codec
        self.limits = SendingLimits(config)
        exchange = Exchange()
        self._outbound = Outbound(config, self.counters, codec, self.clock, exchange, now,
                                  role.initiates)
        self._inbound = Inbound(config, self.counters, codec, exchange, store or ProgressStore())
        self.data = DataChannel(config)
        self.sound = SoundChannel(config, self.clock)
        self._greeting = Greeting(config, key, codec.digest, role, now,
                                  (self._outbound, self._inbound), self.clock, self.counters)
        self._session: Session | None = None
        self._accepted = role.accepts
        self._silent_since = NEVER

    # What goes in -----------------------------------------------------------------------------

    def submit(self, utterance: OutgoingText, now: Instant) -> None:
        """Take an utterance to deliver. Raises UserError where no datagram can carry it."""
        self._outbound.queue.submit(utterance, now)

    def submit_partial(self, utterance: OutgoingText, now: Instant) -> None:
        """Take an interim text: only the newest is sent, and only where the rate leaves room."""
        self._outbound.queue.submit_partial(utterance)

    def submit_data(self, message: bytes, now: Instant) -> None:
        """
        Take a message to deliver at lower priority than speech, after those before it.

        Raises UserError where it has more than `data.largest` bytes, or `data.room` is 0.
        """
        self.data.submit(message, now)

    def receive(self, datagram: bytes, now: Instant, source: Source = None) -> bool:
        """
        Take whatever arrived; return whether it was new and sealed with a session's keys.

        A HELLO is answered to `source` and proves nothing: it may be replayed.
        """
        counters = self.counters
        counters.count_received(datagram, self.config)
        useless = counters.rejected - counters.undecodable + counters.duplicates
        try:
            header = wire.parse_header(datagram)
            if header.frame_type in wire.HANDSHAKE_FRAMES:
                new = self._greeting.take(header.frame_type, datagram, now, source)
                if new is not None:
                    self._begin(new, now)
                if header.frame_type is FrameType.HELLO:
                    return False
            elif header.frame_type not in self._accepted:
                counters.garbage += 1
            elif self._inbound.log.full and header.frame_type is not FrameType.ACK:
                return False  # As if lost: it is not acknowledged, and will come again.
            else:
                self._session_datagram(header, datagram, now)
        except (wire.FrameError, ForgedError) as error:
            counters.count_rejected(error)
            # The other end may continue a session from before a restart of this one.
            if isinstance(error, ForgedError) and self._session is None:
                self._greeting.solicit(now, source)
        return counters.rejected - counters.undecodable + counters.duplicates == useless

    # What comes out ---------------------------------------------------------------------------

    def prepare(self, now: Instant) -> None:
        """Do what takes time, so that poll() takes none; deliver events after it."""
        self._greeting.watch_clock(now)
        self._inbound.prepare(now)
        ready = self.limits.ready_at(now.mono) <= now.mono
        self._outbound.prepare(now, ready and not self._greeting.in_progress)
        if self._session is None and self._outbound.queue.waiting:
            self._greeting.solicit(now, None)
        if (last := self.data.prepare(now, self._outbound, self.connected)) is not None:
            self._inbound.log.add_event(last)

    def poll(self, now: Instant) -> list[OutgoingDatagram]:
        """Return the datagrams to send now; call prepare() first, and deliver the events."""
        out: list[OutgoingDatagram] = []
        while (self.limits.ready_at(now.mono) <= now.mono
               and (outgoing := self._next(now)) is not None):
            self.limits.spend(self.config.wire_bits(outgoing.datagram), now.mono)
            self.counters.count_sent(outgoing.datagram, self.config)
            out.append(outgoing)
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when to call poll() at the latest, on the monotonic clock."""
        outbound, inbound = self._outbound, self._inbound
        needs_session = self._session is None and bool(outbound.queue.waiting)
        wakeups = [outbound.queue.expires, inbound.ack_due, self.data.farewell.wakeup(outbound),
                   self._greeting.wakeup(now, needs_session)]
        if self._session is not None and not self._greeting.in_progress:
            wakeups += [outbound.wakeup(now), self._keepalive_due,
                        self.data.wakeup(self.limits.data_ready_at(now.mono)),
                        self.sound.wakeup(now)]
        soonest = min(wakeups)
        if soonest != NEVER:
            soonest = max(soonest, self.limits.ready_at(now.mono))
        return min(soonest, inbound.gap_ends + 1e-3)

    def take_event(self) -> LinkEvent | None:
        """Return the oldest event; None where there are no more."""
        return (self._outbound.queue.take_event() or self._inbound.log.take_event()
                or self.sound.take_event())

    def confirm_delivered(self) -> None:
        """Note that the consumer has everything that take_event() has returned."""
        self._inbound.log.confirm()

    # What it is like --------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether there is a session, or the other end has asked for one."""
        return self._session is not None or self._greeting.offers

    @property
    def calling(self) -> bool:
        """Whether this end asks for a session, and has not been answered."""
        return self._greeting.in_progress

    @property
    def backlog(self) -> int:
        """How many utterances have not been acknowledged."""
        return self._outbound.backlog

    def measured_offset(self, now: Instant) -> ClockOffset | None:
        """Return the other clock minus this one, as this end has measured it."""
        return self.clock.at(now.wall)

    @property
    def reported_offset(self) -> tuple[float, float] | None:
        """Return this clock minus the other one, and its uncertainty, as the other end says."""
        return self._inbound.log.known_offset

    # Sending ----------------------------------------------------------------------------------

    @property
    def _keepalive_due(self) -> float:
        if not (self.role.two_way and self.role.initiates and self.config.keepalive):
            return NEVER
        return self._silent_since + self.config.keepalive_pause

    def _next(self, now: Instant) -> OutgoingDatagram | None:
        """Return the most urgent datagram; None where there is nothing to send."""
        outbound, session = self._outbound, self._session
        if self.role.initiates and outbound.timer.peer_timed_out(now):
            self._greeting.start(now)
        if (frame := self._greeting.next(now)) is not None:
            return frame
        if session is None:
            return None
        settled = not self._greeting.in_progress
        speaks = self.role.speaks and settled
        if now.mono >= self._keepalive_due:
            self._silent_since = now.mono
            outbound.ask()
        rides = (speaks and outbound.speaks_next(now)) or (
            settled and self.sound.wakeup(now) <= now.mono)
        if (now.mono >= self._inbound.ack_due and not rides
                and (ack := self._inbound.acknowledge(now))):
            return OutgoingDatagram(session.seal_next(FrameType.ACK, ack))
        data = None
        if speaks:
            data = outbound.next(now, lambda free: self._inbound.acknowledge(now, free),
                                 self.limits.half_full)
        if data is None and settled:
            data = self.sound.next(session, now, self._inbound.acknowledge)
        if data is None and speaks:
            data = self._data_datagram(session, now)
        return None if data is None else OutgoingDatagram(data)

    def _data_datagram(self, session: Session, now: Instant) -> bytes | None:
        ready = self.limits.data_ready_at(now.mono) <= now.mono
        body = self.data.next(now, self.clock.smoothed_round_trip, ready)
        if body is None:
            return None
        free = self.config.mtu - session.overhead - len(body)
        return session.seal_next(FrameType.DATA, body, self._inbound.acknowledge(now, free))

    def _begin(self, new: NewSession, now: Instant) -> Session:
        """Change over to a session."""
        self._session = new.session
        self.counters.sessions += 1
        self._silent_since = now.mono
        self._outbound.begin(new.session, new.said, new.wanted, now)
        continued = self._inbound.begin(new.stream, new.heard)
        self.data.begin(now, continued)
        self.sound.begin()
        log = self._inbound.log
        log.offset, log.uncertainty = new.offset, None
        if self.role.initiates and self.role.hears:
            # The other end may speak only once it knows that this session has begun.
            self._outbound.ask()
        log.add_event(Connected(continued if self.role.hears else new.resumed))
        return new.session

    # What comes in a session ------------------------------------------------------------------

    def _session_datagram(self, header: Header, datagram: bytes, now: Instant) -> None:
        if len(datagram) < 2:
            raise wire.FrameError('too short')
        session = self._session
        if session is not None and header.tag == session.keys.tag:
            try:
                self._open(session, header, datagram, now)
                return
            except ForgedError:
                if not self._greeting.responds:
                    raise
                # It may be the first of a new session.
        if not self._greeting.responds:
            raise ForgedError('of another session')
        new = self._greeting.take_up(header, datagram, now)
        self._open(self._begin(new, now), header, datagram, now)

    def _open(self, session: Session, header: Header, datagram: bytes, now: Instant) -> None:
        frame_type, _, rides = header
        buffer = self._inbound.buffer
        assert buffer is not None
        if self.role.initiates:
            self._inbound.log.take_measured(self.clock.at(now.wall))
        speech = frame_type in SPEECH_FRAMES
        counter = (buffer.sequence(datagram[1]) if speech
                   else session.expand(frame_type, datagram))
        reader = BodyReader(session.open(header, counter, datagram))
        ack = (self._outbound.read_ack(reader)
               if self.role.speaks and (rides or frame_type is FrameType.ACK) else None)
        new = (self._inbound.speech(frame_type, counter, reader.rest(), now) if speech
               else session.is_new(frame_type, counter))
        if not new:
            self.counters.duplicates += 1
            return
        self._silent_since = now.mono
        self._outbound.timer.heard(now)
        self._greeting.heard(now)
        self.data.heard(now)
        if frame_type is FrameType.CONTROL:
            self._inbound.control(counter, reader.rest(), now)
        elif frame_type is FrameType.PARTIAL:
            self._inbound.partial(reader.rest(), now)
        elif frame_type is FrameType.AUDIO:
            self.sound.take(counter, reader.rest(), self._inbound.log.offset, now)
        elif frame_type is FrameType.DATA:
            for event in self.data.take(reader.rest(), now):
                self._inbound.log.add_event(event)
        if ack is not None:
            self._outbound.acknowledged(ack, now)
