"""Sentences by a voice that the network for lips from sound alone was never trained on."""

from __future__ import annotations

import itertools
import pathlib

import numpy as np
from txt2vid_ros.bench.lipsync.face_figures import TimedSentence
from txt2vid_ros.core.mouth import Phoneme

FILE = pathlib.Path(__file__).parent / 'data' / 'unheard_voice.npz'
_RATE = 16000


def unheard_voice() -> list[TimedSentence]:
    """Return ten sentences by the Piper voice joe (data/README.md), with its own timings."""
    found: list[TimedSentence] = []
    with np.load(FILE, allow_pickle=False) as data:
        for index in itertools.takewhile(lambda n: f'sound{n}' in data, itertools.count()):
            rooted = data[f'sound{index}'].astype(np.float32) / 127
            sounds = [Phoneme(str(symbol), float(start), float(length), int(stress))
                      for symbol, (start, length, stress) in zip(
                          data[f'symbols{index}'], data[f'times{index}'], strict=True)]
            found.append(TimedSentence(np.sign(rooted) * rooted**2, _RATE, sounds))
    return found
