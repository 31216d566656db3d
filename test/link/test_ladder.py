"""Between text and sound: no word is lost or said twice, and the path decides where it may."""

from __future__ import annotations

import itertools
import random

from link_simulation import SimulatedNetwork, Simulation
import pytest
from talking import Conversation
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.sound.remaining_text import remaining_text
from txt2vid_ros.link.sound.rungs import RUNGS, wire_rate


def conversation(network: SimulatedNetwork | None = None, seed: int = 0) -> Conversation:
    simulation = Simulation(network or SimulatedNetwork(delay=0.05), two_way=True, seed=seed)
    simulation.run(2)
    return Conversation(simulation)


@pytest.mark.parametrize('seed', range(4))
def test_changing_over_in_mid_conversation_loses_and_repeats_nothing(seed: int) -> None:
    """The mode is set at any moment, most often in the middle of a word."""
    chance = random.Random(seed)
    talk = conversation(seed=seed)
    mode = 'text'
    for number in range(14):
        if number % 3 == 2:
            mode = 'audio' if mode == 'text' else 'text'
            talk.be_silent(chance.choice([0.0, 0.3, 0.6]))
            talk.ways.choose(mode)
        talk.speak(chance.uniform(0.5, 3.0), pause=chance.uniform(0.3, 3.0))
        if number % 4 == 1:
            mode = 'text' if mode == 'audio' else 'audio'
            talk.ways.choose(mode)
    talk.be_silent(5)
    assert set(talk.once()) == {'text', 'sound'}
    assert [m for _, m in talk.modes][:2] == ['audio', 'text']


def test_an_utterance_that_has_begun_in_one_mode_ends_in_it() -> None:
    talk = conversation()
    talk.speak(2.0, pause=0.0)
    talk.ways.choose('audio')
    talk.spoken.pop()
    talk.speak(2.0)     # the same breath
    talk.speak(2.0, pause=0.0)
    talk.ways.choose('text')
    talk.speak(1.0)
    talk.speak(2.0)
    talk.be_silent(3)
    assert talk.once() == ['text', 'sound', 'sound', 'text']


def test_where_no_sound_comes_it_changes_soon() -> None:
    talk = conversation()
    talk.ways.choose('audio')
    talk.simulation.run(1)
    talk.ways.look()
    assert talk.ways.mode == 'text'     # Sound may be on its way.
    talk.simulation.run(1.5)
    talk.ways.look()
    assert talk.ways.mode == 'audio'


def test_sound_that_is_late_goes_the_way_of_its_words() -> None:
    """The microphone's node is held up in mid-sentence, and the mode is set meanwhile."""
    talk = conversation()
    talk.speak(2.0, pause=0.0)
    talk.ways.choose('audio')
    talk.simulation.run(4)
    talk.ways.look()
    assert talk.ways.mode == 'text'
    talk.be_silent(2.0)
    talk.speak(2.0)
    talk.be_silent(3)
    assert talk.once() == ['text', 'sound']


def test_auto_follows_what_the_path_bears() -> None:
    """3 kbit/s, then 40, then 3 again: text, then sound after ten seconds, then text."""
    talk = conversation(SimulatedNetwork(delay=0.05, jitter=0.02, rate=3000))
    network = talk.simulation.network
    talk.ways.choose('auto')
    for _ in range(5):
        talk.speak(2.5, pause=1.0)
    assert talk.modes == []
    network.rate = 40_000
    changed = talk.simulation.now
    while not talk.modes and talk.simulation.now < changed + 60:
        talk.speak(2.5, pause=2.0)
    at, mode = talk.modes[-1]
    assert mode == 'audio' and at > changed + 10
    for _ in range(6):
        talk.speak(2.5, pause=2.0)
    assert talk.bit_rates[:4] == [6000, 8000, 12_000, 16_000]
    assert talk.once()[-5:-1] == ['sound'] * 4
    network.rate = 3000
    changed = talk.simulation.now
    for _ in range(3):
        talk.speak(2.5, pause=2.0)
    at, mode = talk.modes[-1]
    assert mode == 'text' and at < changed + 4
    said = talk.simulation.now
    talk.simulation.say('How long does text take now?')
    talk.be_silent(10)
    assert talk.simulation.heard_at[-1][0] - said < 1.0
    # Nothing is lost. What was being said while the path gave way may be heard twice.
    ways = talk.once()
    assert all('text' in way or way == 'sound' for way in ways)
    assert sum(' ' in way for way in ways) <= 2


@pytest.mark.parametrize('rate', [9000, 12_000, 16_000])
def test_sound_is_coded_as_finely_as_the_path_bears(rate: float) -> None:
    talk = conversation(SimulatedNetwork(delay=0.05, jitter=0.02, rate=rate))
    talk.ways.choose('audio')
    talk.be_silent(2.5)
    for _ in range(8):
        talk.speak(6.0, pause=0.6)
    assert talk.ways.mode == 'audio'
    best = max(rung.bit_rate for rung in RUNGS if wire_rate(rung, LinkConfig()) < rate)
    assert best in talk.bit_rates
    # A finer one is tried again at growing intervals.
    assert len(talk.bit_rates) < 14


