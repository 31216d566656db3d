"""Noise, hum and breath of no particular room, and a voice; 4 s of each at 16 kHz."""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 16000
COUNT = 4 * RATE
VOICE = pathlib.Path(__file__).parents[1] / 'viseme' / 'unheard_voice.npz'


def at_level(sound: Sound, decibels: float) -> Sound:
    """Return the sound at an RMS level of so many dB of full scale."""
    return np.asarray(sound * 10 ** (decibels / 20) / np.sqrt(np.square(sound).mean()))


def coloured(slope: float) -> Sound:
    """Return noise whose power falls by 20 * slope dB a decade."""
    spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(COUNT))
    spectrum[1:] /= np.fft.rfftfreq(COUNT, 1 / RATE)[1:] ** slope
    spectrum[0] = 0
    return at_level(np.fft.irfft(spectrum, COUNT), 0)


def hum(hertz: float) -> Sound:
    time = np.arange(COUNT) / RATE
    return at_level(np.array([np.sin(2 * np.pi * hertz * k * time + k) / k
                              for k in range(1, 12)]).sum(axis=0), 0)


def breath(seconds: float, peak: float) -> Sound:
    """Return a breath: noise shaped by an open throat, loudest at a share of its time."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(round(100 * seconds)).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    throat = 0.1 + sum(1 / (1 + ((hertz - formant) / width)**2) for formant, width in (
        (700, 300), (1600, 350), (2600, 500), (3800, 700)))
    course = np.interp(np.linspace(0, 1, count), (0, peak, 1), (0, np.pi / 2, np.pi))
    return np.asarray(np.fft.irfft(spectrum * throat, count) * np.sin(course))


@functools.cache
def noises() -> dict[str, Sound]:
    """Return noise without speech by name, at 0 dB of full scale."""
    turning = 1 + 0.15 * np.sin(2 * np.pi * 1.3 * np.arange(COUNT) / RATE)
    breathing = np.concatenate([np.zeros(RATE // 2), breath(0.6, 0.6), np.zeros(RATE // 2),
                                breath(1.1, 0.3), np.zeros(COUNT)])[:COUNT]
    on = np.arange(COUNT) > COUNT // 2
    return {'hiss': coloured(0), 'room': coloured(0.5), 'rumble': coloured(1), 'mains 50': hum(50),
            'mains 60': hum(60), 'hum and hiss': hum(100) + 0.3 * coloured(0),
            'fan': (coloured(0.7) + 0.6 * hum(120)) * turning,
            'breath': at_level(breathing, 0),
            'breath in a room': at_level(breathing, 0) + 0.05 * coloured(0.5),
            'a fan goes on': coloured(0.5) * (0.03 + on), 'hum goes on': 0.03 * coloured(0.5)
            + on * hum(50)}


@functools.cache
def voice() -> Sound:
    """Return Harvard sentences by a voice that no network has heard; see test_audio_pose.py."""
    with np.load(VOICE) as data:
        rooted = data['sound'].astype(np.float64) / 127
    return np.asarray(np.sign(rooted) * rooted**2)[:COUNT]
