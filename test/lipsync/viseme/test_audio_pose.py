"""
From the sound alone: a voice that the network never heard, and no jumps on real speech.

unheard_voice.npz: three Harvard sentences by the Piper voice joe (its recordings are CC0), 16 kHz,
the signed root of each sample in 8 bits; `poses` are its timed mouth shapes every 20 ms in 1/255.
"""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.mouth_measurement import requested_opening
from txt2vid_ros.core.mouth import SHAPE_INDEX
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel
from txt2vid_ros.lipsync.viseme.sound.audio_features import usual_level, usual_levels
from txt2vid_ros.lipsync.viseme.sound.audio_pose import (
    LOOK_AHEAD,
    LOOK_BACK,
    pose_from_audio,
    RATE,
    SMOOTHED,
    WEIGHTS,
)
from txt2vid_ros.lipsync.viseme.sound.mouth_network import CONTEXT

FILE = pathlib.Path(__file__).parent / 'unheard_voice.npz'
STEP = 0.02


def poses_of(sound: np.ndarray) -> np.ndarray:
    """Return the poses every 20 ms that the sound alone gives."""
    padded = np.pad(sound, (round(LOOK_BACK * RATE), round(LOOK_AHEAD * RATE)))
    width = round((LOOK_BACK + LOOK_AHEAD) * RATE)
    starts = range(0, len(sound), round(STEP * RATE))
    return np.array([pose_from_audio(padded[at:at + width]) for at in starts])


@pytest.fixture(scope='module')
def unheard() -> tuple[np.ndarray, np.ndarray]:
    """Return the sound, and the timed poses."""
    with np.load(FILE) as data:
        rooted = data['sound'].astype(np.float32) / 127
        return np.sign(rooted) * rooted**2, data['poses'].astype(np.float32) / 255


@pytest.fixture(scope='module')
def found(unheard: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return poses_of(unheard[0])


def test_the_opening_agrees_with_the_timed_one_on_an_unheard_voice(
        unheard: tuple[np.ndarray, np.ndarray], found: np.ndarray) -> None:
    asked = unheard[1]
    openings = [[requested_opening(pose) for pose in poses]
                for poses in (found[:len(asked)], asked)]
    assert np.corrcoef(*openings)[0, 1] >= 0.8
    jaw = SHAPE_INDEX['jaw_open']
    assert np.corrcoef(found[:len(asked), jaw], asked[:, jaw])[0, 1] >= 0.8


def test_shapes_are_heard_80_ms_ahead() -> None:
    last = CONTEXT[1] - 1 + SMOOTHED[1]
    assert last * 10 + 12.5 <= 80  # half of a column's window is after its middle


def test_training_and_figures_know_the_level_as_a_pose_does_at_the_beginning_of_speech(
        unheard: tuple[np.ndarray, np.ndarray]) -> None:
    sound = unheard[0][:2 * RATE]
    padded = np.pad(sound, (round(LOOK_BACK * RATE), round(LOOK_AHEAD * RATE)))
    columns = round((LOOK_BACK + LOOK_AHEAD) * RATE) // HOP
    mel, every = log_mel(sound), log_mel(padded)
    levels = usual_levels(mel)
    heard = [usual_level(every[at:at + columns]) for at in range(len(mel) - 20)]
    assert levels.max() - levels.min() > 1  # it begins with silence
    np.testing.assert_allclose(levels[:len(heard)], heard, atol=1e-3)


def test_no_shape_jumps_in_speech_at_its_onset_or_its_end(found: np.ndarray) -> None:
    assert not found[0].any()
    speed = np.abs(np.diff(found, axis=0)) / STEP
    assert speed[:, SHAPE_INDEX['jaw_open']].max() < 15
    assert speed.max() < 30  # as with timings


def test_the_network_is_a_small_file() -> None:
    assert WEIGHTS.stat().st_size < 2_000_000
    assert FILE.stat().st_size < 200_000
