"""A call of ten minutes on a bad network, simulated: what is said, and the card beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from txt2vid_ros.bench.call.simulation import CallSimulation, SaidTurn
from txt2vid_ros.bench.link.simulation import SimulatedNetwork
from txt2vid_ros.call.card import Card, Face
from txt2vid_ros.call.face.making import FaceBudget
from txt2vid_ros.call.own_faces import OwnFaces
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT

TURNS = 100
SECONDS = 6.0
BAD = SimulatedNetwork(loss=0.2, duplication=0.05, delay=0.3, jitter=0.1,
                       outages=((1150.0, 1160.0), (1400.0, 1410.0)))


@pytest.fixture(scope='module')
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    return OwnFaces(tmp_path_factory.mktemp('own')).get(BUILT_IN_PORTRAIT, FaceBudget(5000))


def test_ten_minutes_with_losses_and_two_cuts_lose_and_repeat_nothing(
        tmp_path: Path, face: Face) -> None:
    call = CallSimulation(BAD, LinkConfig(), tmp_path, Card.of('Anna', 'en', (), face), seed=7)
    turns = [SaidTurn(bool(number % 2), f'This is sentence number {number}, and it goes on.',
                      SECONDS) for number in range(TURNS)]
    for turn in turns:
        call.say(turn)
    call.run(60.0)
    assert call.link.heard == [turn.text for turn in turns if not turn.answers]
    assert call.link.answers == [turn.text for turn in turns if turn.answers]
    assert call.seconds_to_face is not None


@pytest.mark.parametrize('rate', [300.0, 2400.0])
def test_a_card_on_its_way_delays_speech_by_one_datagram_at_most(
        tmp_path: Path, face: Face, rate: float) -> None:
    config = LinkConfig(rate=rate)
    longest = config.wire_bits(bytes(config.data_bytes)) / rate
    without, beside = (CallSimulation(SimulatedNetwork(delay=0.05), config, tmp_path / name, card)
                       for name, card in (('without', Card.of('Anna', 'en')),
                                          ('with', Card.of('Anna', 'en', (), face))))
    for call in (without, beside):
        call.run(20.0)
        for number in range(20):
            call.say(SaidTurn(False, f'Sentence {number}.', 7.0))
    assert beside.seconds_to_face is None or rate > 300
    assert len(beside.delays) == len(without.delays) == 20
    late = [slow - quick for slow, quick in zip(beside.delays, without.delays, strict=True)]
    assert max(late) <= longest + 0.05
