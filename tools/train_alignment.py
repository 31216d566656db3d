"""
Fit the table of sounds for forced alignment: txt2vid_ros/providers/alignment/data/sounds.npz.

    python tools/train_alignment.py

On the Harvard sentences (IEEE 1969), said by hibari at several speeds and, by resampling, with
several pitches and lengths of the vocal tract. Takes about a minute.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import pathlib

import numpy as np
import soxr
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.providers.alignment import acoustics
from txt2vid_ros.providers.tts.hibari import HibariVoice

TEXTS = pathlib.Path(__file__).with_name('harvard_sentences.txt')
LEAST = 40
"""Frames of a sound without which it is left out."""


def main() -> None:
    """Fit and write."""
    chosen = [line for line in TEXTS.read_text('utf-8').split('\n') if line]
    random = np.random.default_rng(0)
    frames: dict[str, list[np.ndarray]] = collections.defaultdict(list)
    lengths: dict[str, list[float]] = collections.defaultdict(list)
    voices = [HibariVoice(speed=speed) for speed in (0.85, 1.0, 1.15)]
    for voice in voices:
        voice.load()
    for text, voice in itertools.product(chosen, voices):
        for chunk in voice.synthesize(text, lambda: False):
            stretch = float(random.choice([1.0, 1.0, 0.85, 0.92, 1.1, 1.2]))
            sound = soxr.resample(chunk.samples, 24000 / stretch, SPEECH_RATE)
            sound = np.pad(sound, 3200) + random.normal(0, 10 ** random.uniform(-4.5, -2.7),
                                                        len(sound) + 6400)
            found = acoustics.features(sound.astype(np.float32))
            sounds = [dataclasses.replace(each, start=each.start * stretch + 0.2,
                                          duration=each.duration * stretch)
                      for each in chunk.phonemes or ()]
            take(sounds, found, frames, lengths)
    write(frames, lengths)


def take(sounds: list[Phoneme], found: np.ndarray, frames: dict[str, list[np.ndarray]],
         lengths: dict[str, list[float]]) -> None:
    """Add the frames and the lengths of the sounds of an utterance."""
    end = 0.0
    for sound in [*sounds, Phoneme('', len(found) * acoustics.FRAME, 0)]:
        if sound.start - end > 0.1:
            first, last = (round(time / acoustics.FRAME) for time in (end, sound.start))
            frames[acoustics.PAUSE].append(found[first + 3:last - 3])
            lengths[acoustics.PAUSE].append(last - first)
        end = sound.end
        if not sound.symbol:
            continue
        for name, begin, stop in acoustics.parts(sound):
            first, last = (round(time / acoustics.FRAME) for time in (begin, stop))
            if last > first:
                frames[name].append(found[first:last])
                lengths[name].append(last - first)


def write(frames: dict[str, list[np.ndarray]], lengths: dict[str, list[float]]) -> None:
    """Fit the distributions and write them."""
    names = [name for name in sorted(frames) if sum(map(len, frames[name])) >= LEAST]
    every = {name: np.concatenate(frames[name]) for name in names}
    means = np.stack([every[name].mean(0) for name in names])
    within = np.concatenate([every[name] - mean for name, mean in zip(names, means, strict=True)])
    covariance = within.T @ within / len(within)
    covariance += 0.02 * np.diag(np.diag(covariance))
    logs = [np.log(np.maximum(1, lengths[name])) for name in names]
    np.savez_compressed(
        acoustics.TABLE, names=np.array(names), means=means.astype(np.float32),
        precision=np.linalg.inv(covariance).astype(np.float32),
        lengths=np.array([(log.mean(), max(0.25, log.std())) for log in logs], np.float32))
    print(f'{len(names)} sounds of {len(within)} frames, {acoustics.TABLE.stat().st_size} bytes')


if __name__ == '__main__':
    main()
