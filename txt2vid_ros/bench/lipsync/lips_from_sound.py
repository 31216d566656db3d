"""How well lips follow the sound alone, by the poses that the engine takes from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from txt2vid_ros.bench.lipsync.face_figures import CLOSED, FPS, SentenceView, TimedSentence
from txt2vid_ros.bench.lipsync.mouth_measurement import requested_opening
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.viseme.engine import pose_at
from txt2vid_ros.speaking.visemes.segments import timing_lag
from txt2vid_ros.speaking.visemes.track import segments_of

_WITHIN = 1.0
"""Seconds, a moment within every sentence, which has silence before and after it."""


def bilabials_from_sound(sentences: Sequence[TimedSentence]) -> float | None:
    """
    Return the share of bilabials in whose middle the lips meet, with the sound alone.

    By the poses, not on pictures, at the frames that face_figures measures; a voice that the
    network was trained on does better than others. None where there is no sound.
    """
    met: list[bool] = []
    for said in sentences:
        if said.samples is None:
            continue
        speech, activity = SentenceView(said, None), SpeechActivity()
        late = timing_lag(segments_of(said.phonemes), said.samples, said.rate)
        begun = speech.anchor(_WITHIN)
        frames = int((2 * begun + said.length) * FPS)
        poses = [pose_at(frame / FPS, speech, activity) for frame in range(frames)]
        activity.close()
        for segment in segments_of(said.phonemes):
            if segment.viseme.name == 'p_b_m':
                middle = begun - late + (segment.start + segment.stop) / 2
                pose = poses[min(round(middle * FPS), frames - 1)]
                met.append(requested_opening(pose) < CLOSED)
    return float(np.mean(met)) if met else None
