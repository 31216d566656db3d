"""
How well phonemes are timed where only the beginnings of words are known.

The reference are sentences of hibari, which gives the times of all phonemes. Compared with it are
the phonemes as they are distributed over the words (the beginning of every word known, of every
second, ...), and the mouth as the sound alone moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.core.mouth import MouthTrack, Phoneme, SHAPE_INDEX
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.lipsync.viseme.sound import audio_pose
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.phonetics.word_timing import distribute_phonemes
from txt2vid_ros.speaking.visemes.track import mouth_track

SENTENCES = (
    'The old bridge was closed for most of the summer because of repairs.',
    'Perhaps we should meet at the museum before the film begins.',
    'Both of my brothers play the violin, and one of them plays the piano.',
    'He bought seven oranges, a box of matches and some blue paint.',
    'Nobody could remember why the window had been left open.',
    'The farmer told us that the harvest would be better next year.',
    'Please put the big map back on top of the cupboard.',
    'A small boat moved slowly past the lighthouse in the fog.',
    'When the music stopped, everybody looked at the empty stage.',
    'Five famous painters lived in this village for many years.',
    'I never thought that such a simple problem would take so long.',
    'Do you know whether the early ferry still leaves from this pier?')
STEP = 0.01
"""Seconds from pose to pose."""
LIPS_MEET = 0.7
"""The least value of lips_closed at which they do."""
CONTACT_TOLERANCE = 0.02
"""Seconds before and after a phoneme in which the lips may meet for it."""
Poses = NDArray[np.float32]


@dataclasses.dataclass
class TimingFigures:
    """What was measured of all sentences so far."""

    poses: list[Poses] = dataclasses.field(default_factory=list)
    errors: list[float] = dataclasses.field(default_factory=list)
    met: list[bool] = dataclasses.field(default_factory=list)

    def add(self, poses: Poses, truth: Sequence[Phoneme]) -> None:
        """Take the poses of a sentence, one every STEP seconds."""
        self.poses.append(poses)
        lips = poses[:, SHAPE_INDEX['lips_closed']]
        for sound in truth:
            if sound.symbol in 'pbm':
                first = max(0, round((sound.start - CONTACT_TOLERANCE) / STEP))
                last = round((sound.end + CONTACT_TOLERANCE) / STEP)
                self.met.append(bool(lips[first:last + 1].max(initial=0) > LIPS_MEET))

    def line(self, truth: Poses) -> str:
        """Return the figures as a line."""
        jaw = SHAPE_INDEX['jaw_open']
        r = np.corrcoef(np.concatenate(self.poses)[:, jaw], truth[:, jaw])[0, 1]
        late = [f'{1000 * np.percentile(self.errors, share):4.0f}' if self.errors else '   -'
                for share in (50, 95)]
        return (f'jaw r {r:.2f}   onsets off by p50 {late[0]} ms, p95 {late[1]} ms   lips meet on '
                f'{sum(self.met)} of {len(self.met)} m, b, p')


def main() -> None:
    """Measure and print."""
    voice, lexicon = HibariVoice(), EnglishLexicon()
    voice.load()
    rate = voice.capabilities.sample_rate
    found = {name: TimingFigures() for name in ('true times', 'sound alone', *(
        f'every {step}. word' for step in range(1, 5)))}
    for sentence in SENTENCES:
        chunk, = voice.synthesize(sentence, lambda: False)
        truth = chunk.phonemes or ()
        times = np.arange(0, len(chunk.samples) / rate, STEP).astype(np.float64)
        found['true times'].add(sampled(mouth_track(truth, chunk.samples, rate), times), truth)
        found['sound alone'].add(heard(chunk.samples, rate, times), truth)
        words = lexicon.sounds(sentence.split())
        counts = [sum(symbol not in 'ˈˌ' for symbol in word) for word in words]
        starts = [truth[at].start for at in np.cumsum([0, *counts[:-1]])]
        for step in range(1, 5):
            sounds = distribute_phonemes(
                [start if at % step == 0 else None for at, start in enumerate(starts)],
                words, chunk.samples, rate)
            figures = found[f'every {step}. word']
            figures.add(sampled(mouth_track(sounds, chunk.samples, rate), times), truth)
            figures.errors += [abs(one.start - other.start)
                               for one, other in zip(sounds, truth, strict=True)]
    voice.close()
    reference = np.concatenate(found['true times'].poses)
    for name, figures in found.items():
        print(f'{name:14} {figures.line(reference)}')


def sampled(track: MouthTrack, times: NDArray[np.float64]) -> Poses:
    """Return the poses of a track at `times`."""
    return np.array([track.at(time) for time in times])


def heard(samples: NDArray[np.float32], rate: int, times: NDArray[np.float64]) -> Poses:
    """Return the poses at `times` as the sound alone gives them."""
    around = round(audio_pose.LOOK_BACK * SPEECH_RATE)
    window = around + round(audio_pose.LOOK_AHEAD * SPEECH_RATE)
    sound = np.pad(soxr.resample(samples, rate, SPEECH_RATE), (around, window))
    begins = [round(time * SPEECH_RATE) for time in times]
    return np.array([audio_pose.pose_from_audio(sound[at:at + window]) for at in begins])


if __name__ == '__main__':
    main()
