"""
Tells speech from breath, hum and the noise of a room, by what rises above it and has a voice.

Speech comes and goes in each band of frequencies many times a second; steady noise does not. The
features of the networks are relative to the usual level, so that without this a quiet hiss
would move the lips as a voice does. Measured: the bands that rise most are 3 to 4.5 dB above their
floor in noise (white, pink, brown, hum, fan), and more than 9 dB in 95 % of voiced sound.

Breath, a rustle and a fan that is switched on rise, too, but have no voice (voicing.py); no
consonant of speech is further from a voiced sound than _BEFORE or _AFTER. Whispering is breath.

All this is asked where the network (speech_network.py) is missing or in doubt. Where it is sure,
speech is what rises or is loud: it may be wrong as a hum begins, but takes no keys, melodies and
animals for speech. It does not know vowels that are held, which remain with the rules; a siren is
told from them by the network, to which vowels begin as speech does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.sound.log_mel import HOP, RATE
from txt2vid_ros.lipsync.sound.loud_speech import articulation, formants, step
from txt2vid_ros.lipsync.sound.speech_network import Likelihood
from txt2vid_ros.lipsync.sound.voicing import voicing

HOLD = 0.15
"""Seconds around a frame, or more, in which it matters what is speech."""
LOOK_BACK = 1.2
"""Seconds of sound before a column that show the floor that it rises above."""

_SILENT = -7.5
"""log10 of the power of a column's loudest band below which it is digital silence, no noise."""
_NARROW = 3.0
"""log10 of the power below the loudest band of a column at which a band counts as empty."""
_COLUMNS = 10
"""Columns over which the median is taken: a click is no speech. An even number, because hum of
50 Hz falls on every other column in the same way."""
_EDGE = 2
"""Columns beside digital silence that have the sound of its edge in them."""
_FLOOR_PERCENTILE, _FLOOR_STEP = 5, 3
"""The share of columns below the floor, and how many columns apart those are that show it."""
_RISING_BANDS = 8
_ABSENT, _PRESENT = 0.5, 0.8
"""log10 of the power by which those bands rise above their floor in noise, and in speech."""
_LOUD = (-22.0, -18.0)
"""dB of full scale (RMS) from which on steady sound is speech or song, too."""
_LOUD_SECONDS = 0.05
_HOLD = 17
"""Columns around one that has speech to which it extends: 80 ms either way."""
_BEFORE, _AFTER = 25, 35
"""Columns before and after a voiced one that are speech: an "s" before it, "sts" after it."""
_HELD = 25
"""Columns without a gap that have a pitch where a vowel is held."""
_STEADY_BEFORE, _STEADY_AFTER = 30, 10
"""Columns around a vowel that is held in which its level hardly changes."""
_LEVEL_CHANGES = (2.0, 4.0)
"""dB by which it changes in a vowel, and in notes that are struck, bowed or blown."""
_NEW = 8
"""Columns at the end of what is known in which a voice counts little by little."""
_POSSIBLE, _SURE = (0.5, 0.7), (0.85, 0.95)
"""Probability of speech, to the network, from which on the rules decide, and are not asked."""
_VOICED = (0.8, 0.9)
"""That from which on what has a voice is speech: animals and creaking have one, too."""
_BEGUN = (0.1, 0.2)
"""Probability of speech that there has been where a vowel is held; of sirens it is below 0.05."""

Array = NDArray[np.float32]
Values = NDArray[np.float64]


def speech_presence(
    mel: Array, samples: Array, columns: range, likelihood: Likelihood | None = None,
) -> Values:
    """
    Return how much of what is heard at some columns of `mel` is speech, 0 to 1 each.

    `mel`: (columns, bands), as log_mel gives for `samples`, mono in -1..1 at 16 kHz. `likelihood`:
    what the network has heard in the same columns; without it the rules alone decide.
    """
    wanted = np.arange(columns.start - _HOLD // 2, columns.stop + _HOLD // 2)
    present, loud = _rise(mel, samples, wanted)
    audible: Values = np.maximum(present, loud)
    if audible.any():
        audible = _spoken(mel, samples, wanted, present, loud, likelihood)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(audible, _HOLD).max(axis=-1))


