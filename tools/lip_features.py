"""From spoken material to what the audio-to-mouth network hears and should answer."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import pathlib

from lip_material import read
import numpy as np
import soxr
from txt2vid_ros.bench.lipsync.face_figures import CLOSED
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel, RATE
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.speaking.visemes.segments import timing_lag
from txt2vid_ros.speaking.visemes.table import VISEMES
from txt2vid_ros.speaking.visemes.track import mouth_track, segments_of

COLUMN = HOP / RATE
"""Seconds."""
NAMES = tuple(VISEMES)
PAUSE = NAMES.index('pause')
NEAR = (-2, -1, 0, 1)
"""The columns around the middle of a bilabial in which lips should be closed: a frame's 40 ms."""
OPEN = 0.55
"""The jaw of an open vowel, in the table of visemes."""

COUNTED = {'bilabial': 1, 'open vowel': 2, 'other opening': 3}
"""What is counted in the figures, or shut though an opening is asked for; 0 is anything else."""
ASKED = 2 * CLOSED
"""Mouth widths from which on an opening is asked for."""

LOUD = 1.5
"""How far below the usual level an open vowel is still heard, log10 of the power."""


@dataclasses.dataclass
class Heard:
    """An utterance, column by column: every 10 ms."""

    voice: str
    language: str
    mel: np.ndarray
    usual: np.ndarray
    poses: np.ndarray
    visemes: np.ndarray
    """Which viseme is said, an index of NAMES."""
    bilabials: np.ndarray
    """The columns of the middles of p, b and m."""
    open_vowels: np.ndarray
    """Whether a column is in the middle half of an open vowel, and is heard."""


@dataclasses.dataclass(frozen=True)
class Utterance:
    """What was said, with the lag of its timings against its sound."""

    part: str
    voice: str
    language: str
    sound: np.ndarray
    phonemes: Sequence[Phoneme]
    lag: float


def utterances(files: Sequence[pathlib.Path]) -> list[Utterance]:
    """
    Return what is in files of material.

    The lag of a voice's timings is the median of its utterances': of one alone it is uncertain.
    """
    found: list[Utterance] = []
    for file in files:
        sound, phonemes, language = read(file)
        if not segments_of(phonemes) or not np.any(sound):
            continue
        lag = timing_lag(segments_of(phonemes), sound, RATE)
        part, voice, _ = file.name.split('~')
        found.append(Utterance(part, voice, language, sound, phonemes, lag))
    lags: dict[str, list[float]] = {}
    for one in found:
        lags.setdefault(_timed_by(one.voice), []).append(one.lag)
    return [dataclasses.replace(one, lag=float(np.median(lags[_timed_by(one.voice)])))
            for one in found]


def _timed_by(voice: str) -> str:
    """Return whose timings a voice has: the voices of Kokoro and of espeak-ng share theirs."""
    source = voice.split(':')[0]
    return source if source in ('kokoro', 'espeak') else voice


def heard(said: Utterance, rng: np.random.Generator, *, clean: bool) -> Heard:
    """Return an utterance as it is heard; unless `clean`, by another throat, in another place."""
    stretch = 1.0 if clean or rng.random() < 0.25 else float(rng.uniform(0.8, 1.27))
    sound = said.sound
    if stretch != 1.0:
        sound = soxr.resample(sound, RATE, RATE * stretch).astype(np.float32)
    phonemes = [Phoneme(p.symbol, p.start * stretch, p.duration * stretch, p.stress)
                for p in said.phonemes]
    segments = segments_of(phonemes)
    own_lag, lag = timing_lag(segments, sound, RATE), said.lag * stretch
    track = mouth_track(phonemes, sound, RATE).shifted(own_lag - lag)
    lead, tail = (int(n) for n in rng.integers(3200, 9600, 2))
    wave = np.concatenate([np.zeros(lead, np.float32), sound, np.zeros(tail, np.float32)])
    wave *= 10 ** rng.uniform(-1.2, 0.0) / max(1e-3, float(np.abs(wave).max()))
    if not clean:
        wave = spoiled(wave, rng)
    mel = log_mel(wave)
    times = np.arange(len(mel)) * COLUMN - lead / RATE
    poses = np.stack([np.interp(times, track.times, column, left=0)
                      for column in track.poses.T], axis=1).astype(np.float32)
    visemes = np.full(len(mel), PAUSE, np.int8)
    open_vowels, middles = np.zeros(len(mel), bool), []
    for one in segments:
        begin, end = ((at - lag + lead / RATE) / COLUMN for at in (one.start, one.stop))
        first, last = (int(np.clip(round(at), 0, len(mel))) for at in (begin, end))
        visemes[first:last] = NAMES.index(one.viseme.name)
        quarter = (end - begin) / 4
        if one.viseme.vowel and one.viseme.target[0] >= OPEN:
            open_vowels[round(begin + quarter):round(end - quarter) + 1] = True
        if one.viseme.name == 'p_b_m':
            middles.append(int(np.clip(round((begin + end) / 2), 0, len(mel) - 1)))
    usual = af.usual_levels(mel)
    # Some voices count the silence after the last vowel as a part of it.
    open_vowels &= mel.max(1) > usual - LOUD
    return Heard(said.voice, said.language, mel.astype(np.float16), usual, poses, visemes,
                 np.array(middles, int), open_vowels)


