"""
A mouth pose from the sound alone, for voices that give no timings.

A small network, trained on speech with known timings (tools/train_audio_mouth.py), maps 0.38 s of
level-normalised log-mel bands, 80 ms of them ahead, to the mouth shapes that timed speech uses. It
runs in NumPy; its weights are part of the package. LOOK_AHEAD is more, for what is speech.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose, rest_pose, SHAPE_INDEX, SHAPES
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel, RATE
from txt2vid_ros.lipsync.sound.speech_network import Likelihood
from txt2vid_ros.lipsync.sound.speech_presence import speech_presence
from txt2vid_ros.lipsync.viseme.sound import audio_features as af
from txt2vid_ros.lipsync.viseme.sound import mouth_network

LOOK_BACK, LOOK_AHEAD = af.LOOK_BACK, af.LOOK_AHEAD
WEIGHTS = mouth_network.WEIGHTS

SMOOTHED, LATER = (-1, 1), 0.59
"""The two columns whose decided poses a pose is the mean of, and the share of the later one.

So no lips move faster than 30 times their way a second, which is as fast as with timings."""
_PRESENCE_SMOOTHING = np.hanning(9)[1:-1].astype(np.float32)  # 70 ms
CONTACTS = {'lips_closed': (0.15, 0.62), 'lower_lip_in': (0.3, 0.6)}
"""Outputs of the network at which lips begin to meet, and at which they are closed."""
_SILENCE_PEAK = 10 ** (-52 / 20)  # of full scale; below it nothing is spoken

Samples = NDArray[np.float32]


def load() -> None:
    """Load the network now rather than at the first sound."""
    mouth_network.load()


def decided(poses: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Return the poses between poses (n, shapes) that are two columns apart: (n - 1, shapes).

    Lips meet or do not, where the network is in doubt. It is trained through this decision
    (tools/mouth_training.py), whose limits are chosen on the validation voices.
    """
    found = poses.copy()
    for name, limits in CONTACTS.items():
        found[:, SHAPE_INDEX[name]] = _step(found[:, SHAPE_INDEX[name]], *limits)
    return np.asarray((1 - LATER) * found[:-1] + LATER * found[1:], np.float32)


def _step(value: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Return a smooth step from 0 (at `low` and below) to 1 (at `high` and above)."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def heard_pose(mel: NDArray[np.float32]) -> MouthPose:
    """
    Return the pose at `LOOK_BACK` seconds into `mel`, (columns, BANDS), if all of it is speech.

    What is heard more than 80 ms later only matters as part of the usual level.
    """
    middle = round(LOOK_BACK * RATE / HOP)
    first, last = SMOOTHED
    span = range(middle + first + af.CONTEXT[0], middle + last + af.CONTEXT[1])
    usual = af.usual_level(mel)
    features = af.normalised(mel[span.start:span.stop], np.full(len(span), usual, np.float32))
    return np.asarray(decided(mouth_network.poses(features))[0], np.float32)


def pose_from_audio(samples: Samples, likelihood: Likelihood | None = None) -> MouthPose:
    """
    Return the pose at `LOOK_BACK` seconds into `samples`, LOOK_BACK + LOOK_AHEAD of 16 kHz.

    `likelihood`: what the network for speech has heard in them; without it rules tell speech.
    """
    samples = np.clip(np.nan_to_num(np.asarray(samples, np.float32), posinf=1, neginf=-1), -1, 1)
    near = samples[round((LOOK_BACK - 0.15) * RATE):]
    peak = float(np.abs(near).max(initial=0))
    if peak < _SILENCE_PEAK:
        return rest_pose()
    mel = log_mel(samples)
    pose = heard_pose(mel)
    # Fade in at the threshold of silence, so that no pose jumps.
    presence = min(1.0, max(0.0, np.log10(peak / _SILENCE_PEAK) / 0.5))
    middle, half = round(LOOK_BACK * RATE / HOP), len(_PRESENCE_SMOOTHING) // 2
    spoken = speech_presence(mel, samples, range(middle - half, middle + half + 1), likelihood)
    presence *= float((spoken * _PRESENCE_SMOOTHING).sum() / _PRESENCE_SMOOTHING.sum())
    return np.asarray(pose * presence, np.float32).reshape(len(SHAPES))
