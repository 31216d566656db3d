"""Noise, hum and breath of no particular room, and voices; 4 s of each at 16 kHz."""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.providers.tts.hibari import HibariVoice, SAMPLE_RATE
from txt2vid_ros.providers.tts.voice_shape import VoiceShape

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


def struck(rate: float, hertz: tuple[float, float], ringing: float, tone: float = 0.3) -> Sound:
    """Return bursts, so many a second: each rings for some seconds at a frequency of its own."""
    random = np.random.default_rng(round(rate))
    heard = np.zeros(COUNT)
    time = np.arange(RATE // 10) / RATE
    for at in random.uniform(0, COUNT - len(time), round(rate * COUNT / RATE)).astype(int):
        ring = np.sin(2 * np.pi * random.uniform(*hertz) * time) * np.exp(-time / ringing)
        burst = random.standard_normal(len(time)) * np.exp(-time / 0.003)
        heard[at:at + len(time)] += random.uniform(0.3, 1) * (tone * ring + burst)
    return at_level(heard, 0) + 10 ** (-50 / 20) * coloured(0.5)


def course_of(hertz: float, depth: float) -> Sound:
    """Return a level that comes and goes at random, as of wind and of many people."""
    random = np.random.default_rng(round(10 * hertz)).standard_normal(COUNT)
    spectrum = np.fft.rfft(random) * (np.fft.rfftfreq(COUNT, 1 / RATE) < hertz)
    slow = np.fft.irfft(spectrum, COUNT)
    return np.asarray(np.exp(depth * slow / slow.std()))


def chords() -> Sound:
    """Return four chords of an organ."""
    time = np.arange(COUNT // 4) / RATE
    edges = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    return np.concatenate([edges * sum(
        np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * k * time) / k
        for note in notes for k in range(1, 8))
        for notes in ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))])


def engine(hertz: float) -> Sound:
    """Return an engine whose speed goes up and down by a quarter."""
    time = np.arange(COUNT) / RATE
    turns = np.cumsum(hertz * (1 + 0.25 * np.sin(2 * np.pi * 0.3 * time))) / RATE
    tone = sum(np.sin(2 * np.pi * k * turns + k * k) / (1 + k / 9) for k in range(1, 40))
    return at_level(np.asarray(tone), 0) + 0.4 * coloured(0.7)


@functools.cache
def unsteady() -> dict[str, Sound]:
    """Return noise that comes and goes, rings or plays, by name."""
    return {'rain': struck(900, (1500, 6500), 0.002, 3.0) + 0.5 * coloured(0),
            'applause': struck(250, (600, 2500), 0.004), 'keys': struck(8, (120, 350), 0.008),
            'engine': engine(40), 'wind': coloured(0.8) * course_of(1.5, 0.8),
            'crowd': coloured(0.5) * course_of(5, 0.7), 'chords': chords(),
            'traffic': coloured(0.7) * course_of(0.7, 0.7) + 0.3 * engine(48)}


