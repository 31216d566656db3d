"""Delivery over simulated bad networks: each utterance once, in order, or reported lost."""

from __future__ import annotations

import pathlib

from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.messages import Connected, Dropped, Mismatch, OutgoingText, ReceivedText

SENTENCES = [
    f'{start} {end}' for start in (
        'Could you please look at', 'I never understood', 'Tomorrow we shall repair',
        'Nobody told me about', 'She was really happy with', 'Let us talk about')
    for end in ('the old radio.', 'my new phone number.', 'your plans for the summer.',
                'the meeting at four.', 'that broken chair?')]


def converse(simulation: Simulation, texts: list[str], pause: float = 3.0) -> None:
    for text in texts:
        simulation.say(text)
        simulation.run(pause)


@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize('network', [
    SimulatedNetwork(),
    SimulatedNetwork(loss=0.2, duplication=0.1, delay=0.3, jitter=0.3),
    SimulatedNetwork(loss=0.5, delay=0.05),
    SimulatedNetwork(delay=0.05, jitter=2.0, duplication=0.5),
    SimulatedNetwork(loss=0.2, delay=0.3, outages=((1020, 1030), (1050, 1060))),
], ids=['clean', 'issue', 'half lost', 'reordered', 'outages'])
def test_every_utterance_once_and_in_order(network: SimulatedNetwork, seed: int) -> None:
    simulation = Simulation(network, seed=seed)
    converse(simulation, SENTENCES)
    simulation.run(40)
    assert simulation.heard == SENTENCES
    assert simulation.sender.backlog == 0
    assert not [e for e in simulation.sender_events if isinstance(e, Dropped)]


def test_speaker_locale_and_start_time_travel() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.1), receiver_ahead=5.0)
    starts = []
    for number, speaker in enumerate(['ann', 'bob', 'bob', 'ann', 'Ωmega']):
        starts.append(simulation.sender_time.wall - 1.5)
        simulation.say(f'This is sentence {number}.', speaker, 'de' if number == 2 else 'en')
        simulation.run(5)
    heard = [event for _, event in simulation.heard_at]
    assert [h.speaker for h in heard] == ['ann', 'bob', 'bob', 'ann', 'Ωmega']
    assert [h.locale for h in heard] == ['en', 'en', 'de', 'en', 'en']
    # On the receiver's clock, to a tick and the uncertainty of the offset.
    assert [h.start for h in heard] == pytest.approx([s + 5.0 for s in starts], abs=0.12)
    assert heard[-1].start == pytest.approx(starts[-1] + 5.0, abs=0.02)


def test_continuous_speech_stays_below_100_bits_a_second_with_all_headers() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05))
    simulation.run(2)
    before = (simulation.sender.counters.wire_bits_out
              + simulation.receiver.counters.wire_bits_out)
    start = simulation.now
    sentences = [f'{SENTENCES[n % 30][:-1]}, and {SENTENCES[(7 * n + 3) % 30]}'
                 for n in range(60)]
    for text in sentences:
        simulation.say(text)
        simulation.run(len(text) / 12.5)  # 150 words a minute
    bits = (simulation.sender.counters.wire_bits_out
            + simulation.receiver.counters.wire_bits_out - before)
    assert bits / (simulation.now - start) < 100
    assert simulation.heard == sentences


def test_a_silent_link_sends_nothing() -> None:
    simulation = Simulation()
    converse(simulation, SENTENCES[:3])
    simulation.run(30)
    before = len(simulation.sent_log)
    simulation.run(3600)
    assert len(simulation.sent_log) == before


def test_an_outage_longer_than_max_age_is_reported_at_both_ends_and_speech_goes_on() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05, outages=((1008, 1060),)), seed=3)
    converse(simulation, SENTENCES)
    simulation.run(60)
    dropped_here = sum(e.count for e in simulation.sender_events if isinstance(e, Dropped))
    dropped_there = sum(e.count for e in simulation.receiver_events if isinstance(e, Dropped))
    assert dropped_here == dropped_there > 0
    assert len(simulation.heard) == len(SENTENCES) - dropped_here
    assert simulation.heard == [text for text in SENTENCES if text in simulation.heard]
    assert simulation.heard[-5:] == SENTENCES[-5:]
    # Nothing is received that was said longer ago than max_age.
    assert all(at - 1000.0 - 3.0 * SENTENCES.index(heard.text) < 31.0
               for at, heard in simulation.heard_at)


