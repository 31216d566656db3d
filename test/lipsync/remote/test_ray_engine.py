"""Mouths from another machine: as long as they come in time, else from the engine here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import time

from fake_replica import FakeReplica
from hypothesis import given, strategies
import numpy as np
from painted_engine import BOX, face, is_here, PaintedEngine, speech
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.choice import engine_options, make_engine
from txt2vid_ros.lipsync.remote import wire
from txt2vid_ros.lipsync.remote.engine import RayEngine, RayOptions, RaySession
from txt2vid_ros.lipsync.wav2lip.generator.base import MOUTH_SHAPE
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions

REFUSED = r'bytes|short|mouth'


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def replica() -> Iterator[FakeReplica]:
    server = FakeReplica()
    yield server
    server.close()


@pytest.fixture
def engine(replica: FakeReplica) -> Iterator[RayEngine]:
    made = RayEngine(replica.address, RayOptions(deadline_ms=1000), Wav2LipOptions(box=BOX),
                     PaintedEngine())
    made.load()
    yield made
    made.close()


def opened(engine: RayEngine) -> RaySession:
    return engine.open(face())


def test_the_mouth_comes_from_the_other_machine_and_is_pasted_here(
        replica: FakeReplica, engine: RayEngine) -> None:
    session = opened(engine)
    picture = session.render(1.0, 0, speech())
    assert not is_here(picture)
    assert session.mouth_moved
    assert picture[80, 80].max() > 60               # the grey mouth in the face
    assert (picture[5] == 30).all()                 # and nothing beside it
    assert session.trouble == ''
    asked = replica.asked
    assert (session.render(9.0, 0, speech()) == 30).all()
    assert replica.asked == asked                   # at rest nobody is asked
    assert engine.look_ahead == 0.5                 # enough for either of the two


@pytest.mark.parametrize('mode', ['silent', 'dripping', 'busy', 'garbage', 'short'])
def test_while_the_others_fail_pictures_are_made_here_at_once_and_they_are_taken_back(
        replica: FakeReplica, engine: RayEngine, mode: str) -> None:
    session, heard = opened(engine), speech()
    assert not is_here(session.render(1.0, 0, heard))
    replica.mode = mode
    assert is_here(session.render(1.04, 0, heard))
    assert session.trouble.startswith('mouths are made here: ')
    # Whoever does not answer is waited for once, not for each picture.
    assert all(is_here(session.render(1.0 + k / 25, 0, heard)) for k in range(25))
    replica.mode = 'well'
    replica.released.set()
    until(lambda: session.trouble == '')
    assert not is_here(session.render(1.0, 0, heard))


def test_without_anybody_there_the_face_is_shown_and_the_user_told(
        replica: FakeReplica) -> None:
    replica.close()
    engine = RayEngine(replica.address, RayOptions(), Wav2LipOptions(box=BOX), PaintedEngine())
    engine.load()
    session = opened(engine)
    assert is_here(session.render(1.0, 0, speech()))
    assert 'made here' in ' '.join(session.notices)
    engine.close()


def test_the_engine_here_has_made_a_picture_of_a_speaker_before_one_is_needed(
        replica: FakeReplica) -> None:
    here = PaintedEngine()
    engine = RayEngine(replica.address, RayOptions(), Wav2LipOptions(box=BOX), here)
    engine.load()
    opened(engine)
    first, = here.opened[0].pictures        # which takes the longest, by far
    assert first.mouth(0.0).max() == 1.0
    engine.close()


def test_an_address_is_checked_and_the_options_of_both_engines_are_known() -> None:
    for wrong in ('ray', 'ray://', 'ray:gpu1', 'ray://gpu1:99999'):
        with pytest.raises(UserError, match=r'lipsync\.engine.*ray://HOST:PORT'):
            make_engine(wrong, {}, 'lipsync.engine')
    with pytest.raises(UserError, match=r'wav2lip\.rest closed'):
        make_engine('ray://gpu1', {'wav2lip.rest': 'closed'}, 'lipsync.engine')
    engine, why = make_engine('ray://gpu1', {'ray.fallback': 'viseme'}, 'lipsync.engine')
    engine.close()
    assert why == 'engine wav2lip at gpu1:8000; while it is away, engine viseme'
    known = engine_options('ray://gpu1').specs
    assert {'ray.deadline_ms', 'wav2lip.pads', 'viseme.blinks'} <= set(known)


def test_what_is_sent_is_what_arrives() -> None:
    windows = np.random.default_rng(0).normal(size=(3, 80, 16)).astype(np.float32)
    crop, other = (np.full((96, 96, 3), value, np.uint8) for value in (1, 2))
    data = wire.pack_request(windows, [crop, other, crop])
    assert len(data) < 3 * 5200 + 2 * 27700         # what is the same goes once
    asked = wire.unpack_request(data)
    np.testing.assert_array_equal(asked.windows, windows)
    assert [int(one.max()) for one in asked.crops] == [1, 2, 1]
    mouths = [np.full(MOUTH_SHAPE, value, np.float32) for value in (0.0, 0.3, 1.0)]
    got = wire.unpack_mouths(wire.pack_mouths(mouths), 3)
    np.testing.assert_allclose(got, mouths, atol=0.25 / 255)


@given(strategies.binary(max_size=200), strategies.integers(0, 20), strategies.integers(0, 255))
def test_bytes_that_are_no_mouths_are_refused(noise: bytes, at: int, value: int) -> None:
    windows, crop = np.zeros((1, 80, 16), np.float32), np.zeros((96, 96, 3), np.uint8)
    whole = bytearray(wire.pack_request(windows, [crop]))
    for data in (noise, bytes(whole[:len(whole) - 1 - at])):
        with pytest.raises(ValueError, match=REFUSED):
            wire.unpack_request(data)
        with pytest.raises(ValueError, match=REFUSED):
            wire.unpack_mouths(data, 1)
    if at < 10 and value != whole[at]:      # in the head, or the place of the face
        whole[at] = value
        with pytest.raises(ValueError, match=REFUSED):
            wire.unpack_request(bytes(whole))
