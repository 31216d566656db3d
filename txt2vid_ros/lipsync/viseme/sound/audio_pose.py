"""
A mouth pose from the sound alone, for voices that give no timings.

A small network, trained on synthetic speech with known timings (tools/train_audio_mouth.py), maps
0.44 s of level-normalised log-mel bands to the mouth shapes that timed speech uses. It runs in
NumPy; its weights are part of the package.
"""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose, rest_pose, SHAPE_INDEX, SHAPES
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel, RATE
from txt2vid_ros.lipsync.sound.speech_network import Likelihood
from txt2vid_ros.lipsync.sound.speech_presence import speech_presence
from txt2vid_ros.lipsync.viseme.sound import audio_features as af

LOOK_BACK, LOOK_AHEAD = af.LOOK_BACK, af.LOOK_AHEAD
WEIGHTS = pathlib.Path(__file__).parent / 'data' / 'audio_mouth.npz'

_SMOOTHING = np.hanning(9)[1:-1].astype(np.float32)  # 70 ms, which lips need to meet
_CONTACTS = ('lips_closed', 'lower_lip_in')
_SILENCE_PEAK = 10 ** (-52 / 20)  # of full scale; below it nothing is spoken

Samples = NDArray[np.float32]


def load() -> None:
    """Load the network now rather than at the first sound."""
    _weights()


@functools.lru_cache(maxsize=1)
def _weights() -> tuple[NDArray[np.float32], ...]:
    with np.load(WEIGHTS, allow_pickle=False) as data:
        names = sorted(data.files)
        return tuple(np.asarray(data[name], np.float32) for name in names)


def network(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the poses (n, shapes) for `inputs` (n, features) as audio_features.stacked gives."""
    mean, scale, *layers = _weights()
    hidden = (inputs - mean) * scale
    for weight, bias in zip(layers[0:-2:2], layers[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ weight + bias, 0)
    out = hidden @ layers[-2] + layers[-1]
    return np.asarray(1 / (1 + np.exp(-np.clip(out, -30, 30))), np.float32)


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
    usual = np.full(len(mel), af.usual_level(mel), np.float32)
    half = len(_SMOOTHING) // 2
    first = round(LOOK_BACK * RATE / HOP) - half + af.CONTEXT[0]
    last = first + len(_SMOOTHING) + af.CONTEXT[1] - af.CONTEXT[0] - 1
    features = af.normalised(mel, usual)
    missing = last - len(features)
    if missing > 0:
        features = np.pad(features, ((0, missing), (0, 0)), mode='edge')
    poses = network(af.stacked(features[first:last]))
    # An uncertain network outputs a little of everything, but lips either meet or do not. This is
    # decided before the smoothing, so that they do not meet faster than lips can.
    for name in _CONTACTS:
        index = SHAPE_INDEX[name]
        contact = np.clip((poses[:, index] - 0.3) / 0.6, 0, 1)
        poses[:, index] = contact * contact * (3 - 2 * contact)
    pose = (poses * _SMOOTHING[:, None]).sum(0) / _SMOOTHING.sum()
    # Fade in at the threshold of silence, so that no pose jumps.
    presence = min(1.0, max(0.0, np.log10(peak / _SILENCE_PEAK) / 0.5))
    middle = round(LOOK_BACK * RATE / HOP)
    spoken = speech_presence(mel, samples, range(middle - half, middle + half + 1), likelihood)
    presence *= float((spoken * _SMOOTHING).sum() / _SMOOTHING.sum())
    return np.asarray(pose * presence, np.float32).reshape(len(SHAPES))
