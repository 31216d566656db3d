"""A card arrives whole over any link, or is refused in words; a cut costs little."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
import random

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from txt2vid_ros.call.card import Card, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.face.taking import FacePolicy, FaceRefusedError, Refusal
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.transfer.byte_ranges import ByteRanges, MOST_RANGES
from txt2vid_ros.call.transfer.card_receiver import CardReceiver, ReceiverState
from txt2vid_ros.call.transfer.card_sender import CardSender, MOST_OFFERS, SenderState
from txt2vid_ros.call.transfer.messages import CardOffer, CardPiece, CardRefused, read_message
from txt2vid_ros.core.people import NamedVoice

FACE = Face(FaceOutline(FaceFormat.AV1, 320, 400, 1, 1, 3000),
            b''.join(hashlib.sha256(bytes([n])).digest() for n in range(94))[:3000])
CARD = Card.of('Anna', 'en-GB', (NamedVoice('hibari', 'heart'),), FACE)
CONSENT = FaceConsent.to(FACE)


def receiver(file: Path | None = None, policy: FacePolicy | None = None,
             known: tuple[bytes, ...] = ()) -> CardReceiver:
    return CardReceiver(policy or FacePolicy(), known.__contains__, file)


class Link:
    """Both ends, and a link between them that does what `fate` says."""

    def __init__(self, sender: CardSender, taker: CardReceiver, budget: int = 200) -> None:
        self.sender, self.taker, self.budget = sender, taker, budget
        self.now = 0.0
        self.bytes = 0
        self.late: list[tuple[bool, bytes]] = []

    def deliver(self, forward: bool, message: bytes) -> None:
        (self.taker if forward else self.sender).take(message)

    def step(self, copies: int = 1, hold: bool = False) -> None:
        """Carry one message of each end `copies` times; `hold` it back until release()."""
        self.now += 1.0
        for forward, message in ((True, self.sender.poll(self.now, self.budget)),
                                 (False, self.taker.poll(self.budget))):
            if message is None:
                continue
            assert len(message) <= self.budget
            self.bytes += len(message)
            if hold:
                self.late.append((forward, message))
            else:
                for _ in range(copies):
                    self.deliver(forward, message)

    def release(self, seed: int) -> None:
        random.Random(seed).shuffle(self.late)
        held, self.late = self.late, []
        for forward, message in held:
            self.deliver(forward, message)

    def finish(self, most: int = 2000) -> None:
        for _ in range(most):
            self.step()
            if self.taker.state == ReceiverState.WHOLE:
                self.taker.accept()
            if self.sender.state == SenderState.TAKEN:
                return
        pytest.fail(f'not taken: {self.sender.state}, {self.taker.state}')


@pytest.mark.parametrize('budget', [22, 40, 233, 1200])
def test_a_card_arrives_in_pieces_of_any_size(budget: int) -> None:
    link = Link(CardSender(CARD, CONSENT), receiver(), budget)
    link.finish()
    assert link.taker.card == CARD
    if budget > 200:
        assert link.bytes < len(CARD.pack()) * 1.05 + 60


EVENTS = st.lists(st.one_of(
    st.tuples(st.just('step'), st.integers(0, 3)),
    st.tuples(st.just('hold'), st.integers(1, 8)),
    st.tuples(st.just('release'), st.integers(0, 99)),
    st.tuples(st.sampled_from(['sender starts anew', 'receiver starts anew', 'receiver is cut']),
              st.just(0))), max_size=60)


@settings(max_examples=60)
@given(EVENTS, st.sampled_from([30, 100, 700]))
def test_loss_reordering_repetition_and_restarts_harm_nothing(
        tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, int]], budget: int
        ) -> None:
    file = tmp_path_factory.mktemp('partial') / 'partial'
    link = Link(CardSender(CARD, CONSENT), receiver(file), budget)
    for event, number in events:
        if event == 'step':
            link.step(copies=number)
        elif event == 'hold':
            for _ in range(number):
                link.step(hold=True)
        elif event == 'release':
            link.release(number)
        elif event == 'sender starts anew':
            link.sender = CardSender(CARD, CONSENT, brief=True)
        else:
            if event == 'receiver starts anew':
                link.taker.save()
            link.taker = receiver(file)
    link.release(1)
    link.finish()
    assert link.taker.card is None or link.taker.card == CARD
    assert not file.exists() or link.taker.card is None


def test_after_a_cut_only_the_rest_is_sent(tmp_path: Path) -> None:
    file = tmp_path / 'partial'
    link = Link(CardSender(CARD, CONSENT), receiver(file), 200)
    while link.taker.progress[0] < 2500:
        link.step()
    assert file.stat().st_mode & 0o777 == 0o600
    again = Link(CardSender(CARD, CONSENT), receiver(file), 200)
    again.finish()
    assert again.taker.card == CARD
    assert again.bytes < len(CARD.pack()) - 2048 + 200
    assert not file.exists()


def test_a_damaged_file_of_what_had_arrived_is_left_aside(tmp_path: Path) -> None:
    file = tmp_path / 'partial'
    for content in (b'', b'x' * 50, CARD.digest + len(CARD.pack()).to_bytes(3, 'big')
                    + b'\xff\xff' + b'\0' * 40):
        file.write_bytes(content)
        link = Link(CardSender(CARD, CONSENT), receiver(file))
        link.finish()
        assert link.taker.card == CARD


def test_a_card_that_is_known_costs_a_few_bytes() -> None:
    link = Link(CardSender(CARD, CONSENT, brief=True), receiver(known=(CARD.digest,)))
    link.finish()
    assert link.bytes == 24
    assert link.taker.card is None and link.taker.digest == CARD.digest


def test_a_face_without_consent_does_not_leave() -> None:
    link = Link(CardSender(CARD, FaceConsent()), receiver())
    link.finish()
    assert link.taker.card == CARD.without_face()
    assert link.bytes < 100


@pytest.mark.parametrize('brief', [False, True])
@pytest.mark.parametrize(('policy', 'words'), [
    (FacePolicy(accept_face='none'), 'the peer takes no faces'),
    (FacePolicy(face_bytes=2000), 'the peer takes faces of at most 2000 bytes'),
    (FacePolicy(face_pixels=100_000), 'the peer takes faces of at most 100000 pixels')])
def test_a_face_that_is_not_taken_is_refused_before_it_travels(
        policy: FacePolicy, words: str, brief: bool) -> None:
    link = Link(CardSender(CARD, CONSENT, brief=brief), receiver(policy=policy))
    while link.sender.state == SenderState.SENDING:
        link.step()
    assert link.sender.refusal == words
    assert link.taker.head == CARD.head
    assert link.bytes < 600


def test_a_face_that_turns_out_bad_is_refused_in_the_end() -> None:
    link = Link(CardSender(CARD, CONSENT), receiver(), 1200)
    while link.taker.state != ReceiverState.WHOLE:
        link.step()
    link.taker.refuse(FaceRefusedError(Refusal.SHOWS_NO_FACE))
    while link.sender.state == SenderState.SENDING:
        link.step()
    assert link.sender.refusal == 'the peer finds no face in what was sent'


def test_bytes_that_are_not_the_card_are_asked_for_again_and_then_refused() -> None:
    taker = receiver()
    taker.take(CardOffer(CARD.digest, 1, len(CARD.pack()), CARD.head.pack()).pack())
    good, bad = CARD.pack(), CARD.pack()[:-1] + b'!'
    for data in (bad, bad):
        taker.take(CardPiece(CARD.digest[:2], 0, data).pack())
        assert taker.state == ReceiverState.TAKING and taker.progress[0] == 0
    taker.take(CardPiece(CARD.digest[:2], 0, good).pack())
    assert taker.state == ReceiverState.WHOLE
    worse = receiver()
    worse.take(CardOffer(CARD.digest, 1, len(CARD.pack()), CARD.head.pack()).pack())
    for _ in range(3):
        worse.take(CardPiece(CARD.digest[:2], 0, bad).pack())
    assert read_message(worse.poll(50) or b'') == CardRefused(CARD.digest[:2], Refusal.DAMAGED)


def test_either_end_can_give_up() -> None:
    link = Link(CardSender(CARD, CONSENT), receiver())
    for _ in range(5):
        link.step()
    link.sender.cancel()
    link.step()
    assert link.sender.state == SenderState.CANCELLED
    assert link.taker.state == ReceiverState.IDLE
    link = Link(CardSender(CARD, CONSENT), receiver())
    for _ in range(5):
        link.step()
    link.taker.refuse(FaceRefusedError(Refusal.CANCELLED))
    link.step()
    assert link.sender.refusal == 'the peer has stopped taking the face'


def test_a_changed_face_replaces_the_one_on_its_way() -> None:
    link = Link(CardSender(CARD, CONSENT), receiver())
    for _ in range(5):
        link.step()
    other = Face(FACE.outline, FACE.data[::-1])
    card = Card.of('Anna', 'en-GB', (), other)
    link.sender = CardSender(card, FaceConsent.to(other))
    link.finish()
    assert link.taker.card == card


def test_nobody_who_does_not_answer_is_asked_for_ever() -> None:
    sender, now = CardSender(CARD, CONSENT), 0.0
    offers = 0
    while sender.state == SenderState.SENDING:
        offers += sender.poll(now, 1200) is not None
        last, now = now, max(now, sender.wakeup)
    assert sender.state == SenderState.UNANSWERED
    assert offers == MOST_OFFERS and 1800 < last < 3600


@given(st.lists(st.binary(max_size=60) | st.builds(
    lambda kind, rest: bytes([kind]) + CARD.digest[:2] + rest,
    st.integers(0, 7), st.binary(max_size=40)), max_size=20))
def test_no_message_does_harm(messages: list[bytes]) -> None:
    sender, taker = CardSender(CARD, CONSENT), receiver()
    sender.poll(0.0, 1200)
    taker.take(CardOffer(CARD.digest, 1, len(CARD.pack())).pack())
    for message in messages:
        for end in (sender, taker):
            try:
                end.take(message)
            except CardError:
                continue
        taker.poll(1200)
    assert taker.progress[1] <= 1_000_512


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=40))
def test_ranges_know_what_is_missing(added: list[tuple[int, int]]) -> None:
    ranges, there = ByteRanges(), set[int]()
    for start, count in added:
        assert ranges.add(start, start + count)
        there |= set(range(start, start + count))
    assert ranges.total == len(there)
    gaps = {at for start, end in ranges.missing(70) for at in range(start, end)}
    assert gaps == set(range(70)) - there
    pairs = list(ranges)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(pairs))


def test_a_card_in_crumbs_does_not_fill_the_memory() -> None:
    ranges = ByteRanges()
    for at in range(0, 10_000, 2):
        ranges.add(at, at + 1)
    assert len(list(ranges)) == MOST_RANGES
    assert ranges.add(0, 10_000) and ranges.covers(10_000)
