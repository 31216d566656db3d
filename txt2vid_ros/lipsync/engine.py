"""The contract of a lip-sync engine: speech and a driving frame in, a picture out."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import ClauseSpan, MouthPose
from txt2vid_ros.core.process.sharing import SharedResources
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import ExpressionTimeline

Frame = NDArray[np.uint8]
"""A picture, (height, width, 3) BGR."""


class SpeechView(Protocol):
    """
    The speech around a frame, as an engine sees it. All times are seconds on one clock.

    An engine pulls what it needs for the frame at hand, so an interruption, a replay or a frame
    rendered twice needs no special treatment. A session that remembers what it has heard notices
    by itself that the sound has changed or the time has jumped (sound/speech_network.py).
    """

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        """Return round((stop - start) * rate) mono samples in -1..1; silence if none are known."""
        ...

    def levels(self, start: float, stop: float, count: int) -> NDArray[np.float32]:
        """Return the root mean square of the sound in `count` equal parts from start to stop."""
        ...

    def mouth(self, time: float) -> MouthPose | None:
        """Return the pose at `time`, or None if the voice gave no timings."""
        ...

    def speaking(self, start: float, stop: float) -> bool:
        """Return whether an utterance has samples between `start` and `stop`."""
        ...

    def clauses(self, start: float, stop: float) -> Sequence[ClauseSpan]:
        """Return the clauses that are said between `start` and `stop`; none without timings."""
        ...

    def anchor(self, time: float) -> float:
        """Return when the utterance heard at `time` began; `time` itself if there is none."""
        ...


class LipSyncSession(abc.ABC):
    """One face being animated. Shares no state with other sessions."""

    notices: tuple[str, ...] = ()
    """What the user should be told about the driving media and its face, one line each."""
    batch_size: int = 1
    """The number of pictures up to which render_batch() is faster than render() one by one."""
    in_any_order: bool = False
    """Whether sessions of one face make the same pictures of timed speech in whatever order, so
    that several may share the work, on a thread each."""
    mouth_moved: bool | None = None
    """Whether the last picture had a moving mouth and cost as much; None if that is not known."""

    @property
    def trouble(self) -> str:
        """Return what is not as the user asked for now, in one line; '' as by default if it is."""
        return ''

    @abc.abstractmethod
    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """
        Return the picture to be shown at `time`, based on driving frame `driving_index`.

        The result has the size of the driving media. It has to stay as it is: where nothing has
        changed it may be the very picture that was returned before.
        """

    def render_batch(self, times: Sequence[float], driving_indices: Sequence[int],
                     speech: SpeechView) -> list[Frame]:
        """Return the pictures for several times, the same that render() returns one by one."""
        return [self.render(time, index, speech)
                for time, index in zip(times, driving_indices, strict=True)]

    def between(self, blended: Frame, time: float, around: tuple[float, float],
                speech: SpeechView) -> Frame:
        """
        Return `blended` with drawn anew what a blend cannot show at `time`.

        It is the weighted mean of the last two pictures that render() returned, for the times
        `around`; it stays as it is, and is returned where nothing is wrong with it, as by default.
        A mouth between two others looks like a blend of them; a lid, or a head that turns, not.
        """
        return blended

    def express(self, expressions: ExpressionTimeline) -> bool:
        """
        Show the expressions and the gaze that `expressions` holds for a frame's time.

        False, as by default, where that cannot be done.
        """
        return False

    def close(self) -> None:
        """Release all resources; may be called twice."""
        return


class LipSyncEngine(abc.ABC):
    """Loads its models once, then opens any number of independent sessions."""

    name: ClassVar[str]
    Options: ClassVar[type[Any] | None] = None
    """What the user may set: a frozen dataclass whose fields are core.parameters.parameter(). The
    constructor then takes an instance of it."""
    look_ahead: ClassVar[float]
    """Seconds of speech after a frame's time that render() needs."""
    timed_look_ahead: ClassVar[float | None] = None
    """The same if the voice gives timings; None if that makes no difference."""

    def share(self, shared: SharedResources) -> None:
        """
        Have models in common with the other engines of the process; called before load(), or not.

        By default nothing is shared.
        """
        return

    def load(self) -> None:
        """Load the models; may take seconds; called once, before open(). Raises UserError."""
        return

    def quarter_turns(self, frame: Frame) -> int:
        """
        Return how many quarter turns clockwise bring the face in a driving frame upright.

        0 where it is, where there is none, and by default. Called once load() has been.
        """
        return 0

    @abc.abstractmethod
    def open(self, driving: DrivingMedia) -> LipSyncSession:  # noqa: A003
        """Prepare a face (detection and so on, cached where possible). Raises UserError."""

    def close(self) -> None:
        """Release the models; may be called twice."""
        return
