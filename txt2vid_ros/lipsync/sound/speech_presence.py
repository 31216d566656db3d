"""
How much of what is heard is speech, for the engines that move lips by the sound alone.

Rules for a voice decide (speech_rules.py). A network, where its package is installed, objects to
what only sounds like one (speech_network.py).
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.sound.log_mel import log_mel
from txt2vid_ros.lipsync.sound.speech_network import speech_network, spoken
from txt2vid_ros.lipsync.sound.speech_rules import LOOK_BACK, presence_by_rules

__all__ = ['LOOK_BACK', 'load', 'speech_presence']

Array = NDArray[np.float32]


def load() -> None:
    """Load the network, if there is one, now rather than at the first sound."""
    speech_network()


def speech_presence(
    samples: Array, columns: range, mel: Array | None = None,
) -> NDArray[np.float64]:
    """
    Return how much of what is heard at some columns of 10 ms is speech, 0 to 1 each.

    `samples`: mono in -1..1 at 16 kHz, from LOOK_BACK seconds before the first column on. `mel`:
    what log_mel gives for them, if it is known.
    """
    network = speech_network()
    objection = None if network is None else functools.partial(spoken, network, samples)
    return presence_by_rules(
        log_mel(samples) if mel is None else mel, samples, columns, objection)
