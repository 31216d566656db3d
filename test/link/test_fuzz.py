"""
Hostile datagrams: counted, never a crash, never text.

The number of inputs grows with TXT2VID_FUZZ_INPUTS; tools/fuzz.py runs a million and more.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from link_fuzzing import parse, Target
from link_simulation import KEY, SimulatedNetwork, Simulation
import pytest
from txt2vid_ros.link.messages import ReceivedText
from txt2vid_ros.link.protocol import speech, wire
from txt2vid_ros.link.protocol.audio import AudioBody, MAX_PACKETS, QUEUE_TICK, SoundReport
from txt2vid_ros.link.protocol.control import Ack, Control, Hello, KnownStream, Welcome
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.seal import session_keys, TAG_SIZES
from txt2vid_ros.link.protocol.session import Session

INPUTS = int(os.environ.get('TXT2VID_FUZZ_INPUTS', '10000'))
EXAMPLES = int(os.environ.get('TXT2VID_FUZZ_INPUTS', '1000'))


def test_random_bytes() -> None:
    target = Target()
    for _ in range(INPUTS):
        target.throw(target.chance.randbytes(target.chance.randrange(80)))
    target.check()
    counters = target.simulation.receiver.counters
    assert counters.garbage and counters.wrong_version and counters.forged


def test_replayed_and_damaged_datagrams() -> None:
    target = Target(1)
    for _ in range(INPUTS):
        target.throw(target.mutated())
    target.check()
    assert target.simulation.receiver.counters.duplicates > 0
    assert target.simulation.receiver.counters.forged > 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=100))
def test_parsers_behind_the_seal(body: bytes) -> None:
    parse(body)


def test_an_authentic_sender_gone_mad_does_no_harm() -> None:
    """Bodies that are sealed correctly but say anything: counted, no crash, at most text."""
    simulation = Simulation(SimulatedNetwork(delay=0.01))
    simulation.say('Good morning.')
    simulation.run(3)
    session = simulation.sender._session
    assert session is not None
    chance = simulation.chance
    for number in range(3000):
        kind = chance.choice([wire.FrameType.SINGLE, wire.FrameType.BATCH, wire.FrameType.CONTROL,
                              wire.FrameType.PARTIAL, wire.FrameType.AUDIO])
        counter = (1 + number if kind > wire.FrameType.BATCH
                   else simulation.receiver._inbound.buffer.next)
        body = chance.randbytes(chance.randrange(40))
        simulation.receiver.receive(session.seal(kind, counter, body), simulation.receiver_time)
    assert simulation.receiver.counters.undecodable > 0
    assert all(isinstance(e.text, str) for e in iter(simulation.receiver.take_event, None)
               if isinstance(e, ReceivedText))


@pytest.mark.parametrize('size', [0, 1, 1200, 65_000])
def test_odd_sizes(size: int) -> None:
    target = Target(2)
    for first in range(256):
        target.throw(bytes([first] * size))
    target.check()


def test_a_version_to_come_is_counted_as_such() -> None:
    target = Target(3)
    for _, datagram in target.recorded:
        target.throw(bytes([datagram[0] & 0x3F | wire.VERSION + 1 << 6]) + datagram[1:])
    assert target.simulation.receiver.counters.wrong_version == len(target.recorded)
    target.check()


NAMES = st.text(st.characters(exclude_categories=['Cs']), max_size=16)
CODED = st.binary(max_size=40)
NATURAL = st.integers(0, 2**40)
STREAMS = st.integers(0, 2**32 - 1)
TICKS = st.integers(-2**47, 2**47 - 1)


@given(st.integers(0, 15), st.integers(0, wire.START_TICKS - 1), CODED)
def test_single_comes_back(distance: int, ticks: int, coded: bytes) -> None:
    record = speech.Record(ticks, coded)
    batch = speech.unpack_single(speech.pack_single(distance, record))
    assert batch == speech.Batch(distance, (record,))


NOTES = st.builds(OffsetReport, st.integers(-2**50, 2**50), st.integers(0, 255))
RECORDS = st.lists(st.one_of(
    st.builds(speech.Record, st.integers(0, wire.START_TICKS - 1), CODED),
    st.builds(speech.Record, st.integers(0, wire.START_TICKS - 1), CODED, st.none() | NAMES,
              st.none() | NAMES | st.sampled_from(['', 'es', 'pt-BR', 'zh-Hant', 'en_GB'])),
    st.builds(speech.Record, st.integers(0, wire.LONG_START_TICKS - 1), CODED,
              long_start=st.just(True))),
    min_size=1, max_size=5).map(tuple)


PIECES = st.binary(min_size=1, max_size=50)


@given(st.builds(speech.Batch, st.integers(0, 15), RECORDS,
                 index=st.none() | NATURAL, clock=st.none() | NOTES)
       | st.builds(speech.Batch, st.integers(0, 15), part=PIECES, more=st.just(True),
                   index=st.none() | NATURAL, clock=st.none() | NOTES)
       | st.builds(speech.Batch, st.integers(0, 15), part=PIECES, continues=st.just(True),
                   more=st.booleans()))
def test_batches_come_back(batch: speech.Batch) -> None:
    assert speech.unpack_batch(speech.pack_batch(batch)) == batch


@pytest.mark.parametrize(('locale', 'needed'), [('es', 1), ('zh', 1), ('pt-BR', 1), ('yue', 1),
                                                ('', 1), ('tlh', 5), ('en_GB', 7)])
def test_a_change_of_the_language_alone_takes_a_byte(locale: str, needed: int) -> None:
    same, other = (speech.pack_batch(speech.Batch(1, (speech.Record(7, b'coded', None, each),)))
                   for each in (None, locale))
    assert len(other) - len(same) == needed


def test_a_locale_of_a_number_that_is_not_known_is_refused() -> None:
    packed = bytearray(speech.pack_batch(speech.Batch(1, (speech.Record(7, b'', None, 'es'),))))
    packed[-1] = 255
    with pytest.raises(wire.FrameError, match='no known number'):
        speech.unpack_batch(bytes(packed))


REPORTS = st.builds(SoundReport, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF),
                    st.integers(0, 255).map(lambda ticks: ticks * QUEUE_TICK))
PACKETS = st.lists(st.binary(min_size=1, max_size=300), min_size=1,
                   max_size=MAX_PACKETS).map(tuple)


@given(st.builds(AudioBody, PACKETS, st.integers(0, 0xFFFF), st.integers(0, 2),
                 st.none() | REPORTS)
       | st.builds(AudioBody, stamp=st.integers(0, 0xFFFF), report=st.none() | REPORTS,
                   padding=st.integers(1, 300))
       | st.builds(AudioBody, report=REPORTS))
def test_sound_comes_back(body: AudioBody) -> None:
    assert AudioBody.unpack(body.pack()) == body


@given(st.builds(Control, st.integers(0, 400), st.none() | st.integers(300, 400), st.just(0),
                 st.none() | NATURAL, st.none() | NOTES))
def test_control_comes_back(control: Control) -> None:
    assert Control.unpack(control.pack(), max(300, control.next_sequence)).pack() == control.pack()


@given(st.integers(270, 364), st.booleans(), st.none() | st.integers(0, 127),
       st.integers(0, wire.STAMPS - 1), st.integers(0, 0xFFFF), st.integers(0, 2**64 - 1))
def test_acknowledgements_come_back(wanted: int, control: bool, reference: int | None,
                                    arrived: int, hold: int, beyond: int) -> None:
    ack = Ack(wanted, control, reference, arrived, hold, beyond)
    reader = wire.BodyReader(ack.pack() + b'after it')
    back = Ack.read(reader, 300)
    assert back == (Ack(wanted) if reference is None else ack)
    assert reader.rest() == b'after it'


@given(st.integers(270, 364), st.booleans(), st.integers(0, 127), st.integers(0, 15))
def test_acknowledgements_that_tell_of_a_loss_come_back(wanted: int, control: bool, reference: int,
                                                        beyond: int) -> None:
    ack = Ack(wanted, control, reference, selective=beyond, troubled=True)
    reader = wire.BodyReader(ack.pack() + b'after it')
    assert Ack.read(reader, 300) == ack
    assert reader.rest() == b'after it'


@given(st.builds(Hello, STREAMS, st.binary(min_size=4, max_size=4), TICKS,
                 st.sampled_from(TAG_SIZES), NAMES, NAMES, st.booleans(),
                 st.none() | st.builds(KnownStream, STREAMS, NATURAL)))
def test_hello_comes_back(hello: Hello) -> None:
    assert Hello.unpack(hello.pack()) == hello


@given(st.builds(Welcome, st.booleans(), NATURAL, st.binary(min_size=4, max_size=4), TICKS,
                 STREAMS, st.booleans()))
def test_welcome_comes_back(welcome: Welcome) -> None:
    assert Welcome.unpack(welcome.pack()) == welcome


def test_long_names_are_cut_between_characters() -> None:
    packed = wire.name('é' * 60)
    assert wire.BodyReader(packed).text() == 'é' * 32


@given(st.integers(0, 10_000), st.integers(-128, 127))
def test_counters_are_completed_near_what_is_expected(expected: int, away: int) -> None:
    assert wire.nearest((expected + away) & 0xFF, 256, expected) == expected + away


@given(st.floats(0, 2e9), st.floats(-40, 40))
def test_start_times_survive_their_shortening(start: float, error: float) -> None:
    travelled = wire.start_time(wire.start_ticks(start), start + error)
    assert travelled == pytest.approx(start, abs=0.0101)


def test_keys_of_the_two_ways_and_of_sessions_differ() -> None:
    ends = [session_keys(KEY, b'a' * 12, responder, 4, initiates)
            for responder in (b'b' * 12, b'c' * 12) for initiates in (True, False)]
    head = wire.head(wire.FrameType.SINGLE, 0, 0)
    sealed = [keys.outgoing.seal(wire.FrameType.SINGLE, 0, head, b'text') for keys in ends]
    assert len(set(sealed)) == 4
    assert ends[1].incoming.open(wire.FrameType.SINGLE, 0, head, sealed[0][2:]) == b'text'


def test_what_is_sent_with_and_without_an_acknowledgement_shares_no_nonce() -> None:
    """Speech keeps its sequence when it is sent again: the same nonce would show both texts."""
    session = Session(session_keys(KEY, b'a' * 12, b'b' * 12, 4, initiates=True))
    body = b'the same coded text'
    first = session.seal(wire.FrameType.SINGLE, 9, body, b'\x07')[3:3 + len(body)]
    again = session.seal(wire.FrameType.SINGLE, 9, body)[2:2 + len(body)]
    assert first != again
    # With one nonce, the difference of what is sealed would be the difference of the bodies.
    shown = bytes(a ^ b for a, b in zip(session.seal(wire.FrameType.SINGLE, 9, body, b'\x07')[2:],
                                        session.seal(wire.FrameType.SINGLE, 9, body)[2:],
                                        strict=False))
    assert shown[:len(body)] != bytes(a ^ b for a, b in zip(b'\x07' + body, body, strict=False))
