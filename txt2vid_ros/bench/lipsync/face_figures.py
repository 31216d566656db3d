"""Figures of the default face: the mouth measured on its pictures against the one requested."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.bench.lipsync.blink_length import blink_ms
from txt2vid_ros.bench.lipsync.mouth_leak import MouthLeaks
from txt2vid_ros.bench.lipsync.mouth_measurement import (
    best_lag,
    correlation,
    follow,
    loudness_at,
    measure_openings,
    opening,
    parted,
    requested_opening,
    Values,
)
from txt2vid_ros.bench.lipsync.teeth_drift import TeethDrift
from txt2vid_ros.bench.lipsync.untouched_region import UntouchedRegion
from txt2vid_ros.core.mouth import (
    ClauseSpan,
    MouthPose,
    MouthTrack,
    Phoneme,
    rest_pose,
    SHAPE_INDEX,
)
from txt2vid_ros.core.pcm import rms_in_parts
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import FaceTrack, find_face
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.speaking.visemes.segments import timing_lag
from txt2vid_ros.speaking.visemes.track import mouth_track, segments_of

FPS = 25
CLOSED = 0.02
"""Mouth widths above the reading of a closed mouth up to which an opening counts as closed."""
MOST_BIAS = 0.05
"""The largest reading of a closed mouth that is attributed to the mesh, not to the face."""
SEALED = 0.03
"""Mouth widths of cavity or teeth between the lips up to which they count as sealed."""
_REST = 0.6  # seconds of silence before and after each sentence


@dataclasses.dataclass(frozen=True)
class TimedSentence:
    """One sentence: mono samples at `rate` Hz and its phonemes; None where nobody says it."""

    samples: NDArray[np.float32] | None
    rate: int
    phonemes: Sequence[Phoneme]

    @property
    def length(self) -> float:
        """Return its seconds."""
        if self.samples is None:
            return max((sound.end for sound in self.phonemes), default=0.0)
        return len(self.samples) / self.rate


@dataclasses.dataclass(frozen=True)
class SentenceView:
    """A sentence that begins at `_REST` seconds, as the engine sees it."""

    said: TimedSentence
    track: MouthTrack | None

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        """Return the sound, silence around it."""
        times = start - _REST + np.arange(round((stop - start) * rate)) / rate
        if self.said.samples is None:
            return np.zeros(len(times), np.float32)
        at = np.arange(len(self.said.samples)) / self.said.rate
        return np.interp(times, at, self.said.samples, left=0, right=0).astype(np.float32)

    def levels(self, start: float, stop: float, count: int) -> NDArray[np.float32]:
        """Return the root mean square in each of `count` equal parts."""
        return rms_in_parts(self.samples(start, stop, self.said.rate), count)

    def mouth(self, time: float) -> MouthPose | None:
        """Return the timed pose, or None."""
        return None if self.track is None else self.track.at(time - _REST)

    def speaking(self, start: float, stop: float) -> bool:
        """Return whether the sentence reaches into the span."""
        return stop > _REST and start < _REST + self.said.length

    def clauses(self, start: float, stop: float) -> list[ClauseSpan]:
        """Return none: only lips are measured."""
        return []

    def anchor(self, time: float) -> float:
        """Return when the sentence began."""
        return _REST if self.speaking(time, time) else time


@dataclasses.dataclass
class _Measurements:
    """Measurements on the pictures of all sentences, frame by frame; openings in mouth widths."""

    opened: list[Values] = dataclasses.field(default_factory=list)
    asked: list[Values] = dataclasses.field(default_factory=list)
    silent: list[Values] = dataclasses.field(default_factory=list)
    silent_bias: list[Values] = dataclasses.field(default_factory=list)
    bilabials: list[float] = dataclasses.field(default_factory=list)
    bilabial_bias: list[float] = dataclasses.field(default_factory=list)
    sealed: list[bool] = dataclasses.field(default_factory=list)
    render_lags: list[float] = dataclasses.field(default_factory=list)
    sound_lags: list[float] = dataclasses.field(default_factory=list)
    outside: int = 0
    leak: int = 0
    teeth: TeethDrift = dataclasses.field(default_factory=TeethDrift)
    spent: float = 0.0


@dataclasses.dataclass(frozen=True)
class _Driven:
    """What the pictures are compared with: of the driving frames and their faces."""

    track: FaceTrack
    region: UntouchedRegion
    leaks: MouthLeaks


class _ClosedMouthBias:
    """The mesh's reading of lips pressed together, its bias, for each driving frame."""

    def __init__(self, driving: DrivingMedia, session: VisemeSession, mesh: FaceMesh) -> None:
        self._driving, self._session, self._mesh = driving, session, mesh
        self._pose = rest_pose()
        self._pose[SHAPE_INDEX['lips_closed']] = 1
        self._readings: dict[int, float] = {}

    def bias(self, index: int) -> float:
        """Return the part of driving frame `index`'s reading that is attributed to the mesh."""
        if index not in self._readings:
            frame = self._session.renderer(index).render(self._driving.frames[index], self._pose)
            self._readings[index] = float(measure_openings([frame] * 2, self._mesh)[1])
        # Otherwise a face that cannot close would be measured against itself, and pass.
        return min(self._readings[index], MOST_BIAS)

    def mean(self) -> float:
        """Return the mean reading of the frames asked for."""
        return float(np.mean(list(self._readings.values())))


