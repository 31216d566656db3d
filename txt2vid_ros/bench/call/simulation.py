"""Two ends of a call on a simulated network: speech both ways, and the caller's card beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from txt2vid_ros.bench.link.simulation import LinkSimulation, SimulatedNetwork
from txt2vid_ros.call.card import Card
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.exchange import CardExchange
from txt2vid_ros.call.face.taking import FacePolicy
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.keys import NO_KEY
from txt2vid_ros.link.messages import Instant, LinkEvent, ReceivedData
from txt2vid_ros.link.peer import Peer

STEP = 0.05
"""Seconds between two looks of the node call, as simulated."""
IN_FLIGHT = 2
_IDENTITY = 'c' * 32


class SaidTurn(NamedTuple):
    """What is said: by the called end or the caller, and how many seconds it takes."""

    answers: bool
    text: str
    seconds: float


class CallSimulation:
    """
    A call whose caller has a card.

    The called end decodes the face in a process apart, in no simulated time.
    """

    def __init__(self, network: SimulatedNetwork, config: LinkConfig, store: Path, card: Card,
                 seed: int = 0, preview: Card | None = None) -> None:
        """Begin; the called end keeps cards in `store`."""
        self.link = LinkSimulation(TextCodec(), (NO_KEY, NO_KEY), network, config, seed,
                                   two_way=True)
        self._started = self.link.now
        self._caller = _exchange(store / 'caller')
        self._called = _exchange(store / 'called')
        faces = [each.face for each in (card, preview) if each and each.face]
        self._caller.offer(card, FaceConsent.to(*faces), preview)
        self._whole = card.digest
        self._taken = [0, 0]
        self.seconds_to_face: float | None = None
        """From the start of both ends until the called one can show the caller's face."""
        self.seconds_to_whole_face: float | None = None
        """Until it is the face of the card, and no preview of it."""
        self.said_at: dict[str, float] = {}

    def say(self, turn: SaidTurn) -> None:
        """Say something, and let the time pass that it takes."""
        self.said_at[turn.text] = self.link.now
        (self.link.answer if turn.answers else self.link.say)(turn.text)
        self.run(turn.seconds)

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let time pass."""
        end = self.link.now + seconds
        while self.link.now < end and not until():
            self._exchange_cards()
            self.link.run(min(STEP, end - self.link.now))

    @property
    def delays(self) -> list[float]:
        """Return how long each text took that has arrived, in the order of both directions."""
        return [at - self.said_at[heard.text]
                for heard_at in (self.link.heard_at, self.link.answered_at)
                for at, heard in heard_at]

    def _exchange_cards(self) -> None:
        link = self.link
        if not link.sender.counters.sessions:
            return
        for number, (peer, exchange, events, now) in enumerate((
                (link.sender, self._caller, link.sender_events, link.sender_time),
                (link.receiver, self._called, link.receiver_events, link.receiver_time))):
            for message in _messages(events[self._taken[number]:]):
                exchange.take(message)
            self._taken[number] = len(events)
            _send(peer, exchange, now)
        kept = self._called.peer
        if self.seconds_to_face is None and kept is not None and kept.face is not None:
            self.seconds_to_face = link.now - self._started
        if (self.seconds_to_whole_face is None and kept is not None
                and kept.digest == self._whole):
            self.seconds_to_whole_face = link.now - self._started


def _exchange(store: Path) -> CardExchange:
    return CardExchange(FacePolicy(), CardStore(store), _IDENTITY, lambda _: True, lambda: None)


def _messages(events: Sequence[LinkEvent]) -> list[bytes]:
    return [event.message for event in events if isinstance(event, ReceivedData)]


def _send(peer: Peer, exchange: CardExchange, now: Instant) -> None:
    while peer.data.backlog < IN_FLIGHT:
        message = exchange.poll(now.mono, peer.data.largest)
        if message is None:
            return
        peer.submit_data(message, now)