def counted(one: Heard) -> np.ndarray:
    """Return what of COUNTED each column is; a bilabial is the 40 ms around its middle."""
    asked = openings(one.poses) > ASKED
    found = np.zeros(len(one.mel), np.int8)
    found[asked & (one.mel.max(1) > one.usual - LOUD)] = COUNTED['other opening']
    found[asked & one.open_vowels] = COUNTED['open vowel']
    for near in NEAR:
        found[np.clip(one.bilabials + near, 0, len(found) - 1)] = COUNTED['bilabial']
    return found


def openings(poses: np.ndarray) -> np.ndarray:
    """Return mouth_measurement.requested_opening of each pose (n, shapes), in mouth widths."""
    jaw, closed, rounded, wide, lip_in, tongue = np.clip(poses, 0, 1).T
    parted = (1 - closed) * (1 - lip_in)
    gap = (0.155 * jaw + 0.035 * rounded * np.minimum(1, 4 * jaw + 0.2)
           + 0.03 * (wide + tongue) * np.minimum(1, 5 * jaw)) * parted
    gap = gap + np.minimum(gap, 0.01) + 0.035 * lip_in * (1 - closed)
    less = 0.02 * rounded * (1 - closed) * (1 - 0.5 * jaw) + 0.01 * rounded * parted
    width = 0.55 * (1 - 0.31 * rounded + 0.13 * wide * (1 - 0.5 * closed))
    return np.asarray(np.maximum(0, gap - less) / width)


def spoiled(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return `wave` in a room, through a microphone and a codec's band, with noise."""
    peak = float(np.abs(wave).max()) + 1e-6
    if rng.random() < 0.45:
        wave = _in_a_room(wave, rng)
    if rng.random() < 0.6:
        wave = _equalised(wave, rng)
    if rng.random() < 0.75:
        wave = _with_noise(wave, rng)
    if rng.random() < 0.15:
        wave = np.tanh(wave / np.abs(wave).max() * rng.uniform(1, 4))
    wave = wave * (peak / (np.abs(wave).max() + 1e-6))
    if rng.random() < 0.15:  # mu-law, as telephones have it
        coded = np.round(np.sign(wave) * np.log1p(255 * np.abs(wave)) / np.log(256) * 127) / 127
        wave = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    return np.asarray(wave, np.float32)


def _in_a_room(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return it with a direct sound, some early reflections and a tail that dies away."""
    length = int(rng.uniform(0.08, 0.5) * RATE)
    echo = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo[:int(rng.uniform(0.002, 0.02) * RATE)] = 0
    early = rng.integers(20, int(0.03 * RATE), 6)
    echo[early] += rng.uniform(-3, 3, 6)
    echo *= 10 ** (-rng.uniform(2, 18) / 20) / np.sqrt((echo**2).sum())
    echo[0] = 1
    count = len(wave) + length
    return np.fft.irfft(np.fft.rfft(wave, count) * np.fft.rfft(echo, count), count)[:len(wave)]


def _equalised(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return it through a smooth random response, at times a telephone's band."""
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    octaves = np.log2(np.maximum(hertz, 40) / 40)
    response = np.interp(octaves, np.linspace(0, 7.7, 7), rng.normal(0, 4, 7))
    if rng.random() < 0.25:
        response -= 40 * np.clip(np.abs(octaves - 4.6) - rng.uniform(1.5, 2.0), 0, 1)
    return np.fft.irfft(np.fft.rfft(wave) * 10 ** (response / 20), len(wave))


def _with_noise(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return it with coloured noise, at times one that comes and goes."""
    spectrum = np.fft.rfft(rng.standard_normal(len(wave)))
    spectrum /= np.maximum(np.fft.rfftfreq(len(wave), 1 / RATE), 30) ** rng.uniform(0, 1.2)
    noise = np.fft.irfft(spectrum, len(wave))
    if rng.random() < 0.3:
        knots = np.exp(rng.normal(0, 0.8, max(4, len(wave) // 3000)))
        noise *= np.interp(np.linspace(0, 1, len(wave)), np.linspace(0, 1, len(knots)), knots)
    spoken = wave[np.abs(wave) > 1e-4]
    level = np.sqrt((spoken**2).mean()) if len(spoken) else 0.1
    return wave + noise * level * 10 ** (-rng.uniform(5, 45) / 20) / (noise.std() + 1e-9)
