"""A card says who somebody is in few bytes, and nothing that is not a card is taken for one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.call.card import Card, CardHead, Face, FaceFormat, FaceOutline
from txt2vid_ros.call.consent import FaceConsent
from txt2vid_ros.call.fields import CardError
from txt2vid_ros.core.people import NamedVoice

HEART = NamedVoice('hibari', 'heart')


def face(data: bytes = b'\xff\xd8 a face \xff\xd9') -> Face:
    return Face(FaceOutline(FaceFormat.JPEG, 320, 400, 1, 1, len(data)), data)


def test_a_card_without_a_face_has_few_bytes() -> None:
    assert len(Card.of('Anna', 'en-GB', (HEART,)).pack()) == 29
    full = Card.of('Filippo Giunchedi', 'it-IT', (
        NamedVoice('kokoro', 'if_sara'), NamedVoice('google', 'it-IT-Neural2-A'), HEART))
    assert len(full.pack()) <= 85


@given(st.text(max_size=70), st.sampled_from(['de', 'pt_BR', 'zh-Hant-HK', 'x', '']),
       st.lists(st.builds(NamedVoice, st.sampled_from(['hibari', 'open-ai', '', '../x']),
                          st.sampled_from(['', 'heart', 'af heart', '/etc/passwd', '-x'])),
                max_size=6), st.none() | st.binary(min_size=1, max_size=99).map(face))
def test_what_can_be_a_card_travels_unchanged(name: str, locale: str, voices: list[NamedVoice],
                                              own: Face | None) -> None:
    try:
        card = Card.of(name, locale, tuple(voices), own)
    except CardError:
        return
    packed = card.pack()
    assert Card.unpack(packed) == card
    assert card.head.card_bytes == len(packed)
    assert CardHead.unpack(packed[:len(card.head.pack())]) == card.head


@given(st.binary(max_size=80), st.integers(0, 60), st.integers(0, 60))
def test_a_damaged_card_is_refused_or_is_a_card(noise: bytes, start: int, end: int) -> None:
    packed = Card.of('Anna', 'en', (HEART,), face()).pack()
    damaged = packed[:start] + noise + packed[max(start, end):]
    try:
        card = Card.unpack(damaged)
    except CardError:
        return
    assert card.pack() == damaged


@pytest.mark.parametrize('name', [
    '', ' Anna', 'An\nna', 'Anna\x1b[2J', '\u202eannA', 'An\u200bna', 'A' * 65,
    'a\u0300' + '\u0301' * 9, '\u0301', 'x\ud800', '\ue000'])
def test_a_name_that_cannot_be_seen_as_it_is_is_refused(name: str) -> None:
    with pytest.raises(CardError):
        Card.of(name, 'en')


@pytest.mark.parametrize('name', [
    'Anna', 'José', 'Nguyễn Thị Minh', '山田 太郎', 'नरेन्द्र', "O'Neill, Jr."])
def test_names_of_the_world_are_taken(name: str) -> None:
    assert Card.unpack(Card.of(name, 'en').pack()).head.name == name


@pytest.mark.parametrize('voice', ['/etc/passwd', '../x', '--option', 'http://x', 'a;b', 'a\nb'])
def test_the_name_of_a_voice_is_neither_a_path_nor_an_option(voice: str) -> None:
    with pytest.raises(CardError):
        Card.of('Anna', 'en', (NamedVoice('piper', voice),))


def test_a_card_of_another_version_says_so() -> None:
    packed = Card.of('Anna', 'en').pack()
    with pytest.raises(CardError, match='version 2'):
        Card.unpack(b'\2' + packed[1:])
    with pytest.raises(CardError, match='goes on'):
        Card.unpack(packed + b'x')


def test_only_a_face_that_was_agreed_to_is_sent() -> None:
    own, other = face(), face(b'another')
    card = Card.of('Anna', 'en', (HEART,), own)
    assert FaceConsent().allowed(card).face is None
    assert FaceConsent.to(other).allowed(card).face is None
    assert FaceConsent.to(own).allowed(card) == card
