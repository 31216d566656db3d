"""How well lips follow the sound alone, by the poses that the engine takes from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.lipsync.face_figures import CLOSED, FPS, SentenceView, TimedSentence
from txt2vid_ros.bench.lipsync.mouth_measurement import requested_opening
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.viseme.engine import pose_at
from txt2vid_ros.speaking.visemes.segments import timing_lag, VisemeSegment
from txt2vid_ros.speaking.visemes.track import segments_of

OPEN = 0.55
"""The jaw of an open vowel, in the table of visemes."""
_WITHIN = 1.0
"""Seconds, a moment within every sentence, which has silence before and after it."""


def lips_from_sound(sentences: Sequence[TimedSentence]) -> tuple[float, float]:
    """
    Return the shares of bilabials and of open vowels in which the lips meet, by sound alone.

    By the poses, not on pictures, at the frames that face_figures measures: that of a bilabial
    nearest to its middle, those of an open vowel in its middle half. The sentences need sound.
    """
    met: list[bool] = []
    shut: list[bool] = []
    for said in sentences:
        assert said.samples is not None
        segments, closed = segments_of(said.phonemes), _closed(said)
        late = timing_lag(segments, said.samples, said.rate)
        begun = SentenceView(said, None).anchor(_WITHIN) - late
        for one in segments:
            middle, quarter = begun + (one.start + one.stop) / 2, (one.stop - one.start) / 4
            if one.viseme.name == 'p_b_m':
                met.append(bool(closed[round(middle * FPS)]))
            elif _is_open(one):
                first, last = (int(np.ceil((middle + side) * FPS)) for side in (-quarter, quarter))
                shut += closed[first:last].tolist()
    return float(np.mean(met)), float(np.mean(shut))


def _closed(said: TimedSentence) -> NDArray[np.bool_]:
    """Return whether the lips meet in each frame of a sentence, with silence around it."""
    speech, activity = SentenceView(said, None), SpeechActivity()
    frames = int((2 * speech.anchor(_WITHIN) + said.length) * FPS)
    poses = [pose_at(frame / FPS, speech, activity) for frame in range(frames)]
    activity.close()
    return np.array([requested_opening(pose) < CLOSED for pose in poses])


def _is_open(one: VisemeSegment) -> bool:
    return one.viseme.vowel and one.viseme.target[0] >= OPEN
