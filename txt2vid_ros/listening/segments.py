"""The sound of utterances in segments: every window of speech belongs to exactly one of them."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.locales import joined
from txt2vid_ros.listening.endpointing import Endpointer, Event, Mark


@dataclasses.dataclass(frozen=True)
class Window:
    """
    A window of sound: its number, when its first sample was captured, how likely it is speech.

    `stamp` is in nanoseconds, `samples` are mono in -1..1.
    """

    number: int
    stamp: int
    probability: float
    samples: NDArray[np.float32]


@dataclasses.dataclass
class UtteranceText:
    """What is known of an utterance: the texts of its segments, in order."""

    stamp: int
    """When its first word began, nanoseconds."""
    texts: list[str] = dataclasses.field(default_factory=list)
    confidences: list[float] = dataclasses.field(default_factory=list)
    locales: list[str] = dataclasses.field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the text so far."""
        return joined(self.texts, self.locale)

    @property
    def locale(self) -> str:
        """Return the language of the longest text; '' where no recognizer told."""
        return max(zip(map(len, self.texts), self.locales, strict=True), default=(0, ''))[1]

    def text_with(self, text: str, locale: str = '') -> str:
        """Return the text so far, and that of the next segment."""
        return joined((self.text, text), self.locale or locale)

    @property
    def confidence(self) -> float:
        """Return the mean of the segments' confidences, 0 where there are none."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0


@dataclasses.dataclass(eq=False)
class SpeechSegment:
    """Consecutive windows of one utterance, up to a pause."""

    utterance: UtteranceText
    stamp: int
    """When its first word began, nanoseconds; 0 until there is one."""
    windows: list[Window] = dataclasses.field(default_factory=list)
    paused: bool = False
    """Whether the speech has stopped for now; what follows is withheld until it goes on."""
    closed: bool = False
    last: bool = False
    """Whether the utterance ends with it."""
    closed_at: float = 0.0
    """time.monotonic() of that moment."""

    def certainty(self, threshold: float) -> float:
        """Return the mean probability of speech over the windows that are speech."""
        voiced = [window.probability for window in self.windows
                  if window.probability >= threshold]
        return sum(voiced) / len(voiced) if voiced else 0.0


class SpeechSegmenter:
    """Groups windows into segments at the marks of an endpointer."""

    def __init__(self, endpointer: Endpointer, padding: int, longest: int) -> None:
        """Segments have `padding` windows before their first word and `longest` at most."""
        self._endpointer = endpointer
        self._padding = padding
        # How far the beginning of a segment can reach back, also in the middle of long speech.
        self._recent: collections.deque[Window] = collections.deque(maxlen=padding + longest)
        self._free = 0
        self.open: SpeechSegment | None = None
        """The segment that is being spoken."""

    def push(self, window: Window) -> Iterator[SpeechSegment]:
        """Take the next window; yield the segments that it closes."""
        self._recent.append(window)
        marks = self._endpointer.push(window.probability)
        if self.open is not None and not self.open.paused:
            self.open.windows.append(window)
        for mark in marks:
            yield from self._apply(mark, window)

    def end(self) -> Iterator[SpeechSegment]:
        """End what is being spoken: the sound that comes next does not follow it."""
        for mark in self._endpointer.end():
            yield from self._close(mark, last=True)
        self._recent.clear()

    def _apply(self, mark: Mark, window: Window) -> Iterator[SpeechSegment]:
        if mark.event is Event.BEGIN:
            self._begin(mark)
        elif mark.event is Event.PAUSE and self.open is not None:
            self.open.paused = True
        elif mark.event is Event.RESUME and self.open is not None:
            self._resume(self.open, window)
        elif mark.event is Event.CLAUSE:
            closed = list(self._close(mark, last=False))
            yield from closed
            if closed:
                self.open = SpeechSegment(closed[0].utterance, 0, paused=True)
        elif mark.event is Event.END:
            yield from self._close(mark, last=True)

    def _begin(self, mark: Mark) -> None:
        reach = 0 if mark.exact else self._padding
        windows = self._since(max(mark.window - reach, self._free))
        onset = next((each for each in windows if each.number >= mark.window), windows[-1])
        self.open = SpeechSegment(UtteranceText(onset.stamp), onset.stamp, windows)

    def _resume(self, segment: SpeechSegment, window: Window) -> None:
        segment.paused = False
        if segment.windows:
            segment.windows += self._since(segment.windows[-1].number + 1)
        else:
            segment.windows += self._since(max(window.number - self._padding, self._free))
            segment.stamp = window.stamp

    def _close(self, mark: Mark, last: bool) -> Iterator[SpeechSegment]:
        segment, self.open = self.open, None
        if segment is None:
            return
        end = mark.window if mark.exact else mark.window + self._endpointer.tail
        self._free = max(self._free, min(end, self._recent[-1].number + 1))
        segment.windows = [window for window in segment.windows if window.number < end]
        segment.closed, segment.last = True, last
        yield segment

    def _since(self, number: int) -> list[Window]:
        return [window for window in self._recent if window.number >= number]


def samples_of(windows: Iterable[Window]) -> NDArray[np.float32]:
    """Return the sound of windows, end to end."""
    sounds = [window.samples for window in windows]
    return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)
