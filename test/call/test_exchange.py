"""Cards between two ends in memory: faces, refusals, what is known from an earlier call."""

from __future__ import annotations

import collections
from pathlib import Path

import numpy as np
import pytest
from txt2vid_ros.call.card import Card, Face
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.exchange import CardExchange
from txt2vid_ros.call.face.making import FaceBudget
from txt2vid_ros.call.face.taking import FacePolicy
from txt2vid_ros.call.own_faces import OwnFaces
from txt2vid_ros.call.peer_people import people_of, write_people
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.call.transfer.card_sender import SenderState
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import NamedVoice, People
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT

KEY = 'a' * 32
BUDGET = 200
TURNED = Path(__file__).parents[1] / 'portraits' / 'turned.jpg'


class End:
    """One end with a store of its own."""

    def __init__(self, folder: Path, policy: FacePolicy | None = None, *, face: bool = True
                 ) -> None:
        self.exchange = CardExchange(policy or FacePolicy(), CardStore(folder), KEY,
                                     lambda _: face, lambda: None)
        self.sent = 0


def talk(one: End, other: End, *, lose: int = 0) -> None:
    """Carry messages both ways until nobody has anything to say; lose each `lose`th."""
    now, count = 0.0, 0
    quiet = 0
    while quiet < 3:
        quiet += 1
        for giver, taker in ((one, other), (other, one)):
            while (message := giver.exchange.poll(now, BUDGET)) is not None:
                quiet, count = 0, count + 1
                giver.sent += len(message)
                if not lose or count % lose:
                    taker.exchange.take(message)
        now += 100.0
        assert count < 2000


@pytest.fixture(scope='module')
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    return OwnFaces(tmp_path_factory.mktemp('own')).get(BUILT_IN_PORTRAIT, FaceBudget(3000))


def card(name: str, face: Face | None = None) -> Card:
    return Card.of(name, 'en', (NamedVoice('hibari', 'oak'),), face)


@pytest.mark.parametrize('lose', [0, 4])
def test_each_end_gets_the_card_of_the_other(tmp_path: Path, face: Face, lose: int) -> None:
    anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
    anna.exchange.offer(card('Anna', face), FaceConsent.to(face))
    bert.exchange.offer(card('Bert'), FaceConsent())
    talk(anna, bert, lose=lose)
    shown = bert.exchange.peer
    assert shown is not None and shown.face is not None
    assert shown.head.name == 'Anna' and shown.face.suffix == '.jpg'
    known = anna.exchange.peer
    assert known is not None and (known.head.name, known.face) == ('Bert', None)
    assert (anna.exchange.own_state, bert.exchange.own_state) == (SenderState.TAKEN,) * 2


def test_the_next_call_costs_a_few_bytes_and_shows_the_face_at_once(
        tmp_path: Path, face: Face) -> None:
    for first in (True, False):
        anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
        peer = bert.exchange.peer
        assert (peer is None) == first
        anna.exchange.offer(card('Anna', face), FaceConsent.to(face))
        anna.exchange.session_began()
        talk(anna, bert)
    assert peer is not None and peer.face is not None
    assert anna.sent + bert.sent <= 40


def test_a_changed_face_replaces_the_one_of_the_last_call(tmp_path: Path, face: Face) -> None:
    other = OwnFaces(tmp_path / 'own').get(TURNED, FaceBudget(3000))
    shown = []
    for each in (face, other):
        anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
        anna.exchange.offer(card('Anna', each), FaceConsent.to(each))
        talk(anna, bert)
        assert bert.exchange.peer is not None and bert.exchange.peer.face is not None
        shown.append(bert.exchange.peer.face.read_bytes())
    assert shown[0] != shown[1]


def test_a_preview_goes_before_a_large_face_that_is_not_known_only(
        tmp_path: Path, face: Face) -> None:
    large = OwnFaces(tmp_path / 'own').get(TURNED, FaceBudget(12_000))
    seen = []

    def call() -> list[str]:
        anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
        anna.exchange.offer(card('Anna', large), FaceConsent.to(face, large), card('Anna', face))
        shown = []
        for _ in range(200):
            for giver, taker in ((anna, bert), (bert, anna)):
                message = giver.exchange.poll(100.0 * len(seen), BUDGET)
                if message is not None:
                    taker.exchange.take(message)
                    giver.sent += len(message)
            peer = bert.exchange.peer
            if peer is not None and peer.face is not None:
                shown.append('preview' if peer.digest == card('Anna', face).digest else 'large')
        seen.append(anna.sent + bert.sent)
        return list(dict.fromkeys(shown))

    assert call() == ['preview', 'large']
    assert call() == ['large']
    assert seen[0] > 12_000 and seen[1] <= 40


