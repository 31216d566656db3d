"""Pitch, melody and pace of a speaker, against sounds of which they are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
import pytest
import speech_clips
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.listening.speaker_measurement.pitch import pitch_track
from txt2vid_ros.listening.speaker_measurement.speaker_voice import measured

RATE = 16000


def syllables(f0: NDArray[np.float64], rate: float, noise: float = 0.003) -> NDArray[np.float32]:
    """Return a buzz of this F0 for each sample, `rate` times a second loud and soft."""
    phase = np.cumsum(2 * np.pi * f0 / RATE)
    buzz = sum(np.cos(number * phase) / number for number in range(1, 15))
    loud = np.clip(0.5 - np.cos(2 * np.pi * rate * np.arange(len(f0)) / RATE), 0.02, 1)
    hiss = np.random.default_rng(1).standard_normal(len(f0))
    return (0.1 * buzz * loud + noise * hiss).astype(np.float32)


@pytest.mark.parametrize(
    ('pitch', 'pace'), [(75.0, 5.5), (110.0, 3.0), (210.0, 5.5), (330.0, 3.0)])
def test_pitch_and_pace_of_a_buzz(pitch: float, pace: float) -> None:
    found = measured(syllables(np.full(4 * RATE, pitch), pace), RATE)
    assert found.pitch == pytest.approx(pitch, rel=0.01)
    assert found.range < 0.2
    assert found.pace == pytest.approx(pace, rel=0.06)


@pytest.mark.parametrize('spread', [1.0, 3.0])
def test_the_range_of_a_melody(spread: float) -> None:
    """A sine of semitones has a standard deviation by deciles of 0.742 of its amplitude."""
    semitones = spread * np.sin(2 * np.pi * 0.7 * np.arange(6 * RATE) / RATE)
    found = measured(syllables(160 * 2 ** (semitones / 12), 4.0), RATE)
    assert found.range == pytest.approx(0.742 * spread, rel=0.1)
    assert found.pitch == pytest.approx(160, rel=0.03)


def test_pauses_do_not_slow_the_pace() -> None:
    said = syllables(np.full(3 * RATE, 120.0), 4.0)
    pause = np.zeros(2 * RATE, np.float32)
    found = measured(np.concatenate([pause, said, pause, said, pause]), RATE)
    assert found.pace == pytest.approx(4.0, rel=0.06)


def test_a_man_who_reads() -> None:
    """Of these clips Praat 6.1.38 finds a median of 95.4 Hz, and a melody of 3.2 semitones."""
    clips = [clip.sound() for clip in speech_clips.clips() if 'sense' in clip.file.stem]
    found = measured(np.concatenate(clips)[:10 * RATE], RATE)
    assert found.pitch == pytest.approx(95.4, rel=0.06)
    assert 2 < found.range < 4
    assert 3 < found.pace < 5.5


@pytest.mark.parametrize('sound', [
    np.zeros(3 * RATE, np.float32), np.zeros(0, np.float32), np.zeros(100, np.float32),
    (0.1 * np.random.default_rng(0).standard_normal(3 * RATE)).astype(np.float32),
    syllables(np.full(RATE, 120.0), 4.0)])
def test_too_little_voice_is_said(sound: NDArray[np.float32]) -> None:
    with pytest.raises(UserError, match=r'holds \d\.\d s of voice, and 2 s are needed'):
        measured(sound, RATE)


def test_the_sample_rate_does_not_matter() -> None:
    f0 = pitch_track(np.sin(2 * np.pi * 150 * np.arange(48000) / 48000).astype('f4'), 48000)
    assert np.median(f0[f0 > 0]) == pytest.approx(150, rel=0.01)