def measure(
    driving: DrivingMedia, sentences: Sequence[TimedSentence], *, timed: bool = True
) -> dict[str, float | None]:
    """
    Return the figures of `txt2vid bench face`, without idle motion. docs/face.md explains them.

    `timed` False leaves the engine only the sound. Openings are in mouth widths.
    """
    mesh = FaceMesh()
    engine = VisemeEngine(LifeSettings(life=False))
    engine.load()
    track = find_face(driving, FaceMesh)
    session = engine.open(driving)
    closed_bias = _ClosedMouthBias(driving, session, mesh)
    driven = _Driven(track, UntouchedRegion(driving, track), MouthLeaks(driving, track))
    seen = _Measurements()
    for said in sentences:
        _say(said, timed, driving, session, mesh, driven, closed_bias, seen)
    session.close()
    engine.close()
    opened, asked = np.concatenate(seen.opened), np.concatenate(seen.asked)
    silent, bilabials = np.concatenate(seen.silent), np.array(seen.bilabials)
    silent_bias, bilabial_bias = np.concatenate(seen.silent_bias), np.array(seen.bilabial_bias)
    return {
        'opening_r': correlation(opened, asked),
        'bilabials_closed': _share(bilabials - bilabial_bias < CLOSED),
        'bilabials_closed_raw': _share(bilabials < CLOSED),
        'bilabials_sealed': _share(np.array(seen.sealed)),
        'silence_opening': float(np.nanmean(np.maximum(silent - silent_bias, 0))),
        'silence_opening_raw': float(np.nanmean(silent)),
        'closed_reading': closed_bias.mean(),
        'max_jump': float(max(np.nanmax(np.abs(np.diff(one))) for one in seen.opened)),
        'offset_ms': float(np.median(seen.sound_lags)) if seen.sound_lags else None,
        'render_offset_ms': float(np.median(seen.render_lags)),
        'outside_change': float(seen.outside),
        'corner_leak': float(seen.leak),
        'teeth_drift': seen.teeth.percent(),
        'blink_ms': blink_ms(driving, track),
        'ms_per_frame': seen.spent / max(len(opened), 1) * 1000,
        'frames': float(len(opened)),
        'bilabials': float(len(bilabials)),
    }


def _say(said: TimedSentence, timed: bool, driving: DrivingMedia, session: VisemeSession,
         mesh: FaceMesh, driven: _Driven, closed_bias: _ClosedMouthBias,
         seen: _Measurements) -> None:
    """Have the face say one sentence, and measure its pictures."""
    track = mouth_track(said.phonemes, said.samples, said.rate)
    speech = SentenceView(said, track if timed else None)
    length = 2 * _REST + said.length
    times = np.arange(int(length * FPS)) / FPS
    frames = []
    for moment in times:
        index = driving.index_at(float(moment))
        begun = time.thread_time()
        frames.append(session.render(float(moment), index, speech))
        seen.spent += time.thread_time() - begun
        seen.outside = max(seen.outside, driven.region.change(index, frames[-1]))
    meshes = list(follow(frames, mesh))
    for moment, frame, found in zip(times, frames, meshes, strict=True):
        if found is not None:
            index = driving.index_at(float(moment))
            seen.leak = max(seen.leak, driven.leaks.pixels(index, frame, found))
            seen.teeth.add(frame, driven.track.points[index], found, opening(found))
    opened = np.array([float('nan') if one is None else opening(one) for one in meshes])
    asked = np.array([requested_opening(track.at(float(t) - _REST)) for t in times])
    seen.opened.append(opened)
    seen.asked.append(asked)
    bias = np.array([closed_bias.bias(driving.index_at(float(t))) for t in times])
    moving = np.array([track.at(float(t) - _REST).any() for t in times])
    seen.silent.append(opened[~moving])
    seen.silent_bias.append(bias[~moving])
    seen.render_lags.append(best_lag(opened, asked, times) * 1000)
    late = 0.0
    if said.samples is not None:
        loud = loudness_at(said.samples, said.rate, times - _REST)
        seen.sound_lags.append(best_lag(opened, loud, times) * 1000)
        late = timing_lag(segments_of(said.phonemes), said.samples, said.rate)
    for segment in segments_of(said.phonemes):
        if segment.viseme.name == 'p_b_m':
            middle = _REST - late + (segment.start + segment.stop) / 2
            place = min(round(middle * FPS), len(frames) - 1)
            found = meshes[place]
            seen.bilabials.append(opened[place])
            seen.bilabial_bias.append(bias[place])
            seen.sealed.append(found is not None and parted(frames[place], found) < SEALED)


def _share(flags: NDArray[np.bool_]) -> float | None:
    return float(np.mean(flags)) if len(flags) else None
