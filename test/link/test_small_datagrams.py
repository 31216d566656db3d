"""Names and handshakes within the mtu: nothing is longer, and nothing blocks what comes after."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.seal import TAG_SIZES
from txt2vid_ros.link.protocol.wire import MAX_NAME_BYTES

LONG = 'Nobody told me about the meeting at four, and I never understood the old radio. ' * 3


NAMES = st.text(st.characters(exclude_categories=['Cs']), max_size=24).filter(
    lambda name: len(name.encode()) <= MAX_NAME_BYTES) | st.just('x' * MAX_NAME_BYTES)


@settings(max_examples=25)
@given(mtu=st.integers(40, 80), tag_bytes=st.sampled_from(TAG_SIZES), speaker=NAMES, locale=NAMES,
       loss=st.sampled_from([0.0, 0.2]), seed=st.integers(0, 1000),
       max_age=st.sampled_from([30.0, 300.0]))
def test_speech_of_any_speaker_arrives_in_datagrams_of_any_size(
        mtu: int, tag_bytes: int, speaker: str, locale: str, loss: float, seed: int,
        max_age: float) -> None:
    config = LinkConfig(mtu=mtu, tag_bytes=tag_bytes, max_age=max_age)
    simulation = Simulation(SimulatedNetwork(loss, delay=0.05, jitter=0.05), config, seed=seed)
    texts = ['Before.', LONG, 'Hi.', 'After.']
    names = [('', ''), (speaker, locale), (locale, 'en'), ('ann', 'en')]
    for text, who in zip(texts, names, strict=True):
        simulation.say(text, *who)
        simulation.run(1)
    simulation.run(25)
    assert [(e.text, e.speaker, e.locale) for _, e in simulation.heard_at] == [
        (text, *who) for text, who in zip(texts, names, strict=True)]
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= mtu
    assert {to_receiver for to_receiver, _ in simulation.sent_log} == {True, False}
    starts = [event.start - simulation.sender_time.wall for _, event in simulation.heard_at]
    assert starts == pytest.approx([-30.5, -29.5, -28.5, -27.5], abs=0.3)


@settings(max_examples=20)
@given(mtu=st.integers(40, 80), tag_bytes=st.sampled_from(TAG_SIZES), speaker=NAMES, locale=NAMES,
       loss=st.sampled_from([0.0, 0.2]), seed=st.integers(0, 1000),
       max_age=st.sampled_from([30.0, 300.0]))
def test_two_peers_converse_in_datagrams_of_any_size(
        mtu: int, tag_bytes: int, speaker: str, locale: str, loss: float, seed: int,
        max_age: float) -> None:
    config = LinkConfig(mtu=mtu, tag_bytes=tag_bytes, max_age=max_age)
    simulation = Simulation(SimulatedNetwork(loss, delay=0.05, jitter=0.05), config, seed=seed,
                            two_way=True)
    texts = ['Before.', LONG, 'Hi.', 'After.']
    names = [('', ''), (speaker, locale), (locale, 'en'), ('ann', 'en')]
    card = bytes(range(simulation.sender.data.largest))
    simulation.sender.submit_data(card, simulation.sender_time)
    for text, who in zip(texts, names, strict=True):
        simulation.say(text, *who)
        simulation.answer(text, *who)
        simulation.run(1)
    simulation.run(28)
    said = [(text, *who) for text, who in zip(texts, names, strict=True)]
    for heard in (simulation.heard_at, simulation.answered_at):
        assert [(e.text, e.speaker, e.locale) for _, e in heard] == said
    assert simulation.data == [card]
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= mtu


@pytest.mark.parametrize('tag_bytes', TAG_SIZES)
def test_every_datagram_keeps_to_the_smallest_mtu(tag_bytes: int) -> None:
    """Handshakes with and without room for names, offset reports, parts, drops, new sessions."""
    config = LinkConfig(mtu=40, tag_bytes=tag_bytes, incremental=True)
    simulation = Simulation(SimulatedNetwork(loss=0.1, delay=0.05, jitter=0.1), config,
                            receiver_ahead=-1e9)
    for number in range(12):
        simulation.network.loss = 1.0 if number == 8 else 0.1
        simulation.say(LONG if number % 3 else 'Short.', f'speaker number {number}', 'de')
        simulation.run(35.0 if number == 8 else 2.0)
        if number == 5:
            simulation.start_receiver()
    simulation.run(40)
    kinds = {wire.parse_header(datagram)[0] for _, datagram in simulation.sent_log}
    assert kinds >= {wire.FrameType.HELLO, wire.FrameType.WELCOME, wire.FrameType.BATCH,
                     wire.FrameType.CONTROL, wire.FrameType.ACK}
    assert max(len(datagram) for _, datagram in simulation.sent_log) <= 40
    assert simulation.heard[-1] == LONG
    assert {event.speaker for _, event in simulation.heard_at} <= {
        f'speaker number {number}' for number in range(12)}


def test_names_travel_in_the_handshake_where_there_is_room() -> None:
    bodies = []
    for mtu in (40, 1200):
        simulation = Simulation(SimulatedNetwork(delay=0.02), LinkConfig(mtu=mtu))
        simulation.say('Hello.', 'a speaker with a long name', 'en_GB')
        simulation.run(2)
        bodies.append(len(simulation.sent_log[0][1]))
        assert [e.speaker for _, e in simulation.heard_at] == ['a speaker with a long name']
    assert bodies[0] <= 40 < bodies[1]
