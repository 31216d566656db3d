"""How long a blink of the default face lasts, on its pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import ClauseSpan, MouthPose
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.track import FaceTrack
from txt2vid_ros.lipsync.viseme.engine import VisemeSession
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia

_SEARCHED, _COARSE, _FINE = 12.0, 0.08, 0.01  # seconds in which a blink is looked for; steps
_AROUND = 0.5  # seconds before and after its middle
_SHUT = 0.1  # of the way from open to shut eyes, from which on it is a blink
_SEEN = 6.0  # mean grey levels by which eyes that are shut differ
_LIDS = [*mp.RIGHT_LID_UPPER, *mp.RIGHT_LID_LOWER, *mp.LEFT_LID_UPPER, *mp.LEFT_LID_LOWER]


class _Silence:
    """Speech that never begins."""

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        return np.zeros(round((stop - start) * rate), np.float32)

    def levels(self, start: float, stop: float, count: int) -> NDArray[np.float32]:
        return np.zeros(count, np.float32)

    def mouth(self, time: float) -> MouthPose | None:
        return None

    def speaking(self, start: float, stop: float) -> bool:
        return False

    def clauses(self, start: float, stop: float) -> list[ClauseSpan]:
        return []

    def anchor(self, time: float) -> float:
        return time


def blink_ms(driving: DrivingMedia, track: FaceTrack) -> float | None:
    """
    Return the milliseconds for which the eyes are at least a tenth shut in a blink.

    By how much of the way their pictures have gone from open to shut ones. None of a clip, whose
    own eyes blink, and where nothing is seen of a blink.
    """
    if len(driving.frames) > 1:
        return None
    # The head stays, so that nothing but lids moves.
    session = VisemeSession(
        driving, track, LifeSettings(sway=0, breath=0, brows=0, gaze=0, nods=0))
    lids = track.points[0][_LIDS, :2]
    x0, y0 = np.clip(np.floor(lids.min(axis=0)).astype(int) - 2, 0, None)
    x1, y1 = np.ceil(lids.max(axis=0)).astype(int) + 3
    open_eyes = np.asarray(driving.frames[0])[y0:y1, x0:x1].astype(np.float64)

    def shut(times: NDArray[np.floating]) -> NDArray[np.float64]:
        pictures = (session.render(float(time), 0, _Silence())[y0:y1, x0:x1] for time in times)
        return np.array([np.abs(one - open_eyes).mean() for one in pictures])

    try:
        coarse = np.arange(0, _SEARCHED, _COARSE)
        middle = float(coarse[shut(coarse).argmax()])
        fine = np.arange(middle - _AROUND, middle + _AROUND, _FINE)
        way = shut(fine)
    finally:
        session.close()
    if way.max() < _SEEN:
        return None
    here = int(way.argmax())
    covered = way > _SHUT * way.max()
    start = here - int((~covered[here::-1]).argmax())
    stop = here + int((~covered[here:]).argmax())
    return float(fine[stop] - fine[start]) * 1000