def test_auto_keeps_to_text_where_a_fifth_is_lost() -> None:
    talk = conversation(SimulatedNetwork(delay=0.05, loss=0.25), seed=1)
    talk.ways.choose('auto')
    for _ in range(12):
        talk.speak(2.5, pause=1.0)
    talk.be_silent(8)
    assert talk.ways.mode == 'text'
    assert all('text' in way for way in talk.once())


def test_auto_tries_nothing_while_nobody_speaks() -> None:
    talk = conversation(SimulatedNetwork(delay=0.05))
    talk.ways.choose('auto')
    talk.speak(1.0)
    talk.be_silent(30)
    sent = talk.simulation.sender.counters.datagrams_out
    talk.be_silent(25)
    assert talk.simulation.sender.counters.datagrams_out <= sent + 1


def test_an_outage_brings_auto_down_and_text_follows() -> None:
    talk = conversation()
    talk.ways.choose('auto')
    while not talk.modes:
        talk.speak(2.0)
    talk.speak(2.0)
    now = talk.simulation.now
    talk.simulation.network.outages = ((now, now + 8),)
    for _ in range(3):
        talk.speak(2.0)
    talk.be_silent(10)
    assert talk.ways.mode == 'text'
    assert all('text' in way or way == 'sound' for way in talk.once())


@pytest.mark.parametrize(('loss', 'seed'), [(0.1, 1), (0.15, 0), (0.2, 0)])
def test_auto_does_not_go_up_and_down_where_much_is_lost(loss: float, seed: int) -> None:
    talk = conversation(SimulatedNetwork(delay=0.05, jitter=0.02, loss=loss), seed=seed)
    talk.ways.choose('auto')
    began = talk.simulation.now
    while talk.simulation.now < began + 240:
        talk.speak(2.5)
    times = [at for at, _ in talk.modes]
    assert len(times) <= 3
    assert all(then - at > 20 for at, then in itertools.pairwise(times))


def test_auto_backs_off_from_a_path_that_bears_only_what_is_tried() -> None:
    """Each time sound goes, two of three datagrams are lost; what tries it out arrives."""
    talk = conversation()
    talk.ways.choose('auto')
    for _ in range(90):
        talk.simulation.network.loss = 0.67 if talk.ways.mode == 'audio' else 0.0
        talk.speak(1.5)
    rises = [at for at, mode in talk.modes if mode == 'audio']
    falls = [at for at, mode in talk.modes if mode == 'text']
    pauses = [then - at for at, then in zip(falls, rises[1:], strict=False)]
    assert len(pauses) >= 3
    assert pauses[0] > 20 and pauses[1] > 40 and pauses[2] > 80


@pytest.mark.parametrize('lost', [(-0.2, 0.02), (0.02, 1.1)], ids=['sound', 'report'])
def test_the_last_sound_of_an_utterance_or_its_report_may_get_lost(
        lost: tuple[float, float]) -> None:
    """Nothing comes after it that would be reported, and that is no complaint of the path."""
    talk = conversation()
    talk.ways.choose('audio')
    talk.be_silent(2)
    talk.ways.choose('auto')
    talk.speak(2.5, pause=0.0)
    talk.simulation.network.outages = tuple(
        (talk.simulation.now + since, talk.simulation.now + until) for since, until in [lost])
    talk.be_silent(20)
    assert [mode for _, mode in talk.modes] == ['audio']


@pytest.mark.parametrize('cut', [3.0, 5.0, 7.0])
def test_where_auto_falls_in_mid_sentence_only_the_rest_is_said_as_text(cut: float) -> None:
    """Twenty words in ten seconds, and the path breaks after some of them."""
    words = [f'number{at:02}' for at in range(20)]
    talk = conversation()
    talk.ways.choose('auto')
    while not talk.modes:
        talk.speak(2.0)
    talk.speak(2.0)
    broken = talk.simulation.now + cut
    talk.simulation.network.outages = ((broken, broken + 8),)
    talk.speak(10.0, text=' '.join(words))
    talk.be_silent(15)
    assert talk.ways.mode == 'text'
    heard, = [text.split() for text in talk.simulation.heard if words[-1] in text]
    said_again = len(heard) - 2 * (10 - cut)
    assert heard == words[-len(heard):]
    # Nothing that was not heard is missing, and hardly more than two seconds come twice.
    assert 0 <= said_again <= 2 * 2.6


def test_a_text_without_spaces_is_said_again_as_a_whole() -> None:
    assert remaining_text('今日はいい天気ですね', 3.0, 4.0) == '今日はいい天気ですね'
    assert remaining_text('one two three four', 3.5, 4.0) == 'three four'
    assert remaining_text('one two three four', 0.0, 0.0) == 'one two three four'
    assert remaining_text('one two', 9.0, 4.0) == ''