def notes(partials: tuple[float, ...], ringing: float, hertz: float, rate: float) -> Sound:
    """Return notes of a scale, so many a second, that die away within so many seconds."""
    random = np.random.default_rng(7)
    heard = np.zeros(COUNT + RATE)
    time = np.arange(RATE) / RATE
    for at in np.arange(RATE // 10, COUNT, round(RATE / rate)):
        note = hertz * 2 ** (random.choice([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
        heard[at:at + RATE] += sum(
            np.sin(2 * np.pi * note * partial * time) * np.exp(-time * partial / ringing)
            for partial in partials if note * partial < RATE / 2)
    return at_level(heard[:COUNT], 0)


def siren(low: float, high: float, seconds: float) -> Sound:
    """Return a horn that changes between two tones."""
    time = np.arange(COUNT) / RATE
    turns = np.cumsum(np.where(time // seconds % 2 < 1, low, high)) / RATE
    return at_level(np.asarray(sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 9))), 0)


def bark() -> Sound:
    """Return a call of an animal: a pitch that rises and falls, with breath, under formants."""
    count = RATE // 5
    share = np.arange(count) / count
    hertz = 450 * np.interp(share, (0, 0.4, 1), (0.7, 1.4, 0.6))
    turns = np.cumsum(hertz) / RATE
    voiced = sum(np.sin(2 * np.pi * k * turns) / k**0.7 for k in range(1, 12))
    spectrum = np.fft.rfft(voiced + np.random.default_rng(5).standard_normal(count))
    places = np.fft.rfftfreq(count, 1 / RATE)
    throat = 0.03 + sum(1 / (1 + ((places - formant) / 200)**2) for formant in (900, 1500, 3000))
    return np.asarray(np.fft.irfft(spectrum * throat, count) * np.sqrt(np.sin(np.pi * share)))


def knock() -> Sound:
    """Return a knuckle on a door: a panel that rings at 170 Hz and above, and a click."""
    time = np.arange(RATE // 8) / RATE
    panel = sum(np.sin(2 * np.pi * 170 * ratio * time) * np.exp(-time * ratio / 0.03)
                for ratio in (1, 1.6, 2.3, 3.1))
    click = np.random.default_rng(6).standard_normal(len(time)) * np.exp(-time / 0.004)
    return np.asarray(panel + 0.4 * click)


def again(sound: Sound, times: tuple[float, ...]) -> Sound:
    """Return a sound that is heard at each of some times, in seconds."""
    heard = np.zeros(COUNT + len(sound))
    for at in times:
        heard[round(at * RATE):][:len(sound)] += sound
    return at_level(heard[:COUNT], 0)


@functools.cache
def wail() -> Sound:
    """Return a siren whose pitch glides up and down by most of an octave, every 2 s."""
    time = np.arange(COUNT) / RATE
    turns = np.cumsum(600 * 2**(0.8 * np.sin(np.pi * time))) / RATE
    return sum(np.sin(2 * np.pi * partial * turns) / partial**1.2 for partial in range(1, 7))


def ringing() -> dict[str, Sound]:
    """Return what has a pitch that moves as that of a voice does, by name."""
    return {'keyring': notes((1, 1.31, 1.83, 2.2), 0.08, 1700, 8),
            'marimba': notes((1, 3.9, 9.2), 0.12, 330, 5),
            'siren': siren(440, 585, 0.5), 'wail': wail(),
            'dog': again(bark(), (0.3, 0.8, 1.7, 2.3, 3.4)),
            'door': again(knock(), (0.4, 0.6, 0.8, 1.0, 2.4, 2.6, 2.8, 3.0))}


def whispered(sound: Sound) -> Sound:
    """Return speech with noise in place of its voice: its spectral envelopes (cepstra) alone."""
    size, hop = 512, 128
    window = np.hanning(size)
    breath_noise = np.random.default_rng(3).standard_normal(len(sound))
    heard = np.zeros(len(sound))
    # Without the voice, whose lowest partials are the strongest.
    tilt = np.minimum(1, 0.15 + np.fft.rfftfreq(size, 1 / RATE) / 2500)
    for at in range(0, len(sound) - size, hop):
        part = slice(at, at + size)
        cepstrum = np.fft.irfft(np.log(np.abs(np.fft.rfft(sound[part] * window)) + 1e-6))
        cepstrum[25:-25] = 0
        envelope = np.exp(np.fft.rfft(cepstrum).real) * tilt
        heard[part] += window * np.fft.irfft(np.fft.rfft(breath_noise[part] * window) * envelope)
    return heard


def pitched(sound: Sound, factor: float) -> Sound:
    """Return speech played faster or slower: another pitch and another size of the throat."""
    places = np.arange(0, len(sound) - 1, factor)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound))


@functools.cache
def child() -> Sound:
    """Return a child's speech by the built-in voice: F0 of 300 Hz, formants 1.35 times as high."""
    made = HibariVoice(options=VoiceShape(pitch=7.0, formant=1.35))
    made.load()
    chunk, = made.synthesize('Please bring my paper boat.', lambda: False)
    made.close()
    return np.asarray(soxr.resample(chunk.samples, SAMPLE_RATE, RATE), np.float64)


@functools.cache
def voice() -> Sound:
    """Return Harvard sentences by a voice that no network has heard; see test_audio_pose.py."""
    with np.load(VOICE) as data:
        rooted = data['sound'].astype(np.float64) / 127
    return np.asarray(np.sign(rooted) * rooted**2)[:COUNT]