def test_memory_is_bounded_while_the_other_end_is_away() -> None:
    config = LinkConfig(queue=20, max_age=40.0)
    simulation = Simulation(SimulatedNetwork(loss=1.0), config)
    for number in range(200):
        simulation.say(f'Number {number}.')
        simulation.run(0.1)
    assert simulation.sender.backlog == 20
    dropped = sum(e.count for e in simulation.sender_events if isinstance(e, Dropped))
    assert dropped == 180


def test_hello_gets_rare_while_nobody_answers() -> None:
    simulation = Simulation(SimulatedNetwork(loss=1.0))
    simulation.run(3600)
    assert len(simulation.sent_log) < 300


@pytest.mark.parametrize('seed', range(6))
def test_a_receiver_that_starts_again_neither_repeats_nor_loses(
        seed: int, tmp_path: pathlib.Path) -> None:
    store = ProgressStore(tmp_path / 'state' / 'link.json')
    simulation = Simulation(SimulatedNetwork(loss=0.2, delay=0.1, jitter=0.1), seed=seed,
                            store=store)
    converse(simulation, SENTENCES[:10], 1.0)
    simulation.store = ProgressStore(tmp_path / 'state' / 'link.json')
    simulation.start_receiver()
    converse(simulation, SENTENCES[10:20], 1.0)
    simulation.start_receiver()
    converse(simulation, SENTENCES[20:], 1.0)
    simulation.run(40)
    assert simulation.heard == SENTENCES


@pytest.mark.parametrize('seed', range(6))
def test_a_sender_that_starts_again_loses_nothing_that_the_receiver_holds(seed: int) -> None:
    simulation = Simulation(SimulatedNetwork(loss=0.2, delay=0.1, jitter=0.1), seed=seed)
    converse(simulation, SENTENCES[:10], 1.0)
    simulation.run(20)
    simulation.start_sender()
    converse(simulation, SENTENCES[10:20], 1.0)
    simulation.run(20)
    assert simulation.heard == SENTENCES[:20]


def test_what_is_held_behind_a_gap_is_heard_when_the_sender_restarts() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05))
    converse(simulation, SENTENCES[:8], 5.0)
    simulation.network.loss = 1.0
    simulation.say(SENTENCES[8])
    simulation.network.loss = 0.0
    simulation.run(0.01)
    simulation.say(SENTENCES[9])
    simulation.run(0.06)  # It has arrived; the request for the one before has not.
    assert simulation.heard == SENTENCES[:8]
    simulation.start_sender()
    converse(simulation, SENTENCES[10:12])
    assert simulation.heard == [*SENTENCES[:8], *SENTENCES[9:12]]


def test_what_is_held_behind_a_gap_is_heard_when_the_sender_never_returns() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05))
    converse(simulation, SENTENCES[:8], 5.0)
    simulation.network.loss = 1.0
    simulation.say(SENTENCES[8])
    simulation.network.loss = 0.0
    simulation.run(0.01)
    simulation.say(SENTENCES[9])
    simulation.run(0.06)
    simulation.network.loss = 1.0
    simulation.run(90)
    assert simulation.heard == [*SENTENCES[:8], SENTENCES[9]]


@pytest.mark.parametrize('rate', [100, 300])
def test_a_rate_limit_holds_and_utterances_are_merged(rate: int) -> None:
    config = LinkConfig(rate=rate, max_age=40.0)
    simulation = Simulation(SimulatedNetwork(delay=0.05), config)
    simulation.run(10)
    start, already = simulation.now, simulation.sender.counters.wire_bits_out
    said = [f'Short one, number {number}.' for number in range(20)]
    for text in said:
        simulation.say(text)
        simulation.run(1.0)
    simulation.run(30)
    bits = simulation.sender.counters.wire_bits_out - already
    assert bits <= rate * (simulation.now - start) + 2 * rate + 8 * 1300
    assert simulation.heard == said
    if rate == 100:
        assert simulation.sender.counters.datagrams_out < len(said)


