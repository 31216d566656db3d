"""Messages of low priority beside the speech, such as the pieces of a card, both ways."""

from __future__ import annotations

import collections

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.data.farewell import Farewell
from txt2vid_ros.link.delivery.outbound import Outbound
from txt2vid_ros.link.messages import DataTaken, Instant, LastSent, NEVER, ReceivedData
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError

MAX_MESSAGES = 64
"""Messages that may wait."""
FIELD_BYTES = 3
"""Of a body besides its message, at most."""
_MAX_UNANSWERED = 6
"""Tries, after which a message waits until something comes from the other end."""
_LONGEST_PAUSE = 10.0
"""Seconds between two tries."""
_ACK_DELAY = 0.05
"""Seconds for which an acknowledgement waits for a message to ride on."""
_ROUND_TRIP_GUESS = 1.0
"""Seconds, before any round trip has been measured."""
_ACKS, _CARRIES = 1, 2
_NUMBERS = 256


class DataChannel:
    """
    Delivers each message once and in order; one is in flight at a time (stop and wait).

    So speech finds one datagram ahead of it at most, whatever queue is on the way, and the other
    end is never sent more than it has taken. Each copy is a datagram with a counter of its own.
    """

    def __init__(self, config: LinkConfig) -> None:
        """Begin empty."""
        self.largest = config.data_bytes - config.frame_bytes - FIELD_BYTES
        """Bytes of a message at most."""
        self._waiting: collections.deque[bytes] = collections.deque()
        self._seconds_a_try = (2 * config.wire_bits(bytes(config.data_bytes)) / config.rate
                               if config.rate else 0.0)
        self._number = 0
        self._wanted: int | None = None
        """The number of the message that comes next; None until one has come."""
        self._taken = 0
        """How many messages the other end has taken."""
        self.farewell = Farewell()
        self._ack_due = self._send_due = NEVER
        self._tries = 0

    @property
    def room(self) -> int:
        """How many more messages may be submitted."""
        return MAX_MESSAGES - len(self._waiting)

    @property
    def backlog(self) -> int:
        """How many messages have not been acknowledged."""
        return len(self._waiting)

    def wakeup(self, ready: float) -> float:
        """Return when there is something to send; `ready` is when a message may be."""
        return min(self._ack_due, max(self._send_due, ready))

    def submit(self, message: bytes, now: Instant) -> None:
        """Append a message. Raises UserError where it is too long, or too many wait."""
        self.check(message)
        if not self.room:
            raise UserError(f'{MAX_MESSAGES} messages wait for the link already',
                            'Submit no more than there is room for')
        self._waiting.append(message)
        if len(self._waiting) == 1:
            self._tries, self._send_due = 0, now.mono

    def submit_last(self, message: bytes, now: Instant) -> None:
        """
        Take a message that goes after all that was said before it; LastSent tells the outcome.

        Raises UserError where it is too long.
        """
        self.check(message)
        self.farewell.begin(message, now)

    def prepare(self, now: Instant, outbound: Outbound, connected: bool) -> LastSent | None:
        """Submit the last message where that is due; return its outcome, once."""
        if self.room and self.farewell.may_go(outbound):
            self.submit(self.farewell.take(self._taken + self.backlog), now)
        return self.farewell.step(now, outbound, self._taken, connected)

    def check(self, message: bytes) -> None:
        """Raise UserError where no datagram can carry a message."""
        if not 0 < len(message) <= self.largest:
            raise UserError(f'a message of {len(message)} bytes does not fit a datagram',
                            f'Send 1 to {self.largest} bytes at a time')

    def begin(self, now: Instant, known: bool) -> None:
        """Begin a session; `known` is whether the other end is the one of before."""
        if not known:
            self._wanted = None
        self._ack_due = NEVER
        self.heard(now)

    def heard(self, now: Instant) -> None:
        """Note that something came from the other end, which may answer again."""
        self.farewell.heard(now)
        if self._waiting and (self._send_due == NEVER or self._tries >= _MAX_UNANSWERED):
            self._tries, self._send_due = 0, now.mono

    def take(self, body: bytes, now: Instant) -> list[DataTaken | ReceivedData]:
        """Take a body; return what is new of it. Raises FrameError."""
        waiting = self.backlog
        message = self._take(body, now)
        taken = [DataTaken(self.backlog)] if self.backlog < waiting else []
        return [*taken, *([] if message is None else [ReceivedData(message)])]

    def _take(self, body: bytes, now: Instant) -> bytes | None:
        reader = BodyReader(body)
        flags = reader.byte()
        if flags & _ACKS:
            self._acknowledged(reader.byte(), now)
        if not flags & _CARRIES:
            return None
        number, message = reader.byte(), reader.rest()
        self._ack_due = min(self._ack_due, now.mono + _ACK_DELAY)
        if self._wanted is not None and number == (self._wanted - 1) % _NUMBERS:
            return None  # It has come before; its acknowledgement was lost.
        if self._wanted is not None and number != self._wanted:
            raise FrameError('not the message that comes next')
        self._wanted = (number + 1) % _NUMBERS
        return message

    def _acknowledged(self, wanted: int, now: Instant) -> None:
        if self._waiting and wanted == (self._number + 1) % _NUMBERS:
            self._waiting.popleft()
            self._taken += 1
            self._number = wanted
            self._tries, self._send_due = 0, now.mono if self._waiting else NEVER

    def next(self, now: Instant, round_trip: float | None,  # noqa: A003
             ready: bool = True) -> bytes | None:
        """Return a body to send now, with a message where `ready`; None where nothing is due."""
        sends = ready and now.mono >= self._send_due
        if not sends and now.mono < self._ack_due:
            return None
        flags, fields = 0, b''
        if self._wanted is not None:
            flags, fields, self._ack_due = _ACKS, bytes([self._wanted]), NEVER
        if not sends:
            return bytes([flags]) + fields
        self._tries += 1
        if self._tries >= _MAX_UNANSWERED:
            self._send_due = NEVER
        else:
            answer = 1.5 * (round_trip or _ROUND_TRIP_GUESS) + 0.3 + self._seconds_a_try
            self._send_due = now.mono + Backoff(
                answer, max(_LONGEST_PAUSE, answer)).after(self._tries)
        return (bytes([flags | _CARRIES]) + fields + bytes([self._number]) + self._waiting[0])
