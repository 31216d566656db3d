"""What was lost comes with the next sentence; gaps are asked for; what is lost is not heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from link_simulation import SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.delivery.ack_timing import AckTiming
from txt2vid_ros.link.delivery.send_window import (
    DatagramGroup,
    QueuedText,
    SendWindow,
)
from txt2vid_ros.link.messages import Instant, OutgoingText
from txt2vid_ros.link.protocol.repair import Repair, with_repairs, without_repairs
from txt2vid_ros.link.protocol.wire import FrameError, FrameType, SPEECH_FRAMES

# The first byte of an own body of BATCH never has both bits that mark a repair.
BODIES = {FrameType.SINGLE: st.binary(min_size=2, max_size=40),
          FrameType.BATCH: st.binary(max_size=300).map(lambda rest: b'\x11' + rest)}
OWN = st.sampled_from(SPEECH_FRAMES).flatmap(
    lambda frame_type: st.tuples(st.just(frame_type), BODIES[frame_type]))


@given(OWN, st.lists(st.tuples(st.integers(1, 15), OWN), max_size=3))
def test_repairs_come_back_and_leave_the_body_as_it_was(
        own: tuple[FrameType, bytes],
        earlier: list[tuple[int, tuple[FrameType, bytes]]]) -> None:
    repairs = [Repair(distance, *body) for distance, body in earlier]
    frame_type, body, found = without_repairs(*with_repairs(*own, repairs))
    assert (frame_type, body) == own
    assert found == repairs[::-1]


@pytest.mark.parametrize('body', [
    b'\x30\x00',  # no sequences back
    b'\x31\x05ab',  # cut short
    bytes([0x71, 2, 0x31, 0]),  # a repair in a repair
    with_repairs(FrameType.SINGLE, b'ab', [Repair(1, FrameType.SINGLE, b'cd')] * 4)[1],
], ids=['not earlier', 'short', 'nested', 'too many'])
def test_what_is_no_repair_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError):
        without_repairs(FrameType.BATCH, body)


def lose(simulation: Simulation, text: str) -> None:
    simulation.network.loss = 1.0
    simulation.say(text)
    simulation.network.loss = 0.0


def test_a_lost_sentence_comes_with_the_next_one() -> None:
    """Before any acknowledgement could tell that it is missing."""
    simulation = Simulation(SimulatedNetwork(delay=0.3))
    for number in range(3):
        simulation.say(f'Sentence number {number}.')
        simulation.run(4)
    lose(simulation, 'This one is lost.')
    simulation.run(4)  # Noticed: from here on speech repeats what is missing.
    simulation.say('And then?')
    simulation.run(4)
    lose(simulation, 'So is this one.')
    simulation.run(0.5)
    before = simulation.sender.counters.retries
    simulation.say('But not this.')
    simulation.run(0.35)
    assert simulation.heard[-2:] == ['So is this one.', 'But not this.']
    assert simulation.sender.counters.retries == before
    assert simulation.sender.counters.repair_bytes > 0


def test_nothing_is_repeated_where_nothing_gets_lost() -> None:
    simulation = Simulation(SimulatedNetwork(delay=0.3, jitter=0.1))
    for number in range(30):
        simulation.say(f'Sentence number {number}.')
        simulation.run(2)
    assert simulation.sender.counters.repair_bytes == 0


def test_an_acknowledgement_of_a_gap_that_gets_lost_is_sent_again() -> None:
    timing, now = AckTiming(), Instant(100.0, 0.0)
    timing.arrived(now, gap=True, answer=False)
    for asked in range(4):
        now = Instant(timing.due, 0.0)
        timing.sent(now)
        timing.gap_persists(now)
        assert timing.due - now.mono == pytest.approx(1.5 * 2 ** asked)
    timing.sent(now)
    timing.gap_persists(now)
    assert not timing.pending


def test_what_is_reported_as_lost_does_not_come_with_what_holds_it() -> None:
    """Until the other end knows of it, and so takes it no more."""
    window = SendWindow()
    groups = [DatagramGroup([QueuedText(OutgoingText('text'), float(at), at)])
              for at in range(2)]
    first = window.add(b'', groups[0], FrameType.SINGLE, b'one')
    second = window.add(b'', groups[1], FrameType.SINGLE, b'two', [first])
    assert window.resend_oldest()
    assert window.to_resend == [second]
    window.abandon(before=0.5, sent_before=10.0)
    assert window.to_resend == []
    assert not window.resend_oldest()
    window.acknowledge(1, 0)
    assert window.to_resend == [second]


def test_what_may_be_acknowledged_yet_is_not_given_up() -> None:
    window = SendWindow()
    group = DatagramGroup([QueuedText(OutgoingText('text'), 0.0, 0)])
    window.add(b'', group, FrameType.SINGLE, b'one').sent = 30.0
    assert window.abandon(before=1.0, sent_before=29.5) == []
    assert window.abandon(before=1.0, sent_before=30.5) == group.texts
