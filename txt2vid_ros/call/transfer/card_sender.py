"""Sends one's own card: offers it, then sends what the receiver says it lacks, round by round."""

from __future__ import annotations

import collections
import enum

from txt2vid_ros.call.card import Card
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.face.taking import FaceRefusedError
from txt2vid_ros.call.transfer.byte_ranges import Range
from txt2vid_ros.call.transfer.messages import (
    CardCancelled,
    CardOffer,
    CardPiece,
    CardRefused,
    CardTaken,
    CardWanted,
    OFFER_BYTES,
    PIECE_OVERHEAD,
    read_message,
    TAG_BYTES,
)
from txt2vid_ros.core.backoff import Backoff

MOST_OFFERS = 50
"""Without an answer, after which the sender rests: for some 40 minutes with the usual pauses."""
_PAUSES = Backoff(first=2.0, largest=60.0)


class SenderState(enum.Enum):
    """How far the sender is."""

    SENDING = 'sending'
    TAKEN = 'taken'
    REFUSED = 'refused'
    CANCELLED = 'cancelled'
    UNANSWERED = 'unanswered'


class CardSender:
    """
    The sender's side of one card, without threads, clocks or sockets.

    `poll` gives what to send, `take` takes what has come. Times are seconds of any clock that goes
    on steadily.
    """

    def __init__(self, card: Card, consent: FaceConsent, *, brief: bool = False,
                 pauses: Backoff = _PAUSES) -> None:
        """
        Send what `consent` allows of a card.

        `brief`: the receiver may know it already, so the first offer comes without the head.
        `pauses`: between offers that nobody answers; longer than a round trip.
        """
        allowed = consent.allowed(card)
        self.digest = allowed.digest
        """Of what is sent, which may be the card without its face."""
        self._data = allowed.pack()
        head = allowed.head.pack()
        self._head_bytes = len(head)
        self._head = b'' if brief else head
        self._pauses = pauses
        self._queue: collections.deque[Range] = collections.deque()
        self._round = 0
        self._unanswered = 0
        self._next_offer = float('-inf')
        self._goodbye = False
        self.unknown: bool | None = None
        """Whether the receiver has nothing of it but its head; None until it has said so."""
        self.state = SenderState.SENDING
        self.refusal = ''
        """Why the receiver refused it, in words."""

    @property
    def wakeup(self) -> float:
        """Return when poll() has something to send; infinity for never."""
        if self._goodbye or (self.state == SenderState.SENDING and self._queue):
            return float('-inf')
        return self._next_offer if self.state == SenderState.SENDING else float('inf')

    def poll(self, now: float, budget: int) -> bytes | None:
        """Return the next message, of at most `budget` bytes; None where there is none now."""
        if self._goodbye and budget > TAG_BYTES:
            self._goodbye = False
            return CardCancelled(self.digest[:TAG_BYTES]).pack()
        if self.state != SenderState.SENDING:
            return None
        if self._queue:
            return self._piece(budget)
        if now < self._next_offer or budget < OFFER_BYTES:
            return None
        if self._unanswered >= MOST_OFFERS:
            self.state = SenderState.UNANSWERED
            return None
        self._unanswered += 1
        self._next_offer = now + self._pauses.after(self._unanswered)
        self._round = (self._round + 1) & 0xFF
        head = self._head if len(self._head) <= budget - OFFER_BYTES else b''
        # Once is enough: what of it was lost is asked for.
        self._head = b''
        return CardOffer(self.digest, self._round, len(self._data), head).pack()

    def _piece(self, budget: int) -> bytes | None:
        room = budget - PIECE_OVERHEAD
        if room < 1:
            return None
        start, end = self._queue.popleft()
        stop = min(end, start + room)
        if stop < end:
            self._queue.appendleft((stop, end))
        elif not self._queue:
            # Ask at once what of it has not arrived.
            self._next_offer = float('-inf')
        return CardPiece(self.digest[:TAG_BYTES], start, self._data[start:stop]).pack()

    def take(self, message: bytes) -> None:
        """Take what the receiver says. Raises CardError where it is no message to a sender."""
        said = read_message(message)
        if (not isinstance(said, (CardWanted, CardTaken, CardRefused))
                or said.tag != self.digest[:TAG_BYTES] or self.state in (
                    SenderState.TAKEN, SenderState.REFUSED, SenderState.CANCELLED)):
            return
        if isinstance(said, CardWanted):
            self._want(said)
            return
        self._queue.clear()
        if isinstance(said, CardTaken):
            self.state = SenderState.TAKEN
        else:
            self.state = SenderState.REFUSED
            self.refusal = f'the peer {FaceRefusedError(said.refusal, said.limit).words}'

    def _want(self, wanted: CardWanted) -> None:
        """Send these gaps, once, if they are the answer to the latest offer."""
        if wanted.round_number != self._round or not self._unanswered:
            return
        size = len(self._data)
        gaps = [(start, min(end, size)) for start, end in wanted.gaps if start < min(end, size)]
        if not gaps:
            return
        if self.unknown is None:
            # Before it has the head it asks for no more than that.
            self.unknown = gaps[0][0] <= self._head_bytes
        self._queue.extend(gaps)
        self._unanswered = 0
        self.state = SenderState.SENDING

    def cancel(self) -> None:
        """Send no more of it, and tell the receiver."""
        if self.state == SenderState.SENDING:
            self._queue.clear()
            self.state, self._goodbye = SenderState.CANCELLED, True