def test_300_bits_a_second_over_a_serial_line() -> None:
    config = LinkConfig(rate=300, mtu=128, header_bytes=2, bits_per_byte=10)
    simulation = Simulation(SimulatedNetwork(loss=0.1, delay=0.2), config)
    converse(simulation, SENTENCES, 4.0)
    simulation.run(40)
    assert simulation.heard == SENTENCES
    assert simulation.sender.counters.wire_bits_out < 300 * (simulation.now - 1000.0)


@pytest.mark.parametrize('mtu', [40, 100, 1200])
def test_long_texts_are_cut_to_the_mtu_and_put_together(mtu: int) -> None:
    long = ' '.join(SENTENCES)
    foreign = 'Привет, как у тебя дела сегодня? ' * 20
    simulation = Simulation(SimulatedNetwork(loss=0.2, delay=0.05, jitter=0.1),
                            LinkConfig(mtu=mtu))
    texts = ['Short.', long, 'Again short.', foreign, 'The end.']
    converse(simulation, texts, 0.5)
    simulation.run(40)
    assert simulation.heard == texts
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= mtu


def test_a_very_long_text_over_a_tiny_mtu() -> None:
    config = LinkConfig(mtu=40, max_characters=20_000)
    simulation = Simulation(SimulatedNetwork(delay=0.02), config)
    text = ''.join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))
    simulation.say(text)
    simulation.say('After it.')
    simulation.run(39)
    assert simulation.heard == [text, 'After it.']


def test_incremental_text_comes_while_there_is_room_and_never_after_the_final_one() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05), LinkConfig(incremental=True))
    converse(simulation, SENTENCES[:6])
    words = SENTENCES[7].split()
    for count in range(1, len(words)):
        utterance = OutgoingText(' '.join(words[:count]), 'ann', 'en', simulation.sender_time.wall)
        simulation.sender.submit_partial(utterance, simulation.sender_time)
        simulation.run(0.6)
    simulation.say(SENTENCES[7])
    simulation.run(5)
    partials = [event.text for _, event in simulation.heard_at if event.partial]
    assert len(partials) >= 4
    assert all(SENTENCES[7].startswith(text) for text in partials)
    assert simulation.heard == [*SENTENCES[:6], SENTENCES[7]]
    assert not simulation.heard_at[-1][1].partial


def test_incremental_text_is_left_out_where_the_rate_has_no_room() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.05), LinkConfig(incremental=True, rate=60))
    for _ in range(30):
        utterance = OutgoingText('And so we went', 'ann', 'en', simulation.sender_time.wall)
        simulation.sender.submit_partial(utterance, simulation.sender_time)
        simulation.say('A sentence that fills the link.')
        simulation.run(1.0)
    assert not [event for _, event in simulation.heard_at if event.partial]


def test_different_keys_exchange_nothing() -> None:
    simulation = Simulation(receiver_key=bytes(32))
    converse(simulation, SENTENCES[:5])
    simulation.run(30)
    assert simulation.heard == []
    assert simulation.receiver.counters.forged > 0


def test_another_language_model_is_reported_at_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = Simulation()
    monkeypatch.setattr(simulation.receiver._greeting._responder, '_model', b'else')
    monkeypatch.setattr(simulation.receiver, '_codec', Elsewhere())
    simulation.say('Hello.')
    simulation.run(5)
    for events in (simulation.sender_events, simulation.receiver_events):
        problems = [event.problem for event in events if isinstance(event, Mismatch)]
        assert problems and 'same version' in problems[0]
    assert simulation.heard == []


class Elsewhere:
    """A codec with another model."""

    digest = b'else' * 8


def test_connected_tells_whether_the_stream_goes_on() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.01))
    converse(simulation, SENTENCES[:2])
    simulation.start_receiver()
    converse(simulation, SENTENCES[2:4])
    simulation.run(20)
    connected = [e.resumed for e in simulation.sender_events if isinstance(e, Connected)]
    assert connected == [False, False]  # Without a store the new receiver knows nothing.
    assert simulation.heard[-2:] == SENTENCES[2:4]


def test_a_received_text_tells_when_it_arrived() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.25))
    simulation.run(2)
    simulation.say('Hello.')
    said = simulation.sender_time.wall
    simulation.run(2)
    (_, heard), = simulation.heard_at
    assert isinstance(heard, ReceivedText)
    assert heard.arrived == pytest.approx(said + 0.25)
