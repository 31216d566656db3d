"""When each word of a clause is heard, as far as its sound tells."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from txt2vid_ros.core.locales import nearest
from txt2vid_ros.speaking.clauses import speakable
from txt2vid_ros.speaking.cues import Cue
from txt2vid_ros.speaking.ssml import is_ssml, plain_text
from txt2vid_ros.speaking.voice import SpeechChunk, VoiceCapabilities

_QUESTION_MARKS = ('?', '？', '؟')
_CLOSING = ' "”’»」』)]\''
LETTER_SECONDS = 0.065
"""Seconds a letter takes, where a streaming voice tells nothing: about 170 words a minute."""


@dataclasses.dataclass(frozen=True)
class TimedWord:
    """A word as it is spoken, with its punctuation, and when it begins."""

    text: str
    start: float
    """Seconds from the first sample of the chunk that it was learned with; may be negative."""
    expressions: tuple[str, ...] = ()
    """What the face is to show from it on."""


class ClauseWords:
    """
    Times the words of one clause chunk by chunk, so that a caption need not wait for all.

    Exact where the voice marks as many beginnings of words as there are words; else by letters
    over the sound of the clause, and by a usual pace where more of it is still to come.
    """

    def __init__(self, clause: str, voice: VoiceCapabilities, locale: str = '',
                 cues: Iterable[Cue] = ()) -> None:
        """
        Take the clause, what the voice that speaks it can do, and which language it is in.

        `cues` count the words of the clause.
        """
        self.locale = nearest(voice.languages, locale) or next(iter(voice.languages), '')
        """BCP 47 tag of the language."""
        words = plain_text(clause) if is_ssml(clause) else clause
        self._left = words_of(words)
        self.asked = is_question(words)
        """Whether it is a question."""
        self._taken = 0
        self._cues: dict[int, list[str]] = {}
        for cue in cues:
            place = min(cue.word, len(self._left) - 1)
            self._cues.setdefault(place, []).append(cue.expression)
        self._rate = voice.sample_rate
        self._streaming = voice.streaming
        self._timed = voice.streaming and voice.timings
        self._due = 0.0
        """When the next word begins at the usual pace, seconds from the next chunk."""

    @property
    def left(self) -> str:
        """Return the words that no chunk has told of yet."""
        return ' '.join(self._left)

    def chunk(self, chunk: SpeechChunk) -> list[TimedWord]:
        """Return the words that begin in a chunk."""
        if chunk.words is not None:
            return self._take(list(chunk.words))
        length = len(chunk.samples) / self._rate
        sounds = chunk.phonemes or ()
        marks = [sound.start for sound in sounds if sound.begins_word]
        # Of a chunk that is not the last the marks are those of the words that are in it.
        if len(marks) == len(self._left) or (
                self._timed and not chunk.last and 0 < len(marks) < len(self._left)):
            return self._take(marks)
        if not self._streaming or chunk.last:
            begin = sounds[0].start if sounds else 0.0
            return self._spread(begin, length)
        starts: list[float] = []
        for word in self._left:
            if self._due >= length:
                break
            starts.append(self._due)
            self._due += len(word) * LETTER_SECONDS
        self._due -= length
        return self._take(starts)

    def rest(self) -> list[TimedWord]:
        """Return the words that no chunk told of, at the end of the clause."""
        return self._take([0.0] * len(self._left))

    def _spread(self, begin: float, end: float) -> list[TimedWord]:
        letters = sum(map(len, self._left))
        starts, seen = [], 0
        for word in self._left:
            starts.append(begin + (end - begin) * seen / letters)
            seen += len(word)
        return self._take(starts)

    def _take(self, starts: list[float]) -> list[TimedWord]:
        taken = self._left[:len(starts)]
        self._left = self._left[len(starts):]
        first, self._taken = self._taken, self._taken + len(taken)
        return [TimedWord(word, start, tuple(self._cues.get(at, ())))
                for at, (word, start) in enumerate(zip(taken, starts, strict=False), first)]


def is_question(clause: str) -> bool:
    """Return whether a clause ends with a question mark."""
    return clause.rstrip(_CLOSING).endswith(_QUESTION_MARKS)


def words_of(clause: str) -> list[str]:
    """Return the words, each with the marks after it; marks before the first are part of it."""
    words: list[str] = []
    held = ''
    for word in clause.split():
        if speakable(word):
            words.append(f'{held} {word}'.strip())
            held = ''
        elif words:
            words[-1] += f' {word}'
        else:
            held = f'{held} {word}'.strip()
    return words
