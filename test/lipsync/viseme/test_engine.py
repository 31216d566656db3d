"""The default face speaks: right in time, stable, and touching nothing but the mouth and jaw."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.mouth_measurement import measure_openings, requested_opening
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.choice import engine_options, make_engine
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.lipsync.viseme.idle_motion import IdleMotion, LifeSettings
from txt2vid_ros.lipsync.viseme.renderer_cache import RendererCache
from txt2vid_ros.lipsync.viseme.sound.audio_pose import pose_from_audio
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, silence, Speech, words

STILL = LifeSettings(life=False)


@pytest.fixture(scope='module')
def mesh() -> FaceMesh:
    return FaceMesh()


def portrait() -> DrivingMedia:
    return load_driving(width=640, height=480)


def opened(options: LifeSettings = STILL, driving: DrivingMedia | None = None):
    engine = VisemeEngine(options)
    engine.load()
    return engine.open(driving or portrait())


def test_the_mouth_opens_as_timed_on_the_finished_pictures(mesh: FaceMesh) -> None:
    session, speech = opened(), words()
    times = np.arange(0.1, 2.6, 0.04)
    frames = [session.render(float(t), 0, speech) for t in times]
    seen = measure_openings(frames, mesh)
    asked = np.array([requested_opening(speech.mouth(float(t))) for t in times])
    assert np.corrcoef(seen, asked)[0, 1] > 0.8


def test_lips_are_closer_on_bilabials_and_in_silence_than_on_any_vowel(mesh: FaceMesh) -> None:
    session = opened()
    rest, pressed, schwa, wide = measure_openings(
        [
            session.render(0, 0, silence()),
            session.render(0, 0, held(jaw_open=0.4, lips_closed=1)),
            session.render(0, 0, held(jaw_open=0.3)),
            session.render(0, 0, held(jaw_open=0.9)),
        ],
        mesh,
    )
    assert max(rest, pressed) < 0.5 * schwa
    assert schwa < wide


def test_the_smile_of_the_portrait_is_closed_at_rest() -> None:
    driving = portrait()
    picture = opened().render(0, 0, silence())
    between_lips = (slice(282, 298), slice(285, 325))

    def teeth(frame: np.ndarray) -> int:
        part = frame[between_lips].astype(int)
        return int(((part.min(2) > 175) & (np.ptp(part, axis=2) < 40)).sum())

    shown = teeth(driving.frames[0])
    assert shown > 150
    assert teeth(picture) < shown / 5  # what is left is shine on the lips


def test_nothing_outside_the_lower_face_changes() -> None:
    driving = portrait()
    session = opened(driving=driving)
    original = driving.frames[0]
    touched = np.zeros(original.shape[:2], bool)
    for shapes in ({}, {'jaw_open': 1.0}, {'lips_round': 1.0}, {'lips_wide': 1.0}):
        picture = session.render(0, 0, held(**shapes))
        assert picture.shape == original.shape
        assert picture.dtype == np.uint8
        touched |= (picture != original).any(axis=2)
    rows, columns = np.flatnonzero(touched.any(1)), np.flatnonzero(touched.any(0))
    assert rows.min() > 220  # below the eyes
    assert rows.max() < 420
    assert columns.min() > 200
    assert columns.max() < 420


def test_the_edge_of_what_changes_is_seamless() -> None:
    driving = portrait()
    picture = opened(driving=driving).render(0, 0, held(jaw_open=1.0)).astype(int)
    change = np.abs(picture - driving.frames[0].astype(int)).max(axis=2)
    touched = (change > 0).astype(np.uint8)
    rim = touched - cv2.erode(touched, np.ones((5, 5), np.uint8))
    assert np.percentile(change[rim > 0], 95) < 12


def test_a_frame_renders_the_same_in_any_order_and_in_any_session() -> None:
    speech = words()
    one, other = opened(LifeSettings(seed=3)), opened(LifeSettings(seed=3))
    forwards = [one.render(t, 0, speech) for t in (0.1, 0.5, 0.9)]
    backwards = [other.render(t, 0, speech) for t in (0.9, 0.5, 0.1)][::-1]
    for a, b in zip(forwards, backwards, strict=True):
        assert np.array_equal(a, b)


def test_the_caller_may_draw_on_the_result() -> None:
    session = opened()
    first = session.render(0, 0, silence())
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(session.render(0, 0, silence()), kept)


def test_no_pop_between_frames() -> None:
    session, speech = opened(), words()
    frames = [session.render(k / 50, 0, speech).astype(int) for k in range(20, 80)]
    jumps = [np.abs(b - a)[220:400, 215:400].mean() for a, b in itertools.pairwise(frames)]
    assert max(jumps) < 6 * np.mean(jumps)


def test_life_is_seen_and_switched_off_by_parameter() -> None:
    times = [0.0, 1.7, 40.3]

    def pictures(**options: float | bool) -> list[np.ndarray]:
        session = opened(LifeSettings(**options))
        return [session.render(t, 0, silence()) for t in times]

    still = pictures(life=False)
    assert all(np.array_equal(still[0], other) for other in still[1:])
    alive = pictures(blinks=0)
    assert not any(np.array_equal(still[0], other) for other in alive)
    none = pictures(blinks=0, sway=0, breath=0, brows=0, gaze=0, nods=0)
    assert all(np.array_equal(still[0], other) for other in none)


def test_blinks_come_as_often_as_people_blink_and_never_regularly() -> None:
    life = IdleMotion(LifeSettings(seed=5))
    lids = np.array([life.at(t, silence()).blink for t in np.arange(0, 120, 0.02)])
    starts = np.flatnonzero((lids[1:] > 0) & (lids[:-1] == 0)) * 0.02
    assert 20 <= len(starts) <= 60
    assert np.std(np.diff(starts)) > 0.5
    assert lids.max() == 1
    assert np.abs(np.diff(lids)).max() < 0.45
    assert [life.at(t, silence()) for t in (3.3, 7.9)] == [
        IdleMotion(LifeSettings(seed=5)).at(t, silence()) for t in (3.3, 7.9)
    ]


def test_the_head_sways_without_a_jump_or_a_visible_loop() -> None:
    life = IdleMotion(LifeSettings())
    moves = np.array([
        [s.right, s.down, s.roll] for s in (life.at(t, silence()) for t in np.arange(0, 90, 0.04))
    ])
    assert np.abs(np.diff(moves, axis=0)).max() < 0.002
    assert np.abs(moves).max() < 0.03
    for lag in range(100, len(moves) // 2):
        assert np.abs(moves[lag:] - moves[:-lag]).max() > 0.004


def test_brows_rise_on_what_is_loud() -> None:
    rate = 16000
    time = np.arange(4 * rate) / rate
    sound = (0.05 + 0.4 * (np.abs(time - 3) < 0.15)) * np.sin(2 * np.pi * 150 * time)
    speech = Speech(sound.astype(np.float32), rate)
    life = IdleMotion(LifeSettings())
    assert life.at(3.1, speech).brows > 0.3
    assert life.at(2.5, speech).brows < 0.1


def test_closed_lids_hide_the_eyes() -> None:
    from txt2vid_ros.lipsync.viseme.head_warp import HeadWarp
    from txt2vid_ros.lipsync.viseme.idle_motion import IdleState

    session = opened()
    picture = session.render(0, 0, silence())
    head = HeadWarp(session.renderer(0).face, picture)
    shut = head.animate(picture.copy(), IdleState(blink=1))
    pupils = [(264, 201), (349, 206)]
    for x, y in pupils:
        spot = (slice(y - 3, y + 4), slice(x - 3, x + 4))
        assert shut[spot].mean() > picture[spot].mean() + 30
    assert np.array_equal(head.animate(picture, IdleState()), picture)


def test_a_video_keeps_its_own_frames_where_the_face_is_lost() -> None:
    seen = np.array(portrait().frames[0])
    empty = np.full_like(seen, 90)
    driving = DrivingMedia([seen, empty, seen], 25, 'c' * 64)
    session = opened(LifeSettings(), driving)
    assert np.array_equal(session.render(0, 1, held(jaw_open=1)), empty)
    assert not np.array_equal(session.render(0, 0, held(jaw_open=1)), seen)
    assert any('no face in 1 of 3' in line for line in session.notices)


def test_sound_alone_moves_the_mouth_and_silence_does_not() -> None:
    rate = 16000
    time = np.arange(3 * rate) / rate
    voiced = sum(np.sin(2 * np.pi * 120 * k * time) / (1 + ((120 * k - formant) / 100) ** 2)
                 for k in range(1, 30) for formant in (750, 1200, 2600))
    sound = np.where((time > 1) & (time < 2), 0.2 * voiced, 0).astype(np.float32)
    session, speech = opened(), Speech(sound, rate)
    rest = session.render(0, 0, silence())
    assert np.array_equal(session.render(0.3, 0, speech), rest)
    assert np.array_equal(session.render(2.8, 0, speech), rest)
    change = np.abs(session.render(1.5, 0, speech).astype(int) - rest.astype(int))
    assert change[270:330, 260:350].mean() > 4


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_broken_samples_do_no_harm(bad: float) -> None:
    sound = np.full(32000, bad, np.float32)
    picture = opened().render(1.0, 0, Speech(sound, 16000))
    assert picture.shape == (480, 640, 3)


def test_a_picture_without_a_face_is_refused() -> None:
    driving = DrivingMedia([np.full((480, 640, 3), 100, np.uint8)], 25, 'd' * 64)
    with pytest.raises(UserError, match='no face found'):
        opened(driving=driving)


@pytest.mark.parametrize('scale', [0.3, 2.5])
def test_small_and_large_faces_speak(scale: float) -> None:
    picture = cv2.resize(np.array(portrait().frames[0]), None, fx=scale, fy=scale)
    driving = DrivingMedia([picture], 25, f'{scale}')
    session = opened(driving=driving)
    rest, wide = session.render(0, 0, silence()), session.render(0, 0, held(jaw_open=1))
    assert np.abs(rest.astype(int) - wide.astype(int)).max() > 60


def test_a_face_cut_off_by_the_picture_speaks() -> None:
    picture = np.ascontiguousarray(portrait().frames[0][:, 180:330])
    session = opened(driving=DrivingMedia([picture], 25, 'cut'))
    assert session.render(0, 0, held(jaw_open=1)).shape == picture.shape
    session.close()
    session.close()


def test_a_video_without_room_renders_the_same_as_with_room() -> None:
    frames = [np.roll(np.array(portrait().frames[0]), 3 * i, axis=1) for i in range(3)]
    driving = DrivingMedia(frames, 25, 'roll')
    track = find_face(driving, FaceMesh)
    roomy, tight = RendererCache(driving, track), RendererCache(driving, track, capacity=0)
    pose = held(jaw_open=0.7).mouth(0)
    for index in (0, 1, 2, 1, 0):
        one = roomy.get(index).render(frames[index], pose)
        assert np.array_equal(one, tight.get(index).render(frames[index], pose))
    assert roomy.get(1) is roomy.get(1)
    assert tight.get(1) is tight.get(1)
    assert tight.get(0) is not tight.get(1)


@pytest.mark.parametrize('level', [0.003, 0.03, 0.3])
def test_noise_and_hum_are_not_taken_for_speech(level: float) -> None:
    rng, time = np.random.default_rng(0), np.arange(22400) / 16000
    for sound in (rng.standard_normal(22400), 1.4 * np.sin(2 * np.pi * 50 * time)):
        assert requested_opening(pose_from_audio((level * sound).astype(np.float32))) < 0.02


def test_the_signs_of_life_are_options_of_the_engine() -> None:
    engine, _ = make_engine('viseme', {'viseme.life': 'false', 'viseme.seed': '4'},
                            'lipsync.engine')
    session = engine.open(portrait())
    assert np.array_equal(
        session.render(0, 0, silence()), session.render(7.7, 0, silence())
    )
    with pytest.raises(UserError, match=r"Did you mean 'blinks'"):
        engine_options('viseme').check({'viseme.blink': '2'}, '{}')


@pytest.mark.parametrize('name', ['blinks', 'sway', 'breath', 'brows'])
@pytest.mark.parametrize('value', ['inf', '-inf', 'nan', '-0.1', '3.1', '1e300'])
def test_a_sign_of_life_that_no_face_can_show_is_named(name: str, value: str) -> None:
    with pytest.raises(UserError, match=f'{name} is'):
        make_engine('viseme', {f'viseme.{name}': value}, 'lipsync.engine')


def test_the_most_lively_face_is_shown() -> None:
    session = opened(LifeSettings(blinks=3, sway=3, breath=3, brows=3))
    for time in (0.0, 1.3, 77.7):
        assert session.render(time, 0, held(jaw_open=1)).shape == (480, 640, 3)
