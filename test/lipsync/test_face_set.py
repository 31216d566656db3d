"""The pictures have the shape of the default speaker's face, whoever speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.face_set import FaceSet, FaceSettings
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.speech_timeline import SpeechTimeline


@pytest.fixture
def people(tmp_path: Path) -> str:
    whole = cv2.imread(str(BUILT_IN_PORTRAIT))
    cv2.imwrite(str(tmp_path / 'wide.png'), whole)
    cv2.imwrite(str(tmp_path / 'upright.png'), whole[:, 210:750])
    file = tmp_path / 'people.yaml'
    file.write_text(f'ann: {{face: {tmp_path / "wide.png"}}}\n')
    return str(file)


def faces(people: str, before: FaceSet | None = None, **changed: Any) -> FaceSet:
    settings: dict[str, Any] = {
        'engine': 'flash', 'people': people, 'width': 0, 'height': 0, 'max_pixels': 12_000,
        'fps': 25.0, 'options': {'face.file': str(Path(people).parent / 'upright.png')}}
    return FaceSet(FaceSettings(**{**settings, **changed}), SpeechTimeline(),
                   ExpressionTimeline(), before)


def frame_of(shown: FaceSet, utterance: str) -> np.ndarray:
    return shown.faces[shown.face_of(utterance)].frame(0)


@pytest.mark.parametrize(('changed', 'shape'), [
    ({}, (126, 94)), ({'width': 60}, (80, 60)), ({'height': 80}, (80, 60)),
    ({'width': 90, 'height': 40}, (40, 90)), ({'max_pixels': 10**6}, (720, 540))])
def test_all_speakers_are_shown_in_one_shape(
        people: str, changed: dict[str, int], shape: tuple[int, int]) -> None:
    shown = faces(people, **changed)
    assert [frame_of(shown, speaker).shape[:2] for speaker in ('bob#1', 'ann#1')] == [shape] * 2
    shown.close()


def test_another_default_face_changes_the_shape_of_all_of_them(people: str) -> None:
    before = faces(people)
    after = faces(people, before, options={'face.file': str(Path(people).parent / 'wide.png')})
    assert frame_of(after, 'bob#1').shape[:2] == frame_of(after, 'ann#1').shape[:2] == (94, 126)
    before.close(after)
    after.close()
