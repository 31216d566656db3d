"""A request to say something, and the ways in which it can end."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum

NORMAL_PRIORITY = 128
"""Of a request that states none; from 0 to 255, the higher goes first."""


class Outcome(enum.Enum):
    """How a goal ended. The value tells it to who asked; empty where there is nothing to tell."""

    HEARD = ''
    CANCELLED = 'it was cancelled'
    REPLACED = 'a goal of the same or a higher priority took its place'
    INTERRUPTED = 'the voice was interrupted'
    UNSPOKEN = ('nothing of it was spoken: it cannot be pronounced, was interrupted while it '
                'waited, or the voice failed; see what the tts node says')
    FULL = 'too many texts wait already'
    LOST = 'no voice answers: the tts node is not there, or was started again'
    CLOSED = 'the node that took it was deactivated'
    EMPTY = 'there is no text in it'
    UNSUPPORTED = 'no voice can say it'


@dataclasses.dataclass(frozen=True)
class SpeechOrder:
    """What a client asks for, as it is written."""

    text: str
    voice: str = ''
    """A speaker id of people.yaml, or the name of a speaker's voice; '' for any."""
    locale: str = ''
    """The language, as en_GB or en-GB; '' for that of the voice."""
    priority: int = NORMAL_PRIORITY


def _not_told(word: str, share: float) -> None:
    """Ignore what is being heard."""


@dataclasses.dataclass(frozen=True, eq=False)
class SpeechGoal:
    """A text to be spoken, and who follows it. The functions may be called on any thread."""

    text: str
    speaker: str
    locale: str
    priority: int
    letters: int
    """How many letters the words have that will be heard, spaces left out."""
    finished: Callable[[Outcome], None]
    """Called once."""
    heard: Callable[[str, float], None] = _not_told
    """Gets words while they are heard, and the share of the text that has been heard, 0 to 1."""
    queued: bool = False
    """Whether it waits its turn: it takes nobody's place, and nobody takes its."""
