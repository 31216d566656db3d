"""Steady noise alone leaves the lips closed; quiet speech, also in noise, moves them."""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.mouth import SHAPE_INDEX
from txt2vid_ros.lipsync.viseme.sound.audio_pose import (
    LOOK_AHEAD,
    LOOK_BACK,
    pose_from_audio,
    RATE,
)

FILE = pathlib.Path(__file__).parent / 'unheard_voice.npz'
COUNT = 4 * RATE


def poses_of(sound: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the poses every 40 ms, from digital silence before the sound to that after it."""
    padded = np.pad(sound, (round(LOOK_BACK * RATE), round((LOOK_BACK + LOOK_AHEAD) * RATE)))
    width = round((LOOK_BACK + LOOK_AHEAD) * RATE)
    return np.array([pose_from_audio(padded[at:at + width].astype(np.float32))
                     for at in range(0, len(padded) - width, RATE // 25)])


def at_level(sound: NDArray[np.float64], decibels: float) -> NDArray[np.float64]:
    return sound * 10 ** (decibels / 20) / np.sqrt(np.square(sound).mean())


def coloured(slope: float) -> NDArray[np.float64]:
    """Return noise whose power falls by 20 * slope dB a decade."""
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(COUNT))
    spectrum[1:] /= np.fft.rfftfreq(COUNT, 1 / RATE)[1:] ** slope
    spectrum[0] = 0
    return np.asarray(at_level(np.fft.irfft(spectrum, COUNT), 0))


def hum(hertz: float) -> NDArray[np.float64]:
    time = np.arange(COUNT) / RATE
    return at_level(np.array([np.sin(2 * np.pi * hertz * k * time + k) / k
                              for k in range(1, 12)]).sum(axis=0), 0)


@functools.cache
def noises() -> dict[str, NDArray[np.float64]]:
    turning = 1 + 0.15 * np.sin(2 * np.pi * 1.3 * np.arange(COUNT) / RATE)
    return {'hiss': coloured(0), 'room': coloured(0.5), 'rumble': coloured(1), 'mains 50': hum(50),
            'mains 60': hum(60), 'hum and hiss': hum(100) + 0.3 * coloured(0),
            'fan': (coloured(0.7) + 0.6 * hum(120)) * turning}


@functools.cache
def voice() -> NDArray[np.float64]:
    with np.load(FILE) as data:
        rooted = data['sound'].astype(np.float64) / 127
    return np.asarray(np.sign(rooted) * rooted**2)[:COUNT]


@pytest.mark.parametrize('name', noises())
@pytest.mark.parametrize('level', [-50, -40, -30])
def test_noise_alone_does_not_move_the_lips(name: str, level: float) -> None:
    assert poses_of(at_level(noises()[name], level)).max() < 0.05


@pytest.mark.parametrize('level', [-20, -30, -45])
def test_quiet_speech_moves_them_as_loud_speech_does(level: float) -> None:
    loud = poses_of(at_level(voice(), -20))[:, SHAPE_INDEX['jaw_open']]
    quiet = poses_of(at_level(voice(), level))[:, SHAPE_INDEX['jaw_open']]
    assert quiet.max() > 0.4
    assert quiet.mean() > 0.8 * loud.mean()


@pytest.mark.parametrize('name', ['room', 'fan', 'mains 50'])
def test_quiet_speech_in_noise_moves_them_too(name: str) -> None:
    """15 dB above the noise."""
    clean = poses_of(at_level(voice(), -35))[:, SHAPE_INDEX['jaw_open']]
    noisy = poses_of(at_level(voice(), -35) + at_level(noises()[name], -50)[:len(voice())])
    jaw = noisy[:, SHAPE_INDEX['jaw_open']]
    assert jaw.mean() > 0.6 * clean.mean()
    assert np.corrcoef(jaw, clean)[0, 1] > 0.7


def test_a_loud_sustained_vowel_holds_the_mouth_open() -> None:
    """An "ah" that is sung for three seconds: partials of 150 Hz under two formants."""
    time = np.arange(3 * RATE) / RATE
    partials = 150.0 * np.arange(1, 26)
    strengths = sum(1 / (1 + ((partials - formant) / 100) ** 2) for formant in (750, 1200))
    vowel = (np.sin(2 * np.pi * partials[:, None] * time) * np.asarray(strengths)[:, None]).sum(0)
    jaw = poses_of(at_level(vowel, -14))[:, SHAPE_INDEX['jaw_open']]
    assert jaw[20:60].min() > 0.15
