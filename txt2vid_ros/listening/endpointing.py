"""Where speech begins, pauses and ends, from the probability of speech window by window."""

from __future__ import annotations

import collections
import dataclasses
import enum

from txt2vid_ros.listening.turn_taking import Completeness


@dataclasses.dataclass(frozen=True)
class EndpointingSettings:
    """When speech counts as begun and ended. Times in seconds."""

    threshold: float = 0.5
    """Probability from which on a window counts as speech."""
    start: float = 0.1
    """Speech that is needed before it counts as begun: a click is no word."""
    end_silence: float = 0.5
    """Silence after which the utterance is over, as far as its words do not tell."""
    end_silence_complete: float = 0.3
    """The same after words that are probably the last; `end_silence` where that is shorter."""
    end_silence_incomplete: float = 1.2
    """The same after words that need others; `end_silence` where that is longer."""
    longest: float = 20.0
    """From half of this on an utterance ends at its next clause; at this length it is cut where it
    is quietest."""
    padding: float = 0.25
    """Sound before the speech that is given to the recognizer with it."""
    clause_silence: float = 0.2
    """Silence at which an utterance may be cut into segments."""
    clause_length: float = 6.0
    """Length from which on a segment is cut off at the next such silence."""

    def silence_after(self, completeness: Completeness) -> float:
        """Return the silence that ends an utterance whose words are so complete."""
        if completeness is Completeness.COMPLETE:
            return min(self.end_silence, self.end_silence_complete)
        if completeness is Completeness.INCOMPLETE:
            return max(self.end_silence, self.end_silence_incomplete)
        return self.end_silence


class Event(enum.Enum):
    """What a window brought."""

    BEGIN = 'speech has begun, at `first`'
    PAUSE = 'speech may have ended, at `last`'
    RESUME = 'it had not'
    CLAUSE = 'a segment ends at `last`; the utterance goes on'
    END = 'the utterance ended at `last`'


@dataclasses.dataclass(frozen=True)
class Mark:
    """An event, and the window at which speech begins (inclusive) or ends (exclusive)."""

    event: Event
    window: int
    exact: bool = False
    """Whether the sound is to be cut just there, in the middle of speech."""


HYSTERESIS = 0.15
"""Speech that has begun goes on down to this much below the threshold (probability)."""
TAIL_SILENCE = 0.128
"""Seconds of silence that belong to the speech before them; after that its text is prepared."""


class Endpointer:
    """A state machine over windows of `step` seconds; its marks count windows from 0."""

    def __init__(self, settings: EndpointingSettings, step: float) -> None:
        """Take the settings and the length of a window in seconds."""
        self._settings = settings
        self._step = step
        self.tail = self._windows(TAIL_SILENCE)
        """Windows of silence that the recognizer is given after speech."""
        self._count = 0
        self._evidence = 0
        self._onset = 0
        self._last_voiced = 0
        self._begin = 0
        self._segment = 0
        self._paused = False
        self._end_silence = settings.end_silence
        self._recent: collections.deque[float] = collections.deque(
            maxlen=max(2, self._windows(settings.longest)))
        self.speaking = False

    def _windows(self, seconds: float) -> int:
        return max(1, round(seconds / self._step))

    def reset(self) -> None:
        """Start again; the count of windows goes on."""
        self.speaking = self._paused = False
        self._evidence = 0

    def wait(self, silence: float) -> None:
        """Let the utterance end after `silence` seconds of silence, if speech does not resume."""
        self._end_silence = silence

    def push(self, probability: float) -> list[Mark]:
        """Take the next window's probability of speech; return what it brought, in order."""
        at = self._count
        self._count += 1
        self._recent.append(probability)
        if not self.speaking:
            return self._listen(at, probability)
        return self._follow(at, probability)

    def end(self) -> list[Mark]:
        """Take the end of the sound; return what it brings."""
        if not self.speaking:
            return []
        self.reset()
        return [Mark(Event.END, self._last_voiced + 1)]

    def _listen(self, at: int, probability: float) -> list[Mark]:
        if probability >= self._settings.threshold:
            if self._evidence == 0:
                self._onset = at
            self._evidence += 1
        elif self._evidence > 0:
            self._evidence -= 1
        if self._evidence < self._windows(self._settings.start):
            return []
        self.speaking, self._evidence = True, 0
        self._paused = False
        self._end_silence = self._settings.end_silence
        self._begin = self._segment = self._onset
        self._last_voiced = at
        return [Mark(Event.BEGIN, self._onset)]

    def _follow(self, at: int, probability: float) -> list[Mark]:
        settings = self._settings
        if probability >= settings.threshold - HYSTERESIS:
            marks = [Mark(Event.RESUME, at)] if self._paused else []
            self._paused = False
            self._end_silence = settings.end_silence
            self._last_voiced = at
            if (at + 1 - self._begin >= self._windows(settings.longest)
                    and at + 1 - self._segment >= self._windows(settings.longest / 4)):
                marks += self._cut(at)
            return marks
        silence = at - self._last_voiced
        if silence >= self._windows(self._end_silence):
            self.reset()
            return [Mark(Event.END, self._last_voiced + 1)]
        if not self._paused and silence >= self.tail:
            self._paused = True
            return [Mark(Event.PAUSE, self._last_voiced + 1)]
        if (silence >= self._windows(settings.clause_silence)
                and self._last_voiced - self._segment >= self._windows(settings.clause_length)):
            if self._last_voiced - self._begin >= self._windows(settings.longest / 2):
                # To end it here does no harm; later it might have to be cut within a word.
                self.reset()
                return [Mark(Event.END, self._last_voiced + 1)]
            self._segment = self._last_voiced + 1
            return [Mark(Event.CLAUSE, self._last_voiced + 1)]
        return []

    def _cut(self, at: int) -> list[Mark]:
        """End an utterance that is too long where it is quietest; the rest begins a new one."""
        # Only the last half is searched, without what has only just been said.
        held = list(self._recent)
        first = max(len(held) // 2, len(held) - (at - self._segment))
        pairs = [(held[i] + held[i + 1], -i) for i in range(first, len(held) - 3)]
        quietest = -min(pairs)[1] if pairs else len(held) - 1
        window = at - (len(held) - 1 - quietest)
        self._begin = self._segment = window + 1
        return [Mark(Event.END, window + 1, True), Mark(Event.BEGIN, window + 1, True)]
