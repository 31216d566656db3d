"""Cards of a hostile peer through all of the exchange: refused in words, nothing kept, no harm."""

from __future__ import annotations

from pathlib import Path

from hostile_faces import clip, face, HOSTILE, jpeg, picture
import pytest
from txt2vid_ros.call.card import Card, CardHead, digest_of, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.exchange import CardExchange
from txt2vid_ros.call.face.taking import FacePolicy, Refusal
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.call.transfer.card_sender import CardSender, SenderState
from txt2vid_ros.call.transfer.messages import CardOffer, CardPiece, CardRefused, read_message

KEY = 'a' * 32
BUDGET = 1000


def end(folder: Path, policy: FacePolicy | None = None) -> CardExchange:
    return CardExchange(policy or FacePolicy(face_bytes=1_000_000), CardStore(folder), KEY,
                        lambda _: True, lambda: None)


def send(card: Card, to: CardExchange) -> CardSender:
    """Have a peer send a card, whatever is in it, until it is taken or refused."""
    assert card.face is not None
    sender = CardSender(card, FaceConsent.to(card.face))
    for now in range(5000):
        if (message := sender.poll(float(now), BUDGET)) is not None:
            to.take(message)
        while (answer := to.poll(0.0, BUDGET)) is not None:
            sender.take(answer)
        if sender.state != SenderState.SENDING:
            return sender
    pytest.fail('neither taken nor refused')


def refusal_of(to: CardExchange) -> Refusal:
    answer = read_message(to.poll(0.0, BUDGET) or b'')
    assert isinstance(answer, CardRefused)
    return answer.refusal


@pytest.mark.parametrize('coded', [FaceFormat.JPEG, FaceFormat.AV1])
def test_no_file_that_is_no_face_is_kept_or_ends_the_call(
        tmp_path: Path, coded: FaceFormat) -> None:
    taker = end(tmp_path)
    for what, data in HOSTILE.items():
        sender = send(Card.of('Mallory', 'en', (), face(data, coded)), taker)
        assert sender.refusal == 'the peer cannot read the face', what
        assert taker.refusal == 'cannot read the face'
        assert taker.peer is not None
        assert (taker.peer.head.name, taker.peer.face) == ('Mallory', None)
        assert not [path for path in tmp_path.rglob('*') if path.is_file()], what
    # The same peer may send a face after all.
    good = face(jpeg(), coded) if coded == FaceFormat.JPEG else face(picture())
    assert send(Card.of('Mallory', 'en', (), good), taker).state == SenderState.TAKEN
    assert taker.peer is not None and taker.peer.face is not None


def test_the_face_of_the_last_call_is_not_shown_for_one_that_is_refused(tmp_path: Path) -> None:
    assert send(Card.of('Anna', 'en', (), face(picture())), end(tmp_path)).refusal == ''
    later = end(tmp_path)
    assert later.peer is not None and later.peer.face is not None
    kept = later.peer.face
    assert send(Card.of('Eve', 'en', (), face(HOSTILE['SVG'])), later).refusal != ''
    assert (later.peer.head.name, later.peer.face) == ('Eve', None)
    assert kept.exists(), 'what was taken earlier is known again in a later call'


def altered(head: CardHead, width: int, height: int) -> bytes:
    """Return a head that says another size than a FaceOutline may have."""
    return head.pack()[:-10] + width.to_bytes(2, 'big') + height.to_bytes(2, 'big') + (
        head.pack()[-6:])


@pytest.mark.parametrize('side', [0, 4097, 30_000, 65_535])
@pytest.mark.parametrize('one', [face(jpeg(), FaceFormat.JPEG), face(picture())],
                         ids=['JPEG', 'AV1'])
def test_a_size_that_no_face_has_is_refused_before_anything_of_it_travels(
        tmp_path: Path, one: Face, side: int) -> None:
    taker = end(tmp_path)
    head = altered(CardHead('Mallory', 'en', (), one.outline), side, side)
    card = head + one.data
    taker.take(CardOffer(digest_of(card), 1, len(card), head).pack())
    assert refusal_of(taker) == Refusal.DAMAGED
    taker.take(CardPiece(digest_of(card)[:2], 0, card).pack())
    assert taker.peer is None and taker.progress == (0, 0)


@pytest.mark.parametrize(('policy', 'one', 'refusal'), [
    (FacePolicy(accept_face='none'), face(picture()), Refusal.NO_FACES),
    (FacePolicy(accept_face='pictures'), face(clip(), frames=5), Refusal.NO_CLIPS),
    (FacePolicy(face_bytes=100), face(jpeg(), FaceFormat.JPEG), Refusal.TOO_MANY_BYTES),
    (FacePolicy(face_pixels=7000), face(picture()), Refusal.TOO_MANY_PIXELS),
    (FacePolicy(face_seconds=0.4), face(clip(), frames=5), Refusal.TOO_LONG)])
def test_a_face_beyond_the_limits_costs_its_head(
        tmp_path: Path, policy: FacePolicy, one: Face, refusal: Refusal) -> None:
    taker = end(tmp_path, policy)
    card = Card.of('Anna', 'en', (), one)
    taker.take(CardOffer(card.digest, 1, len(card.pack()), card.head.pack()).pack())
    assert refusal_of(taker) == refusal
    assert taker.peer is not None and taker.peer.head.name == 'Anna'
    # Who sends it all the same fills nothing.
    taker.take(CardPiece(card.digest[:2], 0, card.pack()).pack())
    assert taker.peer.face is None and not [p for p in tmp_path.rglob('*') if p.is_file()]


def test_a_card_that_says_less_than_it_sends_is_not_taken_for_it(tmp_path: Path) -> None:
    """The head promises a small picture, the bytes are a clip, or go on."""
    small = face(picture())
    for data in (clip(), picture() + b'\0' * 5000):
        taker = end(tmp_path)
        head = CardHead('Mallory', 'en', (), small.outline)
        card = head.pack() + data
        taker.take(CardOffer(digest_of(card), 1, len(card), head.pack()).pack())
        assert refusal_of(taker) == Refusal.DAMAGED
        assert taker.peer is None


def test_clips_whose_frames_change_their_size_stay_as_large_as_they_say(tmp_path: Path) -> None:
    """AV1 says its size in each sequence header: a later one may be larger than the first."""
    big = HOSTILE['a bomb in AV1']
    both = picture() + big[32:]
    outline = FaceOutline(FaceFormat.AV1, 96, 80, 2, 10, len(both))
    sender = send(Card.of('Mallory', 'en', (), Face(outline, both)), end(tmp_path))
    assert sender.refusal == 'the peer cannot read the face'


@pytest.mark.parametrize('message', [
    b'', b'\1', b'\1' + bytes(20), b'\2ab', b'\3ab\1\0\0\0\0', b'\7ab', b'\4abc', b'\xff' * 50])
def test_what_is_no_message_is_said_and_forgotten(tmp_path: Path, message: bytes) -> None:
    taker = end(tmp_path)
    with pytest.raises(CardError):
        taker.take(message)
    assert send(Card.of('Anna', 'en', (), face(picture())), taker).state == SenderState.TAKEN
