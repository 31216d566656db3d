"""Sound beside the speech as text: sent once, in datagrams that say when it was captured."""

from __future__ import annotations

import collections
from collections.abc import Callable
import dataclasses

from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.messages import Instant, NEVER, ReceivedAudio, SoundPath
from txt2vid_ros.link.protocol.audio import (
    AudioBody,
    FIELD_BYTES,
    REPORT_BYTES,
    STAMP_TICK,
)
from txt2vid_ros.link.protocol.audio import (
    PACKET_SECONDS as LENGTHS,
)
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.session import Session
from txt2vid_ros.link.protocol.wire import FrameType
from txt2vid_ros.link.sound.incoming import IncomingSound, REPORT_INTERVAL
from txt2vid_ros.link.sound.ladder import AUTO, Ladder, TEXT
from txt2vid_ros.link.sound.outgoing import AudioPacket, OutgoingSound
from txt2vid_ros.link.sound.rungs import PACKET_SECONDS

_MAX_HELD = 64
"""Datagrams of sound that may wait for the consumer; the oldest are of no use beyond."""
_PATIENCE = 2.5
"""Seconds, besides the interval and one and a half round trips, that a report may take: some get
lost."""
_ROUND_TRIP_GUESS = 1.0
"""Seconds, before any has been measured."""
_LENGTH = LENGTHS.index(PACKET_SECONDS)


class SoundChannel:
    """Sends and takes the sound of an end, reports on it, and has the ladder decide by reports."""

    def __init__(self, config: LinkConfig, clock: OffsetEstimator) -> None:
        """Begin with text; `clock` knows the round trip."""
        self.ladder = Ladder(config)
        self._config, self._clock = config, clock
        self._outgoing, self._incoming = OutgoingSound(), IncomingSound()
        self._began = False
        self._heard: collections.deque[ReceivedAudio] = collections.deque(maxlen=_MAX_HELD)
        self._path: SoundPath | None = None
        """What the consumer has not been told yet."""
        self._told = (False, 0)
        self._sent = self._arrived = self._dropped = 0
        self._span = -NEVER, -NEVER
        """When the sound that was taken last begins and ends."""

    # What goes in -----------------------------------------------------------------------------

    def ask(self, mode: str, now: Instant) -> None:
        """Let speech go as text, as sound, or by what the path bears. Raises UserError."""
        self.ladder.ask(mode, now.mono)
        self._tell()

    def talks(self, now: Instant) -> None:
        """Note that somebody speaks: then it makes sense to try whether sound could go."""
        self.ladder.talks(now.mono)

    def submit(self, packet: bytes, stamp: float, now: Instant) -> None:
        """Take PACKET_SECONDS of coded sound, captured from `stamp` on (this wall clock)."""
        if self._began:
            self._outgoing.submit(AudioPacket(packet, stamp, now.mono))

    def begin(self) -> None:
        """Begin a session."""
        self._dropped += self._outgoing.dropped
        self._outgoing, self._incoming = OutgoingSound(), IncomingSound()
        self._began = True

    def take(self, counter: int, body: bytes, offset: float | None, now: Instant) -> None:
        """Take a new body; `offset` is this clock minus the other. Raises FrameError."""
        unpacked = AudioBody.unpack(body)
        if unpacked.report is not None:
            arrivals = self._outgoing.reported(unpacked.report)
            if arrivals is not None:
                self._sent += arrivals.sent
                self._arrived += arrivals.received
                self.ladder.report(arrivals, now.mono)
                self._tell()
        sound = self._incoming.take(counter, unpacked, offset or 0.0, now)
        if sound is not None:
            self._heard.append(sound)

    # What comes out ---------------------------------------------------------------------------

    def take_event(self) -> SoundPath | ReceivedAudio | None:
        """Return the oldest event; None where there are no more."""
        path, self._path = self._path, None
        if path is not None:
            return path
        return self._heard.popleft() if self._heard else None

    def wakeup(self, now: Instant) -> float:
        """Return when to call next() at the latest."""
        return min(self._incoming.report_due, self._outgoing.due(self._packets),
                   self.ladder.wakeup(now.mono), self._report_missing)

    def next(self, session: Session, now: Instant,  # noqa: A003
             ride: Callable[[Instant, int], bytes]) -> bytes | None:
        """Return a datagram to send now; None where nothing is due."""
        if now.mono >= self._report_missing:
            self._outgoing.give_up()
            self.ladder.silent(now.mono)
        self.ladder.tick(now.mono)
        self._tell()
        room = self._config.mtu - self._config.sound_overhead
        body = self._sound(room, now) or self._padding(now)
        report = self._incoming.report(now, rides=body is not None)
        if body is None and report is None:
            return None
        if report is not None:
            body = dataclasses.replace(body or AudioBody(), report=report)
        assert body is not None
        if body.measures:
            begin, end = self._span if body.packets else (-NEVER, -NEVER)
            self._outgoing.sent(session.sent(FrameType.AUDIO), begin, end, now.mono)
        packed = body.pack()
        return session.seal_next(FrameType.AUDIO, packed, ride(now, room - len(packed)))

    @property
    def figures(self) -> dict[str, float]:
        """Return what is reported of the sound; nothing while there is none."""
        if not (self.ladder.asked != TEXT or self._incoming.received):
            return {}
        return {'sound_bit_rate': self._told[1], 'sound_sent': self._sent,
                'sound_lost': self._sent - self._arrived,
                'sound_dropped': self._dropped + self._outgoing.dropped,
                'sound_received': self._incoming.received,
                'sound_queue_ms': 1000 * self._incoming.queue}

    # Within -----------------------------------------------------------------------------------

    @property
    def _packets(self) -> int:
        return self.ladder.rung.packets if self.ladder.rung else 1

    @property
    def _report_missing(self) -> float:
        round_trip = self._clock.smoothed_round_trip
        return (self._outgoing.unreported_since + REPORT_INTERVAL + _PATIENCE
                + 1.5 * (_ROUND_TRIP_GUESS if round_trip is None else round_trip))

    def _sound(self, room: int, now: Instant) -> AudioBody | None:
        if now.mono < self._outgoing.due(self._packets):
            return None
        packets = self._outgoing.take(self._packets, room - FIELD_BYTES - REPORT_BYTES, now.mono)
        if not packets:
            return None
        self._span = packets[0].stamp, packets[-1].stamp + PACKET_SECONDS
        return AudioBody(tuple(each.data for each in packets), _ticks(packets[0].stamp), _LENGTH)

    def _padding(self, now: Instant) -> AudioBody | None:
        trial = self.ladder.trial
        if trial is None or now.mono < trial.due:
            return None
        trial.sent(now.mono)
        return AudioBody((), _ticks(now.wall), padding=trial.rung.body_bytes - FIELD_BYTES)

    def _tell(self) -> None:
        """Note for the consumer what has changed."""
        ladder = self.ladder
        bit_rate = ladder.rung.bit_rate if ladder.carries and ladder.rung else 0
        if (ladder.carries, bit_rate) == self._told:
            return
        self._told = ladder.carries, bit_rate
        if ladder.asked == AUTO and not ladder.carries:
            self._outgoing.clear()
        self._path = SoundPath(ladder.carries, bit_rate, self._outgoing.arrived_until)


def _ticks(seconds: float) -> int:
    return round(seconds / STAMP_TICK)
