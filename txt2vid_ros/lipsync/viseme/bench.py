"""Figures of the default face: what is seen on its pictures against what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.lipsync.facemesh import FaceMesh
from txt2vid_ros.lipsync.measure import best_lag, correlation, measure_openings
from txt2vid_ros.lipsync.viseme.articulation import opening_of
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.lipsync.viseme.life import LifeSettings
from txt2vid_ros.media.driving import DrivingMedia
from txt2vid_ros.mouth import MouthPose, MouthTrack, Phoneme, rest_pose, SHAPE_INDEX
from txt2vid_ros.speech.segments import timing_lag
from txt2vid_ros.speech.visemes import mouth_track, segments_of

FPS = 25
CLOSED = 0.02
"""Opening over that of a mouth known to be closed, in mouth widths, that counts as closed."""
_REST = 0.6  # seconds of silence before and after each sentence


@dataclasses.dataclass(frozen=True)
class Said:
    """One sentence: mono samples at `rate` Hz and its sounds."""

    samples: NDArray[np.float32]
    rate: int
    phonemes: Sequence[Phoneme]


@dataclasses.dataclass(frozen=True)
class Spoken:
    """A sentence as the engine sees it, from `_REST` seconds on."""

    said: Said
    track: MouthTrack | None

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        """Return the sound, silence around it."""
        times = start - _REST + np.arange(round((stop - start) * rate)) / rate
        at = np.arange(len(self.said.samples)) / self.said.rate
        return np.interp(times, at, self.said.samples, left=0, right=0).astype(np.float32)

    def mouth(self, time: float) -> MouthPose | None:
        """Return the timed pose, or None."""
        return None if self.track is None else self.track.at(time - _REST)

    def speaking(self, start: float, stop: float) -> bool:
        """Return whether the sentence reaches into the span."""
        return stop > _REST and start < _REST + len(self.said.samples) / self.said.rate

    def anchor(self, time: float) -> float:
        """Return when the sentence began."""
        return _REST if self.speaking(time, time) else time


def measure(
    driving: DrivingMedia, sentences: Sequence[Said], *, timed: bool = True
) -> dict[str, float]:
    """Return the figures of `txt2vid bench face`, life off; see README for what they mean.

    `timed` False leaves the engine only the sound. Openings are in mouth widths.
    """
    mesh = FaceMesh()
    engine = VisemeEngine(LifeSettings(life=False))
    engine.load()
    session = engine.open(driving)
    spent, frames_made, outside, largest = 0.0, 0, 0, 0.0
    seen_all, asked_all, silent, bilabials, lags = [], [], [], [], []
    pressed = rest_pose()
    pressed[SHAPE_INDEX['lips_closed']] = 1
    animator = session.animator(0)
    closed = float(measure_openings([animator.render(driving.frames[0], pressed)] * 2, mesh)[1])
    x0, y0, x1, y1 = animator.box
    for said in sentences:
        track = mouth_track(said.phonemes, said.samples, said.rate)
        speech = Spoken(said, track if timed else None)
        length = 2 * _REST + len(said.samples) / said.rate
        times = np.arange(int(length * FPS)) / FPS
        frames = []
        for moment in times:
            index = driving.index_at(float(moment))
            begun = time.thread_time()
            frames.append(session.render(float(moment), index, speech))
            spent += time.thread_time() - begun
            if len(driving.frames) == 1:
                change = cv2.absdiff(frames[-1], driving.frames[0])
                change[y0:y1, x0:x1] = 0
                outside = max(outside, int(change.max()))
        frames_made += len(frames)
        seen = measure_openings(frames, mesh)
        asked = np.array([opening_of(track.at(float(t) - _REST)) for t in times])
        seen_all.append(seen)
        asked_all.append(asked)
        largest = max(largest, float(np.nanmax(np.abs(np.diff(seen)))))
        moving = np.array([track.at(float(t) - _REST).any() for t in times])
        silent.append(seen[~moving] - closed)
        late = timing_lag(segments_of(said.phonemes), said.samples, said.rate)
        lags.append(best_lag(seen, asked, times) * 1000)
        for segment in segments_of(said.phonemes):
            if segment.viseme.name == 'p_b_m':
                middle = _REST - late + (segment.start + segment.stop) / 2
                bilabials.append(seen[min(round(middle * FPS), len(seen) - 1)] - closed)
    session.close()
    engine.close()
    opened = np.concatenate(asked_all)
    return {
        'opening_r': correlation(np.concatenate(seen_all), opened),
        'bilabials_closed': float(np.mean(np.array(bilabials) < CLOSED)) if bilabials else 1.0,
        'silence_opening': float(np.nanmean(np.maximum(np.concatenate(silent), 0))),
        'closed_reading': closed,
        'max_jump': largest,
        'offset_ms': float(np.median(lags)),
        'outside_change': float(outside),
        'ms_per_frame': spent / max(frames_made, 1) * 1000,
        'frames': float(frames_made),
        'bilabials': float(len(bilabials)),
    }
