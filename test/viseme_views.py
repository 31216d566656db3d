"""Speech as an engine sees it, from a track or from samples."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import (
    ClauseSpan,
    MouthPose,
    MouthTrack,
    Phoneme,
    rest_pose,
    SHAPE_INDEX,
)
from txt2vid_ros.core.pcm import rms_in_parts
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.speaking.visemes.track import mouth_track


@dataclasses.dataclass
class Speech:
    """One utterance that begins at time 0; `track` None leaves only the sound."""

    sound: NDArray[np.float32]
    rate: int
    track: MouthTrack | None = None

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        times = start + np.arange(round((stop - start) * rate)) / rate
        at = np.arange(len(self.sound)) / self.rate
        if len(self.sound) == 0:
            return np.zeros(len(times), np.float32)
        return np.interp(times, at, self.sound, left=0, right=0).astype(np.float32)

    def levels(self, start: float, stop: float, count: int) -> NDArray[np.float32]:
        return rms_in_parts(self.samples(start, stop, self.rate), count)

    def mouth(self, time: float) -> MouthPose | None:
        return None if self.track is None else self.track.at(time)

    def speaking(self, start: float, stop: float) -> bool:
        return start < len(self.sound) / self.rate and stop > 0

    def clauses(self, start: float, stop: float) -> list[ClauseSpan]:
        if self.track is None or len(self.sound) == 0:
            return []
        span = ClauseSpan(float(self.track.times[0]), float(self.track.times[-1]),
                          self.track.asked)
        return [span] if span.begin < stop and span.end > start else []

    def anchor(self, time: float) -> float:
        return 0.0 if self.speaking(time, time) else time


def silence() -> Speech:
    return Speech(np.zeros(0, np.float32), 16000)


def held(**shapes: float) -> Speech:
    """Return speech whose mouth stays in one pose for ten seconds."""
    pose = rest_pose()
    for name, value in shapes.items():
        pose[SHAPE_INDEX[name]] = value
    track = MouthTrack(np.array([-1.0, 10.0]), np.stack([pose, pose]))
    return Speech(np.zeros(160000, np.float32), 16000, track)


def words() -> Speech:
    """Return 'ma pa fa va ee oo' with rests, and a sound whose loudness fits."""
    sounds = ['m', 'ɑ', 'p', 'ɑ', '_', 'f', 'ɑ', 'v', 'ɛ', '_', 'i', 'o', 'u', 'b', 'ɑ']
    phonemes = [
        Phoneme('' if s == '_' else s, 0.3 + 0.16 * i, 0.16) for i, s in enumerate(sounds)
    ]
    return Speech(np.zeros(48000, np.float32), 16000, mouth_track(phonemes))


def opened(driving: DrivingMedia) -> VisemeSession:
    """Return the face of `driving`, without signs of life."""
    return VisemeEngine(LifeSettings(life=False)).open(driving)
