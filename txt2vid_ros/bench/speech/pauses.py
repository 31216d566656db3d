"""Pauses put into recordings: where a word ends, found by what is recognized up to there."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.commands.sender import spoken_words
from txt2vid_ros.bench.speech.turn_simulation import TimedRecognizer
from txt2vid_ros.core.pcm import SPEECH_RATE

BLOCK = SPEECH_RATE // 100
"""Samples of a step of the level."""
APART = 8
"""The least distance of two places, in blocks."""
TRIES = 3
"""Quiet places that are tried for each end of a word."""
FADE = SPEECH_RATE // 200
"""Samples over which the sound fades before a pause."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a word ends: sample, and whether a clause ends there too."""

    sample: int
    clause: bool


def places(sound: NDArray[np.float32], text: str, recognizer: TimedRecognizer, most: int
           ) -> list[Place]:
    """
    Return ends of words within a recording of `text`, in which `|` stands between two clauses.

    A word ends where the level is least, if what is recognized up to there are the words up to it.
    The `most` quietest are taken.
    """
    clauses = [spoken_words(clause) for clause in text.split('|')]
    words = [word for clause in clauses for word in clause]
    clause_ends = set(np.cumsum([len(clause) for clause in clauses]).tolist())
    found: dict[int, int] = {}
    for sample in _quiet(sound)[:most * TRIES]:
        if len(found) == most:
            break
        heard = spoken_words(re.sub(r'[-–]', ' ', recognizer.recognize(sound[:sample])[0]))
        count = len(heard)
        if 0 < count < len(words) and heard == words[:count]:
            found.setdefault(count, sample)
    return [Place(sample, count in clause_ends) for count, sample in sorted(found.items())]


def _quiet(sound: NDArray[np.float32]) -> list[int]:
    """Return the samples around which it is quieter than before and after, quietest first."""
    power = np.square(sound[:len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)).mean(axis=1)
    level = np.convolve(power, np.ones(3) / 3, 'same')
    speech = np.flatnonzero(level > level.max() * 1e-3)
    least = [at for at in range(speech[0] + APART, speech[-1] - APART)
             if level[at] == level[at - APART // 2:at + APART // 2 + 1].min()]
    return [at * BLOCK + BLOCK // 2 for at in sorted(least, key=lambda at: level[at])]


def up_to_pause(sound: NDArray[np.float32], sample: int, seconds: float) -> NDArray[np.float32]:
    """Return the sound up to a sample and a pause, in which the recording's own noise goes on."""
    blocks = sound[:len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK)
    quiet = np.sqrt(np.percentile(np.square(blocks).mean(axis=1), 5))
    noise = np.random.default_rng(sample).standard_normal(round(seconds * SPEECH_RATE)) * quiet
    before = sound[:sample].copy()
    before[-FADE:] *= np.linspace(1, 0, FADE, dtype=np.float32)
    return np.concatenate([before, noise.astype(np.float32)])
