"""
Changes over between text and sound, so that each word goes one way.

Recognized utterances and captured sound both say when they began, so one moment that lies in a
pause of the speaker divides them: what began before goes the old way, to its end.
"""

from __future__ import annotations

import collections
from typing import Generic, NamedTuple, TypeVar

from txt2vid_ros.link.messages import NEVER
from txt2vid_ros.link.sound.ladder import TEXT

PAUSE = 1.5
"""Seconds of silence that surely end an utterance: a recognizer waits for 1.2 after words that
need others, by default."""
_BEFORE = 0.4
"""Seconds before its sound in which an utterance may be said to begin."""
_NO_SOUND, _BROKEN_OFF = 2.0, 10.0
"""Seconds without captured sound after which nobody is in the middle of a word; where it ended in
one, more sound may only be late."""
_KEPT = 64
"""Utterances that went as sound, moments of change and stretches of speech that are remembered."""

Utterance = TypeVar('Utterance')


class Unheard(NamedTuple, Generic[Utterance]):
    """An utterance whose rest is to go as text."""

    utterance: Utterance
    since: float
    """Until when it went as sound that is known to have arrived."""
    heard: float
    """Seconds of speech in it until then."""
    spoken: float
    """Seconds of speech in all of it."""


class _Said(NamedTuple, Generic[Utterance]):
    utterance: Utterance
    start: float
    end: float


class Changeover(Generic[Utterance]):
    """Times are those of capture, in seconds; nothing is sent here."""

    def __init__(self) -> None:
        """Begin with text."""
        self.mode = TEXT
        """The way that what is said now goes."""
        self._wanted = TEXT
        self._changes: collections.deque[tuple[float, str]] = collections.deque(maxlen=_KEPT)
        self._fallen = -NEVER
        """Since when what went as sound is not known to have arrived, at the last fall."""
        self._as_sound: collections.deque[_Said[Utterance]] = collections.deque(maxlen=_KEPT)
        self._loud: collections.deque[tuple[float, float]] = collections.deque(maxlen=_KEPT)
        """From when to when somebody spoke."""
        self._loud_until = -NEVER
        self._sound_until = self._wanted_at = -NEVER
        self._quiet_since: float | None = None

    def begin(self, mode: str) -> None:
        """Begin with TEXT or AUDIO, before anything is said."""
        self._wanted = mode
        if mode != self.mode:
            self._change(-NEVER)

    def want(self, mode: str, now: float) -> None:
        """Change over to TEXT or AUDIO, as soon as nobody is in the middle of a word."""
        self._wanted, self._wanted_at = mode, now

    def look(self, now: float) -> None:
        """Change over, if that waits, where no sound is captured any more."""
        if self._wanted == self.mode:
            return
        known = self._sound_until > -NEVER
        patience = _BROKEN_OFF if known and self._quiet_since is None else _NO_SOUND
        # Sound that was captured before may still be on its way here.
        if now - max(self._sound_until, self._wanted_at) > patience:
            self._change(self._sound_until if known else now)

    def sound(self, begin: float, end: float, loud: bool) -> None:
        """Note captured sound, and whether somebody speaks in it; perhaps change over."""
        if loud:
            goes_on = self._loud and begin <= self._loud[-1][1]
            self._loud.append((self._loud.pop()[0] if goes_on else begin, end))
            self._loud_until, self._quiet_since = end, None
        elif self._quiet_since is None or begin - self._sound_until > _NO_SOUND:
            self._quiet_since = begin
        self._sound_until = max(self._sound_until, end)
        quiet = self._quiet_since is not None and end - self._quiet_since >= PAUSE
        if self._wanted != self.mode and quiet:
            self._change(end - _BEFORE)

    def goes_as_text(self, start: float) -> bool:
        """Return whether what began at `start` goes as text."""
        mode = TEXT
        for at, changed in self._changes:
            if at <= start:
                mode = changed
        return mode == TEXT

    def utterance(self, utterance: Utterance, start: float, now: float
                  ) -> Unheard[Utterance] | None:
        """Take a recognized utterance; return what is to be sent of it, None where it is sound."""
        if self.goes_as_text(start):
            return Unheard(utterance, start, 0.0, 0.0)
        said = _Said(utterance, start, self._loud_until if self._loud_until > start else now)
        if said.end > self._fallen and start < self._fallen:
            # Its sound broke off in the middle.
            return self._unheard(said)
        self._as_sound.append(said)
        return None

    def fall(self, arrived: float | None, now: float) -> list[Unheard[Utterance]]:
        """
        Change over to text at once, because sound does not arrive any more.

        What was captured after `arrived` is not known to have arrived. Return the utterances
        that ended after that: their rest goes as text. That of one which the speaker is still in
        the middle of follows once it is recognized.
        """
        self._wanted = TEXT
        if self.mode == TEXT:
            return []
        began = self._changes[-1][0]
        self._fallen = began if arrived is None else min(max(arrived, began), now)
        self._change(self._fallen)
        lost = [self._unheard(said) for said in self._as_sound if said.end > self._fallen]
        self._as_sound.clear()
        return lost

    def _unheard(self, said: _Said[Utterance]) -> Unheard[Utterance]:
        since = max(said.start, self._fallen)
        return Unheard(said.utterance, since, self._speech(said.start, since),
                       self._speech(said.start, said.end))

    def _speech(self, begin: float, end: float) -> float:
        """Return the seconds of speech between two times."""
        return sum(max(0.0, min(until, end) - max(since, begin)) for since, until in self._loud)

    def _change(self, at: float) -> None:
        self.mode = self._wanted
        self._changes.append((at, self.mode))
