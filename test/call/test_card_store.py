"""Cards are kept under the key's identity, for their owner alone, so many and no more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from txt2vid_ros.call.card import Card, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.store import CardStore
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.keys import fingerprint, NO_KEY

ANNA, BEN = fingerprint(b'a' * len(NO_KEY)), fingerprint(b'b' * len(NO_KEY))


def card(name: str) -> Card:
    return Card.of(name, 'en', (), Face(FaceOutline(FaceFormat.JPEG, 8, 8, 1, 1, 4), b'face'))


def keep(store: CardStore, identity: str, one: Card, face: bytes = b'a picture') -> Path:
    place = store.face_place(identity, one.digest).with_suffix('.jpg')
    place.write_bytes(face)
    store.keep(identity, one.digest, one.head)
    return place


def test_a_card_is_known_again_by_its_digest(tmp_path: Path) -> None:
    store, one = CardStore(tmp_path / 'cards'), card('Anna')
    assert store.find(ANNA, one.digest) is None
    place = keep(store, ANNA, one)
    kept = CardStore(tmp_path / 'cards').find(ANNA, one.digest)
    assert kept is not None and (kept.head, kept.face) == (one.head, place)
    assert store.find(BEN, one.digest) is None
    assert store.find(ANNA, card('Ann').digest) is None


def test_nobody_else_looks_into_it_and_no_key_is_in_it(tmp_path: Path) -> None:
    keep(CardStore(tmp_path / 'cards'), ANNA, card('Anna'))
    names = list(tmp_path.rglob('*'))
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in names if path.is_dir())
    assert next(path for path in names if path.name == 'head').stat().st_mode & 0o777 == 0o600
    assert len(ANNA) == 32 and ANNA != BEN and fingerprint(NO_KEY) == ''


def test_without_a_key_there_is_nobody_to_keep_a_card_for(tmp_path: Path) -> None:
    for identity in ('', '..', '../' + 'a' * 29):
        with pytest.raises(ValueError):
            CardStore(tmp_path).face_place(identity, b'0' * 16)


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    store = CardStore(tmp_path / 'cards', most_cards=2)
    for age, name in enumerate(('first', 'second', 'third')):
        place = keep(store, ANNA, card(name))
        os.utime(place.parent, (1000 + age, 1000 + age))
    # Of the three the second is the oldest, once the first has been used again.
    assert [kept.head.name for kept in store] == ['third', 'second']
    store.find(ANNA, card('second').digest)
    keep(store, BEN, card('fourth'))
    assert {kept.head.name for kept in store} == {'second', 'fourth'}
    small = CardStore(tmp_path / 'small', most_bytes=1000)
    for name in ('first', 'second'):
        os.utime(keep(small, ANNA, card(name), b'x' * 900).parent, (1000, 1000))
    assert [kept.head.name for kept in small] == ['second']


def test_cards_are_forgotten_one_by_one_or_all_of_a_peer(tmp_path: Path) -> None:
    store = CardStore(tmp_path / 'cards')
    for name in ('a', 'b', 'c'):
        keep(store, ANNA, card(name))
    keep(store, BEN, card('d'))
    store.partial(ANNA).write_bytes(b'on its way')
    assert store.forget(ANNA, card('a').digest) == 1
    assert store.forget(ANNA, card('a').digest) == 0
    assert {kept.head.name for kept in store} == {'b', 'c', 'd'}
    assert store.forget(ANNA) == 2
    assert not store.partial(ANNA).exists()
    assert [kept.head.name for kept in store] == ['d']


def test_a_damaged_card_is_one_that_is_not_known(tmp_path: Path) -> None:
    store, one = CardStore(tmp_path / 'cards'), card('Anna')
    place = keep(store, ANNA, one)
    (place.parent / 'head').write_bytes(b'\1\0')
    assert store.find(ANNA, one.digest) is None and list(store) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / 'cards').write_bytes(b'')
    with pytest.raises(UserError, match='cards'):
        CardStore(tmp_path / 'cards').keep(ANNA, b'0' * 16, card('Anna').head)
