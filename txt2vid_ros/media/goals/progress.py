"""How far a goal is: what is known of its utterance from the topics of the voice."""

from __future__ import annotations

import dataclasses
import math

from txt2vid_ros.media.captions import CUT
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal

CAPTION_TIMEOUT = 0.5
"""Seconds that the caption of the last word may take after the last sample has been heard."""


@dataclasses.dataclass(eq=False)
class GoalProgress:
    """One goal until it ends. Stamps are nanoseconds; other times seconds, by any clock."""

    goal: SpeechGoal
    accepted: float
    """When it came in."""
    utterance: str = ''
    """The id that its text got when it went to the voice."""
    begun: int | None = None
    """When its first sample is heard."""
    last: int = 0
    """When its last chunk so far begins to be heard."""
    end: int | None = None
    """From when on nothing of it is heard."""
    sounding: str = ''
    """The id under which it was heard last: one that was held goes on under another."""
    held_at: int | None = None
    """When it was held; None while it is not."""
    text: str = ''
    """What has been heard, as far as it was told."""
    caption_ended: bool = False
    cut: bool = False
    """Whether its caption says that it was interrupted."""
    stopping: Outcome | None = None
    """How it will end once it is silent."""
    deadline: float = math.inf
    """When it counts as silent, or as told, without a sign of it."""

    def sound(self, utterance: str, start: int) -> None:
        """Take the id and the stamp of a chunk."""
        if self.begun is None or (self.held_at is not None and self.begun > self.held_at):
            self.begun = start
        self.sounding, self.last, self.held_at = utterance, start, None

    def ended(self, utterance: str, end: int, *, held: bool) -> None:
        """Learn that it is silent from `end` on; where speech is held, perhaps only for now."""
        self.end = end
        if held and utterance == self.sounding:
            self._stay(end)

    def held(self) -> None:
        """Learn that speech is held; the end that was told before may be due to that."""
        if self.end is not None and not self.caption_ended and self.end < self.last:
            self._stay(self.end)

    def _stay(self, held_at: int) -> None:
        """Go on although nothing is heard."""
        self.held_at, self.end = held_at, None
        self.deadline = self.deadline if self.stopping else math.inf

    def caption(self, text: str, *, final: bool) -> tuple[str, float] | None:
        """Take what has been heard so far; return the words that are new, and the share of all."""
        if final:
            self.caption_ended = True
            self.cut = text.removeprefix(self.text).startswith(CUT)
            return None
        if not text.startswith(self.text) or len(text) == len(self.text):
            return None
        words, self.text = text[len(self.text):].strip(), text
        letters = sum(map(len, text.split()))
        return words, min(1.0, letters / max(1, self.goal.letters))

    def outcome(self, stamp: int, now: float) -> Outcome | None:
        """Return how it has ended by now, or None."""
        silent = self.end is not None and self.end <= stamp
        if self.stopping is not None:
            return self.stopping if silent or not self.utterance or now >= self.deadline else None
        if not silent or self.end is None:
            return None
        if self.begun is None:
            return Outcome.UNSPOKEN
        if math.isinf(self.deadline):
            self.deadline = now + CAPTION_TIMEOUT
        if not self.caption_ended and now < self.deadline:
            return None
        return Outcome.INTERRUPTED if self.cut or self.end < self.last else Outcome.HEARD