def _spoken(mel: Array, samples: Array, wanted: NDArray[np.int64], present: Values, loud: Values,
            likelihood: Likelihood | None) -> Values:
    """Return how surely some columns that rise or are loud are speech."""
    found: Values = np.zeros(len(wanted))
    possible: Values = np.ones(len(wanted))
    likely_voice: Values = possible
    held: Values = np.zeros(len(wanted))
    if loud.any():
        held = loud * formants(mel, wanted)
    if likelihood is not None:
        columns = range(int(wanted[0]), int(wanted[-1]) + 1)
        likely = likelihood.at(columns)
        possible, likely_voice = step(likely, *_POSSIBLE), step(likely, *_VOICED)
        found = np.maximum(present, loud) * step(likely, *_SURE)
        if held.any():
            # The network hears that it is not spoken: it has to be held indeed.
            held *= _steadiness(mel, wanted) * step(likelihood.lately(columns), *_BEGUN)
    maybe = possible * np.maximum(present, loud)
    # Rules cost more than the network: they are asked where they may add something.
    if (np.maximum(held, maybe) > found).any():
        voiced, pitched = _voices(samples, wanted)
        found = np.maximum(found, np.maximum(likely_voice * present * voiced, held * pitched))
        if (loud * possible).any():
            found = np.maximum(found, possible * loud * articulation(mel, wanted))
    return np.asarray(found, np.float64)


def _rise(mel: Array, samples: Array, wanted: NDArray[np.int64]) -> tuple[Values, Values]:
    """Return how surely some columns rise above the floor, and how surely they are loud."""
    heard = mel.max(axis=1) > _SILENT
    clipped = np.maximum(mel, mel.max(axis=1, keepdims=True) - _NARROW)
    windows = np.lib.stride_tricks.sliding_window_view(clipped, _COLUMNS, axis=0)
    known: NDArray[np.bool_] = np.all(np.lib.stride_tricks.sliding_window_view(
        np.pad(heard, _EDGE, mode='edge'), _COLUMNS + 2 * _EDGE), axis=1)
    places = np.clip(wanted - _COLUMNS // 2, 0, len(windows) - 1)
    present: Values = np.zeros(len(places))
    shown = np.flatnonzero(known)[::_FLOOR_STEP]
    if len(shown):
        floor = np.percentile(np.median(windows[shown], axis=-1), _FLOOR_PERCENTILE, axis=0)
        steady = np.median(windows[places], axis=-1)
        rise = np.sort(steady - floor, axis=1)[:, -_RISING_BANDS:].mean(axis=1)
        present = step(rise, _ABSENT, _PRESENT)
    loud = step(_levels(samples, wanted * HOP), *_LOUD)
    # Beside digital silence no floor is known from which it could rise.
    return np.where(known[places], present, loud), loud


def _voices(samples: Array, wanted: NDArray[np.int64]) -> tuple[Values, Values]:
    """
    Return how surely each of some columns belongs to something voiced, 0 to 1.

    Also how surely a pitch is held around it, which may be that of a machine.
    """
    first = max(0, int(wanted[0]) - _AFTER)
    heard = samples[first * HOP:(int(wanted[-1]) + _BEFORE + 1) * HOP]
    voiced, harmonic = voicing(heard)
    held = np.lib.stride_tricks.sliding_window_view(
        np.pad(harmonic, _HELD // 2, mode='edge'), _HELD).min(axis=-1)
    places = np.clip(wanted - first, 0, len(held) - 1)
    # What has just come into view counts little by little, so that no mouth opens in one frame.
    left = len(samples) // HOP - first - np.arange(len(voiced))
    voiced *= np.clip(left / _NEW, 0, 1)
    padded = np.pad(voiced, (first - int(wanted[0]) + _AFTER, 0))
    padded = np.pad(padded, (0, max(0, len(wanted) + _AFTER + _BEFORE - len(padded))))
    near = np.lib.stride_tricks.sliding_window_view(padded, _AFTER + 1 + _BEFORE).max(axis=-1)
    return np.asarray(near[:len(wanted)]), held[places]


def _steadiness(mel: Array, wanted: NDArray[np.int64]) -> Values:
    """Return how surely the level around some columns is that of one held sound."""
    width = _STEADY_BEFORE + _STEADY_AFTER + 1
    decibels = 10 * np.log10((10.0**mel).mean(axis=1) + 1e-12)
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(decibels, (_STEADY_BEFORE, _STEADY_AFTER), mode='edge'), width)
    changes = around.max(axis=-1) - around.min(axis=-1)
    return 1 - step(changes[np.clip(wanted, 0, len(changes) - 1)], *_LEVEL_CHANGES)


def _levels(samples: Array, middles: NDArray[np.int64]) -> Values:
    """Return the RMS level around each of some samples, in dB of full scale."""
    reach = round(_LOUD_SECONDS * RATE)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    low, high = (np.clip(middles + side, 0, len(samples)) for side in (-reach, reach))
    return np.asarray(10 * np.log10((energy[high] - energy[low]) / (2 * reach) + 1e-12))
