"""Takes a peer's card: says what is lacking, until it is whole, known or refused."""

from __future__ import annotations

from collections.abc import Callable
import enum
from pathlib import Path

from txt2vid_ros.call.card import (
    Card,
    CardHead,
    digest_of,
    head_bytes,
    LENGTH_BYTES,
    MOST_HEAD_BYTES,
)
from txt2vid_ros.call.face.taking import FacePolicy, FaceRefusedError, Refusal
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.transfer.messages import (
    CardCancelled,
    CardMessage,
    CardOffer,
    CardPiece,
    CardRefused,
    CardTaken,
    CardWanted,
    read_message,
    TAG_BYTES,
)
from txt2vid_ros.call.transfer.partial_card import PartialCard

_MOST_DAMAGED = 3
"""Times that a whole card may have another digest than was offered."""


class ReceiverState(enum.Enum):
    """How far the receiver is."""

    IDLE = 'idle'
    TAKING = 'taking'
    WHOLE = 'whole'
    """All bytes are there; whether the face is taken is for the owner of this object to say."""
    TAKEN = 'taken'
    REFUSED = 'refused'


class CardReceiver:
    """
    The receiver's side, without threads, clocks or sockets; one card at a time.

    `take` takes what has come, `poll` gives what to send. Once `state` is WHOLE, look at `card`,
    then call accept() or refuse(). `head` is there much earlier, and in any case where a face is
    refused.
    """

    def __init__(self, policy: FacePolicy, known: Callable[[bytes], bool],
                 partial_file: Path | None = None) -> None:
        """
        Take what `policy` allows. `known`: whether there is a card of that digest already.

        `partial_file`: where to keep what has arrived, so that a cut costs little.
        """
        self._policy, self._known, self._file = policy, known, partial_file
        self._offer: CardOffer | None = None
        self._partial: PartialCard | None = None
        self._reply: CardMessage | None = None
        self._damaged = 0
        self.state = ReceiverState.IDLE
        self.digest = b''
        """Of the card that is offered."""
        self.head: CardHead | None = None
        """What the card says, but for its face. The digest is not compared before all is there."""
        self.card: Card | None = None
        self.refusal: FaceRefusedError | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """Return how many bytes have arrived, and of how many."""
        return (self._partial.arrived, self._partial.size) if self._partial else (0, 0)

    def take(self, message: bytes) -> None:
        """Take what the sender says. Raises CardError where it is no message to a receiver."""
        said = read_message(message)
        if isinstance(said, CardOffer):
            self._offered(said)
        elif isinstance(said, (CardPiece, CardCancelled)) and said.tag == self.digest[:TAG_BYTES]:
            if isinstance(said, CardCancelled):
                self._forget()
            elif self.state == ReceiverState.TAKING and self._partial is not None:
                self._partial.put(said.offset, said.data)
                self._look()

    def poll(self, budget: int) -> bytes | None:
        """Return the answer that is due, of at most `budget` bytes; None where none is."""
        reply = self._reply
        if reply is None:
            return None
        if isinstance(reply, CardWanted):
            reply = reply.fitting(budget)
            if not reply.gaps:
                return None
        packed = reply.pack()
        if len(packed) > budget:
            return None
        self._reply = None
        return packed

    def accept(self) -> None:
        """Say that the card is taken; call it in the state WHOLE."""
        self.state = ReceiverState.TAKEN
        self._answer()
        if self._partial is not None:
            self._partial.drop()

    def refuse(self, refusal: FaceRefusedError) -> None:
        """Take no more of it, and tell the sender why."""
        if self._offer is None:
            return
        self.refusal, self.state = refusal, ReceiverState.REFUSED
        if self._partial is not None:
            self._partial.drop()
        self._answer()

    def save(self) -> None:
        """Save what has arrived: before the end of the program."""
        if self.state == ReceiverState.TAKING and self._partial is not None:
            self._partial.save()

    def _offered(self, offer: CardOffer) -> None:
        if offer.digest != self.digest:
            self._forget()
            self.digest = offer.digest
            if self._known(offer.digest):
                self.state = ReceiverState.TAKEN
            else:
                self.state = ReceiverState.TAKING
                self._partial = PartialCard(offer.digest, offer.size, MOST_HEAD_BYTES, self._file)
        self._offer = offer
        if self.state == ReceiverState.TAKING and self._partial is not None:
            if offer.size != self._partial.size:
                raise CardError('the size of a card is another than before')
            self._partial.put(0, offer.head)
            self._look()
        self._answer()

    def _look(self) -> None:
        """Read the head once it is there, and the card once it is whole."""
        partial = self._partial
        assert partial is not None
        try:
            if self.head is None and not self._read_head(partial):
                return
            if not partial.complete:
                return
            data = partial.begins(partial.size) or b''
            if digest_of(data) != self.digest:
                self._again(partial)
                return
            self.card = Card.unpack(data)
        except CardError as error:
            self.refuse(FaceRefusedError(Refusal.DAMAGED, detail=str(error)))
            return
        except FaceRefusedError as error:
            self.refuse(error)
            return
        self.state = ReceiverState.WHOLE

    def _read_head(self, partial: PartialCard) -> bool:
        """Return whether the head is there. Raises CardError, and FaceRefusedError."""
        start = partial.begins(LENGTH_BYTES)
        data = start and partial.begins(head_bytes(start))
        if not data:
            return False
        head = CardHead.unpack(data)
        if head.card_bytes != partial.size:
            raise CardError('a card has another size than was offered')
        self.head = head
        if head.face is not None:
            self._policy.check(head.face)
        partial.grow()
        return True

    def _again(self, partial: PartialCard) -> None:
        """Begin anew with a card whose bytes are not those that were offered."""
        self._damaged += 1
        if self._damaged >= _MOST_DAMAGED:
            raise CardError('its bytes are not those that were offered')
        partial.restart()
        self.head = None

    def _answer(self) -> None:
        """Have poll() say how far this end is."""
        assert self._offer is not None
        tag = self.digest[:TAG_BYTES]
        self._reply = None
        if self.state == ReceiverState.TAKEN:
            self._reply = CardTaken(tag)
        elif self.state == ReceiverState.REFUSED and self.refusal is not None:
            self._reply = CardRefused(tag, self.refusal.refusal, self.refusal.limit)
        elif self.state == ReceiverState.TAKING and self._partial is not None:
            self._reply = CardWanted(tag, self._offer.round_number, self._partial.missing())

    def _forget(self) -> None:
        """Forget the card that was offered; its file stays until another one replaces it."""
        if self.state == ReceiverState.TAKING and self._partial is not None:
            self._partial.save()
        self._offer = self._partial = self._reply = self.head = self.card = self.refusal = None
        self.digest, self._damaged, self.state = b'', 0, ReceiverState.IDLE