def test_without_consent_the_face_does_not_leave(tmp_path: Path, face: Face) -> None:
    anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
    anna.exchange.offer(card('Anna', face), FaceConsent())
    talk(anna, bert)
    assert bert.exchange.peer is not None
    assert bert.exchange.peer.head.name == 'Anna' and bert.exchange.peer.head.face is None
    assert anna.sent < 100 and anna.exchange.own is not None and anna.exchange.own.face is None


@pytest.mark.parametrize(('policy', 'shows', 'words'), [
    (FacePolicy(accept_face='none'), True, 'takes no faces'),
    (FacePolicy(face_bytes=100), True, 'takes faces of at most 100 bytes'),
    (FacePolicy(), False, 'finds no face')])
def test_who_refuses_the_face_still_hears_who_calls(
        tmp_path: Path, face: Face, policy: FacePolicy, shows: bool, words: str) -> None:
    anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b', policy, face=shows)
    anna.exchange.offer(card('Anna', face), FaceConsent.to(face))
    talk(anna, bert)
    assert words in bert.exchange.refusal
    assert words in anna.exchange.own_refusal
    peer = bert.exchange.peer
    assert peer is not None and (peer.head.name, peer.face) == ('Anna', None)
    assert not list((tmp_path / 'b').rglob('face.*'))
    # And takes it in a later call, where that is allowed.
    again, willing = End(tmp_path / 'a'), End(tmp_path / 'b')
    again.exchange.offer(card('Anna', face), FaceConsent.to(face))
    talk(again, willing)
    assert willing.exchange.peer is not None and willing.exchange.peer.face is not None


def test_a_cut_costs_what_was_on_its_way_only(tmp_path: Path, face: Face) -> None:
    anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
    anna.exchange.offer(card('Anna', face), FaceConsent.to(face))
    size = len(card('Anna', face).pack())
    while bert.exchange.progress[0] < size // 2:
        for giver, taker in ((anna, bert), (bert, anna)):
            message = giver.exchange.poll(0.0, BUDGET)
            if message is not None:
                taker.exchange.take(message)
    bert.exchange.close()
    # Both programs start again.
    anna, bert = End(tmp_path / 'a'), End(tmp_path / 'b')
    anna.exchange.offer(card('Anna', face), FaceConsent.to(face))
    talk(anna, bert)
    assert bert.exchange.peer is not None and bert.exchange.peer.face is not None
    assert anna.sent < 0.75 * size


def test_the_peer_is_the_only_speaker_with_the_voice_of_its_card(
        tmp_path: Path, face: Face) -> None:
    head = card('Anna', face).head
    picture = tmp_path / 'face.jpg'
    file = tmp_path / 'people.yaml'
    write_people(file, people_of(head, picture, ('hibari',), ('espeak',)))
    anybody = People.load(str(file)).get('whoever', warn=False)
    assert (anybody.tts, anybody.voice, anybody.face) == (
        ('hibari', 'espeak'), 'oak', str(picture))
    # A provider that is not allowed, such as one that costs money, is not used.
    write_people(file, people_of(head, None, (), ('espeak',)))
    anybody = People.load(str(file)).get('whoever', warn=False)
    assert (anybody.tts, anybody.voice, anybody.face) == ((), '', '')


def test_ones_own_face_is_made_once(tmp_path: Path) -> None:
    first = OwnFaces(tmp_path).get(TURNED, FaceBudget(3000))
    kept, = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert OwnFaces(tmp_path).get(TURNED, FaceBudget(3000)) == first
    assert kept.stat().st_mtime_ns == written
    # One that is damaged is made again.
    kept.write_bytes(bytes(np.arange(100, dtype=np.uint8)))
    assert OwnFaces(tmp_path).get(TURNED, FaceBudget(3000)) == first
    with pytest.raises(UserError, match='cannot be read'):
        OwnFaces(tmp_path).get(tmp_path / 'none.jpg', FaceBudget())


def test_nothing_is_sent_before_there_is_a_card(tmp_path: Path) -> None:
    end = End(tmp_path)
    polled = collections.Counter(end.exchange.poll(now, BUDGET) for now in (0.0, 10.0))
    assert polled == {None: 2}
    end.exchange.session_began()
    assert end.exchange.poll(20.0, BUDGET) is None
