"""
How well each 10 ms of speech fits each sound.

The features are the mouth shapes that a small network hears (mouth_shapes.py), and the level in
eight bands with its slope; each sound is a normal distribution of them, all with one covariance
(linear discriminant analysis). Fitted by tools/train_alignment.py.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import functools
import pathlib

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel, RATE
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.providers.alignment.mouth_shapes import mouth_shapes, SHAPES
from txt2vid_ros.speaking.phonetics.alignment import Scores, SoundUnit
from txt2vid_ros.speaking.visemes.table import visemes_of

FRAME = HOP / RATE
"""Seconds from frame to frame."""
FRAME_SAMPLES = HOP
"""Samples from frame to frame, at 16 kHz."""
TABLE = pathlib.Path(__file__).parent / 'data' / 'sounds.npz'
PAUSE = ''
"""The name of silence in the table."""
SPLIT = 0.55
"""Of a diphthong, until its second half."""
_WEIGHT = 0.35
"""Of a frame's likelihood, since neighbouring frames are much alike."""
_GROUPS, _SLOPE = 8, 2
_LONGEST, _LONGEST_PAUSE = 45, 150

Array = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class SoundTable:
    """The distributions: names, means (sounds, features), the common precision, and lengths."""

    names: dict[str, int]
    means: Array
    precision: Array
    lengths: Array
    """Means of the logarithm of the frames of each, and its standard deviation, (sounds, 2)."""


def features(sound: Array) -> Array:
    """Return the features of mono sound at 16 kHz, (frames, features), one every 10 ms."""
    mel = log_mel(sound)
    if not len(mel):
        return np.zeros((0, SHAPES + 2 * _GROUPS), np.float32)
    level = af.normalised(mel, np.full(len(mel), af.usual_level(mel), np.float32))
    poses = mouth_shapes(level)
    bands = level.reshape(len(level), _GROUPS, -1).mean(2)
    around = np.pad(bands, ((_SLOPE, _SLOPE), (0, 0)), mode='edge')
    slope = around[2 * _SLOPE:] - around[:-2 * _SLOPE]
    return np.asarray(np.concatenate([poses, bands, slope], axis=1), np.float32)


def parts(sound: Phoneme) -> list[tuple[str, float, float]]:
    """Return the names of a phoneme in the table, with when each begins and ends."""
    if len(visemes_of(sound.symbol)) < 2:
        return [(sound.symbol, sound.start, sound.end)]
    middle = sound.start + SPLIT * sound.duration
    return [(f'{sound.symbol}1', sound.start, middle), (f'{sound.symbol}2', middle, sound.end)]


def units_of(symbols: Iterable[str]) -> list[SoundUnit]:
    """Return what has to be heard for the sounds of a word."""
    table = _table()
    found = []
    for symbol in symbols:
        for name, _, _ in parts(Phoneme(symbol, 0.0, 1.0)):
            column = table.names.get(name, _similar(name, symbol))
            mean, spread = table.lengths[column]
            found.append(SoundUnit(column, float(np.exp(mean)), float(spread), _LONGEST))
    return found


def pause() -> SoundUnit:
    """Return silence, which need not be there."""
    return SoundUnit(_table().names[PAUSE], 12.0, 1.2, _LONGEST_PAUSE, optional=True)


def likelihoods(found: Array) -> Scores:
    """Return how well features (frames, features) fit each sound, (frames, sounds)."""
    table = _table()
    # Of (x - m)' P (x - m), the part with x alone is the same for all sounds.
    projected = table.means @ table.precision
    scores = found @ projected.T - 0.5 * (projected * table.means).sum(1)
    return np.asarray(_WEIGHT * scores, np.float64)


def _similar(name: str, symbol: str) -> int:
    """Return the column of the sound with the same viseme, for one that is not in the table."""
    table = _table()
    wanted = visemes_of(symbol)
    half = wanted[1:] if name != symbol and name.endswith('2') else wanted[:1]
    for known, column in table.names.items():
        if known and visemes_of(known) == half:
            return column
    return table.names['ə']


@functools.lru_cache(maxsize=1)
def _table() -> SoundTable:
    with np.load(TABLE, allow_pickle=False) as data:
        return SoundTable({str(name): at for at, name in enumerate(data['names'])},
                          np.asarray(data['means'], np.float32),
                          np.asarray(data['precision'], np.float32),
                          np.asarray(data['lengths'], np.float32))
