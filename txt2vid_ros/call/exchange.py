"""Both directions of cards in a call: one's own to the peer, and the peer's to the store."""

from __future__ import annotations

from collections.abc import Callable
import logging
from pathlib import Path

from txt2vid_ros.call.card import Card, CardHead
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.face.taking import FacePolicy, FaceRefusedError, FindFace, take_face
from txt2vid_ros.call.store import CardStore, KeptCard
from txt2vid_ros.call.transfer.card_receiver import CardReceiver, ReceiverState
from txt2vid_ros.call.transfer.card_sender import CardSender, SenderState
from txt2vid_ros.core.errors import UserError

log = logging.getLogger(__name__)

NEVER = float('inf')


class CardExchange:
    """
    Sends one's own card and takes the peer's, without threads, clocks or sockets.

    take() gets what has come over the link, poll() gives what to send. Taking a face decodes it,
    so take() may need seconds; whoever calls it should not be the link's own thread.
    """

    def __init__(self, policy: FacePolicy, store: CardStore, identity: str,
                 shows_face: FindFace, changed: Callable[[], None]) -> None:
        """
        Begin with the card that `identity` had last time, if any.

        `shows_face`: whether a picture has a face. `changed` is called whenever `peer`, `head`,
        `progress` or `refusal` may be another.
        """
        self._policy, self._store, self._identity = policy, store, identity
        self._shows_face, self._changed = shows_face, changed
        self._own: Card | None = None
        self._consent = FaceConsent()
        self._preview: Card | None = None
        self._previews = False
        self._sender: CardSender | None = None
        self._received = False
        self._head: CardHead | None = None
        self.peer = next((kept for kept in store if kept.identity == identity), None)
        """The card that was taken last; of an earlier call until this one's is there."""
        self._receiver = CardReceiver(policy, self._is_known, self._partial())

    @property
    def head(self) -> CardHead | None:
        """Return what the peer says of itself: that of the card on its way where it is there."""
        return self._receiver.head or self._head or (self.peer.head if self.peer else None)

    @property
    def progress(self) -> tuple[int, int]:
        """Return how many bytes of the peer's card have arrived, and of how many; (0, 0): none."""
        taking = self._receiver.state == ReceiverState.TAKING
        return self._receiver.progress if taking else (0, 0)

    @property
    def refusal(self) -> str:
        """Return why the peer's face is not taken, in words after 'this end'; '' where it is."""
        return self._receiver.refusal.words if self._receiver.refusal else ''

    @property
    def own(self) -> Card | None:
        """Return what of one's own card is sent."""
        return self._consent.allowed(self._own) if self._own else None

    @property
    def own_state(self) -> SenderState | None:
        """Return how far one's own card is; None before there is one."""
        return self._sender.state if self._sender else None

    @property
    def own_refusal(self) -> str:
        """Return why the peer does not take one's own card, in words; '' where it does."""
        return self._sender.refusal if self._sender else ''

    def offer(self, card: Card, consent: FaceConsent, preview: Card | None = None) -> None:
        """
        Send what `consent` allows of a card, in place of the one before.

        `preview`: the same card with a face of fewer bytes, which goes first where the other end
        has nothing of it.
        """
        self._own, self._consent, self._preview = card, consent, preview
        self._previews = False
        self._sender = CardSender(card, consent, brief=preview is not None)
        self._changed()

    def session_began(self) -> None:
        """Offer one's own card again: the other end may have started anew."""
        self._previews = False
        self._offer_again()
        self._changed()

    @property
    def wakeup(self) -> float:
        """Return when poll() has something to send, infinity for never."""
        if self._received:
            return -NEVER
        return self._sender.wakeup if self._sender else NEVER

    def poll(self, now: float, budget: int) -> bytes | None:
        """Return the next message, of at most `budget` bytes; None where there is none now."""
        answer = self._receiver.poll(budget)
        if answer is not None:
            return answer
        self._received = False
        return self._sender.poll(now, budget) if self._sender else None

    def take(self, message: bytes) -> None:
        """Take what has come. Raises CardError where it is no message of cards."""
        self._receiver.take(message)
        if self._sender is not None:
            self._sender.take(message)
            self._next_card(self._sender)
        self._received = True
        # The next card may come without it at first; it is the same peer.
        self._head = self._receiver.head or self._head
        state = self._receiver.state
        if state == ReceiverState.WHOLE:
            self._accept()
        elif state == ReceiverState.REFUSED:
            self._keep_head()
        elif state == ReceiverState.TAKEN and not self._shown(self._receiver.digest):
            self.peer = self._store.find(self._identity, self._receiver.digest)
            self._head = self.peer.head if self.peer else self._head
        self._changed()

    def close(self) -> None:
        """Save what has arrived of a card."""
        self._receiver.save()

    def _offer_again(self) -> None:
        if self._own is not None:
            self._sender = CardSender(self._own, self._consent, brief=True)

    def _next_card(self, sender: CardSender) -> None:
        """Send the preview before a card that the other end knows nothing of, then that."""
        if self._preview is None or self._own is None:
            return
        if self._previews:
            if sender.state in (SenderState.TAKEN, SenderState.REFUSED):
                self._previews, self._preview = False, None
                self._offer_again()
        elif sender.unknown:
            self._previews = True
            self._sender = CardSender(self._preview, self._consent)

    def _accept(self) -> None:
        """Take the card that is whole, or refuse its face."""
        card = self._receiver.card
        assert card is not None
        digest = self._receiver.digest
        try:
            if card.face is not None:
                take_face(card.face, self._policy,
                          self._store.face_place(self._identity, digest), self._shows_face)
            self.peer = self._store.keep(self._identity, digest, card.head)
        except FaceRefusedError as error:
            log.warning('the face of %s is not taken: %s', card.head.name, error)
            self._receiver.refuse(error)
            self._keep_head()
        except UserError as error:
            log.error('%s', error)
        else:
            self._receiver.accept()

    def _keep_head(self) -> None:
        """Use all of a card but its face, for this call alone: the next may allow the face."""
        head = self._receiver.head
        if head is not None and (self.peer is None or self.peer.head != head):
            self.peer = KeptCard(self._identity, b'', head, None, 0, 0.0)

    def _is_known(self, digest: bytes) -> bool:
        kept = self._store.find(self._identity, digest)
        if kept is None or kept.head.face is None:
            return kept is not None
        # What was taken once may be more than is wanted today.
        try:
            self._policy.check(kept.head.face)
        except FaceRefusedError:
            return False
        return kept.face is not None

    def _shown(self, digest: bytes) -> bool:
        return self.peer is not None and self.peer.digest == digest

    def _partial(self) -> Path | None:
        try:
            return self._store.partial(self._identity)
        except OSError as error:
            log.warning('a card that a cut interrupts will begin anew: %s', error)
            return None
