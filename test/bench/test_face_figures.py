"""The figures of the face are measured on its pictures and hold what the README promises."""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import pytest
from txt2vid_ros.bench.commands import face as bench
from txt2vid_ros.bench.lipsync import spoken_sentences
from txt2vid_ros.bench.lipsync.face_figures import SEALED
from txt2vid_ros.bench.lipsync.mouth_measurement import best_lag, correlation, follow, parted
from txt2vid_ros.bench.lipsync.unheard_voice import unheard_voice
from txt2vid_ros.bench.lipsync.untouched_region import UntouchedRegion
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.lipsync.viseme.face_renderer import FaceRenderer
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the faces found apart from those of the user and of other tests."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


@pytest.fixture(autouse=True)
def one_unheard_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the time of the others, which test_lips_from_sound.py measures."""
    monkeypatch.setattr(bench, 'unheard_voice', lambda: unheard_voice()[:1])


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args(words)


def test_the_default_face_with_a_real_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, 'SENTENCES', bench.SENTENCES[:2])
    figures = bench.run(options())
    assert figures['opening_r'] >= 0.8
    assert figures['bilabials_closed'] >= 0.95
    assert figures['bilabials'] >= 8
    assert figures['silence_opening'] < 0.02
    assert abs(figures['offset_ms']) < 30  # of two sentences
    assert abs(figures['render_offset_ms']) < 20
    assert figures['bilabials_sealed'] >= 0.95
    assert figures['closed_reading'] < 0.06
    assert figures['outside_change'] == 0
    assert figures['ms_per_frame'] > 0


def test_from_the_sound_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, 'SENTENCES', bench.SENTENCES[2:4])
    figures = bench.run(options('--from-audio', '--size', '480x360'))
    assert figures['opening_r'] >= 0.6
    assert figures['silence_opening'] < 0.02
    assert abs(figures['offset_ms']) < 40
    assert figures['bilabials_from_sound_unheard'] > 0
    assert figures['false_closures_from_sound_unheard'] < 0.1


def test_a_language_without_a_voice_is_measured_by_the_usual_length_of_its_sounds(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, 'LANGUAGES', {'de': ('Meine Mama.',), 'en': ('Yes.',)})
    monkeypatch.setattr(spoken_sentences, 'EspeakPhonemes',
                        lambda name: lambda text: 'mˈaɪnə mˈama.')
    figures = bench.run(options('--language', 'de-AT'))
    assert [*figures] == ['de']
    german = figures['de']
    assert german['voice'].startswith('none (kokoro does not speak German)')
    assert german['bilabials'] == 3 and german['bilabials_closed'] == 1
    assert german['opening_r'] > 0.8 and german['offset_ms'] is None
    with pytest.raises(UserError, match='no sound of German'):
        bench.run(options('--language', 'de', '--from-audio'))
    with pytest.raises(UserError, match="no sentences in 'tlh'"):
        bench.run(options('--language', 'de,tlh'))


def test_long_sounds_and_commas_take_longer() -> None:
    short, long, after = spoken_sentences.paced('a aː, a')
    assert long.duration == pytest.approx(spoken_sentences.LONG * short.duration)
    assert after.start == pytest.approx(long.end + spoken_sentences.PAUSE)
    assert short.begins_word and after.begins_word


@pytest.mark.parametrize('size', ['640', 'axb', '640x', 'x480'])
def test_a_bad_size_is_named(size: str) -> None:
    with pytest.raises(UserError, match='--size'):
        bench.run(options('--size', size))


def test_a_lag_is_found_between_the_samples() -> None:
    times = np.arange(0, 4, 0.04)
    asked = np.sin(2 * np.pi * 1.7 * times) + np.sin(2 * np.pi * 0.9 * times)
    late = np.sin(2 * np.pi * 1.7 * (times - 0.05)) + np.sin(2 * np.pi * 0.9 * (times - 0.05))
    assert best_lag(late, asked, times) == pytest.approx(0.05, abs=0.01)
    assert best_lag(asked, asked, times) == pytest.approx(0, abs=0.005)


def test_a_mouth_that_does_not_move_correlates_with_nothing() -> None:
    moving = np.sin(np.arange(50.0))
    assert correlation(np.zeros(50), moving) == 0
    assert correlation(np.full(50, np.nan), moving) == 0
    assert correlation(moving, 2 * moving + 1) == pytest.approx(1)


@pytest.mark.parametrize(('place', 'shown'), [((100, 100), 9), ((345, 310), 0)])
def test_a_change_beside_the_jaw_is_noticed_and_one_at_the_mouth_allowed(
        place: tuple[int, int], shown: int) -> None:
    driving = load_driving(width=640, height=480)
    beyond = UntouchedRegion(driving, find_face(driving, FaceMesh))
    picture = np.array(driving.frames[0])
    assert beyond.change(0, picture) == 0
    picture[place] += 9
    assert beyond.change(0, picture) == shown


def test_a_renderer_that_leaks_by_a_pixel_value_is_noticed(
        monkeypatch: pytest.MonkeyPatch) -> None:
    honest = FaceRenderer.render

    def leaking(self: FaceRenderer, frame: np.ndarray, *pose: object) -> np.ndarray:
        picture = honest(self, frame, *pose)
        picture[self.box[3], self.box[0]:self.box[2]] ^= 1  # one row below
        return picture

    monkeypatch.setattr(FaceRenderer, 'render', leaking)
    monkeypatch.setattr(bench, 'SENTENCES', ('Yes.',))
    figures = bench.run(options())
    assert figures['outside_change'] == 1
    assert figures['bilabials_closed'] is None


def test_a_video_that_loses_its_face_is_compared_frame_by_frame() -> None:
    face = np.array(load_driving(width=640, height=480).frames[0])
    driving = DrivingMedia([face, np.full_like(face, 90), face], 25, 'e' * 64)
    beyond = UntouchedRegion(driving, find_face(driving, FaceMesh))
    assert beyond.mask(1).all()
    assert not beyond.mask(2).all()
    assert beyond.change(1, face) > 0


def test_parted_lips_are_seen_by_colour_alone() -> None:
    session = VisemeEngine().open(load_driving(width=640, height=480))
    frame, mesh = session.renderer(0), FaceMesh()
    poses = [held(lips_closed=1, jaw_open=0.2), held(jaw_open=0.9)]
    frames = [frame.render(load_driving(width=640, height=480).frames[0], pose.mouth(0))
              for pose in poses]
    shut, wide = (parted(picture, points)
                  for picture, points in zip(frames, follow(frames, mesh), strict=True))
    assert shut < SEALED < 0.06 < wide
