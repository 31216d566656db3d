"""The contract of a lip-sync engine: speech and a driving frame in, a picture out."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.mouth import MouthPose
from txt2vid_ros.media.driving.driving_media import DrivingMedia

Frame = NDArray[np.uint8]
"""A picture, (height, width, 3) BGR."""


class SpeechView(Protocol):
    """What an engine may see of the speech around a frame. All times are seconds on one clock.

    An engine pulls what it needs for the frame at hand and keeps no state of its own between
    frames, so an interruption, a replay or a frame rendered twice needs no special care.
    """

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        """Return round((stop - start) * rate) mono samples in -1..1, silence where none known."""
        ...

    def mouth(self, time: float) -> MouthPose | None:
        """Return the timed pose, or None where the voice gave no timings."""
        ...

    def speaking(self, start: float, stop: float) -> bool:
        """Return whether any utterance has samples between the two times."""
        ...

    def anchor(self, time: float) -> float:
        """Return when the utterance heard at `time` began; `time` itself where there is none."""
        ...


class LipSyncSession(abc.ABC):
    """One face being animated. Owns nothing that another session can see."""

    notices: tuple[str, ...] = ()
    """What the user should be told about the driving media and its face, one line each."""
    at_once: int = 1
    """How many pictures render_many() makes faster together than one by one."""
    worked: bool | None = None
    """Whether the last picture cost what a moving mouth costs; None: it is not known."""

    @abc.abstractmethod
    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """Return the picture to be seen at `time` on driving frame `driving_index`.

        The result is the caller's to keep; its size is that of the driving media.
        """

    def render_many(self, times: Sequence[float], driving_indices: Sequence[int],
                    speech: SpeechView) -> list[Frame]:
        """Return the pictures of several times, the same as render() gives one by one."""
        return [self.render(time, index, speech)
                for time, index in zip(times, driving_indices, strict=True)]

    def close(self) -> None:
        """Release what the session holds; may be called twice."""
        return


class LipSyncEngine(abc.ABC):
    """Loads its models once, then opens any number of independent sessions."""

    name: ClassVar[str]
    Options: ClassVar[type[Any] | None] = None
    """What the user may set: a frozen dataclass whose fields are core.parameters.parameter(). The
    constructor then takes an instance of it."""
    look_ahead: ClassVar[float]
    """Seconds of speech after a frame's time that render() wants to see."""
    timed_look_ahead: ClassVar[float | None] = None
    """The same where the voice gives timings; None where that makes no difference."""

    def load(self) -> None:
        """Load models; may take seconds; called once before open(). Raises UserError."""
        return

    @abc.abstractmethod
    def open(self, driving: DrivingMedia) -> LipSyncSession:  # noqa: A003
        """Prepare a face (detection and the like, cached where possible). Raises UserError."""

    def close(self) -> None:
        """Release the models; may be called twice."""
        return
