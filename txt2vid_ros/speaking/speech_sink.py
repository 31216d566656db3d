"""What goes into a speech scheduler, and where its speech goes."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.core.mouth import MouthTrack, Phoneme
from txt2vid_ros.speaking.cues import without_cues


@dataclasses.dataclass(frozen=True)
class SpeechRequest:
    """One text to be spoken as a whole by one speaker: an utterance."""

    id: str  # noqa: A003
    text: str
    speaker: str
    accepted: int
    """When the text came in, nanoseconds."""
    repeated: int = 0
    """Words at its beginning that were heard before it was held."""
    unsaid: str | None = None
    """What of it was not heard before it was held; None where it was not held."""
    locale: str = ''
    """BCP 47 tag of its language; '' for that of the speaker's voice."""

    @property
    def left(self) -> str:
        """Return what of it has not been heard before it is spoken."""
        return without_cues(self.text) if self.unsaid is None else self.unsaid


class SpeechSink(Protocol):
    """Where the speech goes. Times are nanoseconds on the scheduler's clock."""

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        """Take a chunk whose first sample is to be heard at `start`."""
        ...

    def mouth(self, utterance: str, track: MouthTrack) -> None:
        """Take the mouth shapes of the clause that follows, in seconds on the clock."""
        ...

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        """Take words of the utterance, in order, each with the time at which it is heard."""
        ...

    def expression(self, utterance: str, start: int, name: str) -> None:
        """Take what the face is to show from `start` on, by its name in core/expressions.py."""
        ...

    def left_out(self, utterance: str, described: str) -> None:
        """Learn what of the utterance cannot be said: "2 words in Chinese"."""
        ...

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        """Learn that nothing of the utterance is heard from `end` on; `unsaid` is left of it."""
        ...

    def held(self, utterance: str, end: int, continuation: str, repeated: int) -> None:
        """
        Learn that an utterance is silent from `end` on, and perhaps goes on as `continuation`.

        The first `repeated` words of that have been heard already.
        """
        ...

    def holding(self, holds: bool) -> None:
        """Learn whether speech is held: it goes on, or ends as interrupted."""
        ...


Articulate = Callable[[tuple[Phoneme, ...], NDArray[np.float32], int], MouthTrack]
"""Turns phonemes, and the samples (with their rate) in which they are heard, into mouth shapes."""


@dataclasses.dataclass
class SchedulerStatistics:
    """Counts of utterances since the start, for diagnostics."""

    utterances: int = 0
    refused: int = 0
    """Because the queue was full."""
    unspeakable: int = 0
    """Because there was nothing to pronounce."""
    unsaid_words: int = 0
    """Words left out of utterances: in a writing that the voice has no sounds for."""
    last_unsaid: str = ''
    """What was left out of the last utterance, by number and writing; '' where all was said."""
    interrupted: int = 0
    held: int = 0
    """How often speech was held, as somebody seemed to speak over it."""
    resumed: int = 0
    """How often it went on, as nobody did."""
    failed: int = 0
    """Because the voice failed."""
    last_failed: bool = False
    """Whether the voice failed on the last utterance."""
    text_to_voice: RollingPercentiles = dataclasses.field(
        default_factory=RollingPercentiles.of_sentences)
    """Seconds from accepting a text to having its first samples."""
