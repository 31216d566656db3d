"""
Decides whether somebody who makes a sound while the face speaks interrupts it.

Silence cannot wait until that is certain. So the voice is held at the first sign of speech, before
`after`; it goes on where that was a cough, and is dropped once words have been recognized.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import difflib
import enum
import threading

from txt2vid_ros.listening.endpointing import HYSTERESIS
from txt2vid_ros.listening.fillers import has_words

SHORT_SILENCE = 0.3
"""Seconds of silence after which speech that was shorter than `after` was none."""
SHORT_SPEECH = 0.6
"""Seconds of speech up to which only its final text decides: of a "hm" recognizers make words, but
each time others."""
AGREEMENT = 0.5
"""Share of the letters that it has to have in common with each text before it."""
UNDECIDED = 4.0
"""Seconds of silence after which speech of which no recognizer has said anything was none."""


class Decision(enum.Enum):
    """What the voice is to do; the value is the message on the topic barge_in."""

    HOLD = 'hold'
    RESUME = 'resume'
    DROP = 'drop'


@dataclasses.dataclass(frozen=True)
class BargeInSettings:
    """When speech over the voice interrupts it. Times in seconds."""

    threshold: float = 0.5
    """Probability from which on a window counts as speech."""
    hold: float = 0.1
    """Speech after which the voice is held."""
    after: float = 0.25
    """Speech after which it stays silent until it is known whether that was words."""


@dataclasses.dataclass
class BargeInStatistics:
    """Counts since the start, for diagnostics."""

    interruptions: int = 0
    false_starts: int = 0


class BargeIn:
    """
    A state machine over windows of captured sound, and over what is recognized in them.

    Windows and texts may come from different threads. `decide` is called with the lock held, so
    that decisions go out in their order.
    """

    def __init__(self, settings: BargeInSettings, step: float,
                 decide: Callable[[Decision], None]) -> None:
        """Take windows of `step` seconds. `settings` may be replaced at any time."""
        self.settings = settings
        self.statistics = BargeInStatistics()
        self._step = step
        self._decide = decide
        self._evidence = 0
        self._sounding = 0
        """Windows of speech since there was any evidence of it."""
        self._voiced = 0
        """Windows of speech since the voice was held, and those before that made it so."""
        self._silence = 0
        self._held = False
        self._open = False
        """Whether what is being recognized has held the voice."""
        self._guesses: list[str] = []
        """What has been recognized of it, as long as it is short."""
        self._spent = False
        """Whether it has been interrupted, and no other voice has begun since."""
        self._lock = threading.Lock()

    @property
    def held(self) -> bool:
        """Return whether the voice is held."""
        return self._held

    def window(self, probability: float, *, over_voice: bool) -> None:
        """Take the next window: how likely it is speech, and whether the face is heard then."""
        with self._lock:
            settings = self.settings
            speech = probability >= settings.threshold - (HYSTERESIS if self._held else 0.0)
            # No more than it takes: who has just said something long is not speaking any more.
            enough = self._windows(settings.hold)
            self._sounding = speech + (self._sounding if self._evidence else 0)
            self._evidence = (min(self._evidence + 1, enough) if speech
                              else max(0, self._evidence - 1))
            self._spent = self._spent and over_voice
            if self._held:
                self._follow(speech)
            elif over_voice and not self._spent and self._evidence >= enough:
                self._held = self._open = True
                self._guesses.clear()
                self._voiced, self._silence = self._sounding, 0
                self._decide(Decision.HOLD)

    def text(self, text: str, *, final: bool) -> bool:
        """
        Take what was recognized, so far or at last.

        Return whether that may be passed on: a "hm" over the voice asks for no answer, nor does
        what a recognizer makes of a cough.
        """
        with self._lock:
            if not self._open:
                return True
            long = self._voiced > self._windows(SHORT_SPEECH)
            if not long and not final and text:
                self._guesses.append(text)
            elif has_words(text) and not self._short and (long or self._certain(text)):
                self._held = self._open = False
                self._spent = True
                self._evidence = 0
                self.statistics.interruptions += 1
                self._decide(Decision.DROP)
            return not self._open

    def over(self) -> None:
        """Learn that an utterance is over, and nothing more comes of it."""
        with self._lock:
            self._open = False
            self._go_on()

    def _certain(self, text: str) -> bool:
        """Return whether all that was recognized before was much the same."""
        return all(difflib.SequenceMatcher(None, _letters(guess), _letters(text)).ratio()
                   >= AGREEMENT for guess in self._guesses)

    @property
    def _short(self) -> bool:
        return self._voiced < self._windows(self.settings.after)

    def _windows(self, seconds: float) -> int:
        return max(1, round(seconds / self._step))

    def _follow(self, speech: bool) -> None:
        self._voiced += speech
        self._silence = 0 if speech else self._silence + 1
        if self._silence >= self._windows(SHORT_SILENCE if self._short else UNDECIDED):
            self._go_on()

    def _go_on(self) -> None:
        if self._held:
            self._held, self._evidence = False, 0
            self.statistics.false_starts += 1
            self._decide(Decision.RESUME)


def _letters(text: str) -> str:
    return ''.join(letter for letter in text.lower() if letter.isalnum())
