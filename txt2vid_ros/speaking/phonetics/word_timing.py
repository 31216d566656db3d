"""The phonemes of words of which only the beginnings are known, distributed over their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.speaking.phonetics.ipa import phonemes_from_symbols
from txt2vid_ros.speaking.phonetics.silence import audible_range
from txt2vid_ros.speaking.visemes.table import visemes_of

MIN_PAUSE = 0.12
"""Seconds of silence at an edge of a word that are a pause; less is the closure of a stop."""
MIN_WORD = 0.02
"""Seconds; a word that has less shares the time of the next one."""

# Milliseconds at hibari's usual pace: means over 16 sentences, rounded.
_SHORT_VOWELS = frozenset('əɐ')
_LONG_CONSONANTS = frozenset('ɹzʤpnʧ')
_SHORT_CONSONANTS = frozenset('wðhŋvj')
_REDUCED, _UNSTRESSED, _SECONDARY, _STRESSED = 40, 60, 90, 135
_LAX = frozenset('ɪʊʌɜ')
_STRESSED_LAX = 105
_LONG, _USUAL, _SHORT = 60, 48, 35


def distribute_phonemes(starts: Sequence[float | None], sounds: Sequence[Sequence[str]],
                        samples: NDArray[np.float32], rate: int) -> tuple[Phoneme, ...]:
    """
    Return the phonemes of words with their times in `samples`, which are mono at `rate` Hz.

    `starts` are the seconds at which the words begin, None where that is not known: such a word
    shares the time of the one before it. `sounds` are their IPA symbols, with stress marks. A
    word lasts until the next begins or the sound pauses before.
    """
    found: list[Phoneme] = []
    waiting: list[str] = []
    length = len(samples) / rate
    groups = _groups([None if start is None else min(max(start, 0.0), length)
                      for start in starts], sounds)
    for at, (start, symbols) in enumerate(groups):
        last = at == len(groups) - 1
        end = length if last else groups[at + 1][0]
        waiting += symbols
        if end - start >= MIN_WORD or last:
            found += _placed(waiting, *_without_pauses(start, end, samples, rate))
            waiting = []
    return tuple(found)


def match_marks(marks: Sequence[str], points: Sequence[tuple[str, float]]) -> list[float | None]:
    """
    Return the seconds at which each of the marks is reached; None where that is not known.

    `points` are names of marks with their seconds. A name that occurs several times is taken in
    order.
    """
    by_name: dict[str, list[float]] = {}
    for name, seconds in sorted(points, key=lambda point: point[1]):
        by_name.setdefault(name, []).append(seconds)
    return [_next(by_name, mark) for mark in marks]


def _next(by_name: Mapping[str, list[float]], mark: str) -> float | None:
    left = by_name.get(mark)
    return left.pop(0) if left else None


def _groups(starts: Sequence[float | None], sounds: Sequence[Sequence[str]]
            ) -> list[tuple[float, list[str]]]:
    """Return the words that have a time, in its order, each with those after it that have none."""
    groups: list[tuple[float, list[str]]] = []
    for start, symbols in zip(starts, sounds, strict=True):
        # A time that goes back is not the time of a word.
        if start is not None and (not groups or start >= groups[-1][0]):
            groups.append((start, list(symbols)))
        elif groups:
            groups[-1][1].extend(symbols)
        else:
            groups.append((0.0, list(symbols)))
    return groups


def _without_pauses(start: float, end: float, samples: NDArray[np.float32], rate: int
                    ) -> tuple[float, float]:
    """Return start and end without the pauses at the edges; an empty span where all is silent."""
    part = samples[round(start * rate):round(end * rate)]
    audible = audible_range(part, rate)
    if audible is None:
        return start, start
    first, last = (at / rate for at in audible)
    return (start + first if first >= MIN_PAUSE else start,
            start + last if len(part) / rate - last >= MIN_PAUSE else end)


def _placed(symbols: Sequence[str], start: float, end: float) -> list[Phoneme]:
    sounds = phonemes_from_symbols((symbol, 1.0) for symbol in symbols)
    lengths = np.array([usual_length(sound) for sound in sounds], np.float64)
    if not len(lengths) or end <= start:
        return []
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(lengths) / lengths.sum()])
    return [dataclasses.replace(sound, start=float(edges[at]),
                                duration=float(edges[at + 1] - edges[at]))
            for at, sound in enumerate(sounds)]


def usual_length(sound: Phoneme) -> float:
    """Return for how many seconds a sound is heard in speech of a usual pace."""
    return _milliseconds(sound) / 1000


def _milliseconds(sound: Phoneme) -> int:
    symbol = sound.symbol
    if not any(viseme.vowel for viseme in visemes_of(symbol)):
        return (_LONG if symbol in _LONG_CONSONANTS else
                _SHORT if symbol in _SHORT_CONSONANTS else _USUAL)
    if symbol in _SHORT_VOWELS:
        return _REDUCED
    if sound.stress == 2:
        return _STRESSED_LAX if symbol in _LAX else _STRESSED
    return _SECONDARY if sound.stress else _UNSTRESSED
