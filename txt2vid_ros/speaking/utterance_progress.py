"""What of an utterance has been heard by a time, and what it takes to say the rest."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.speaking.cues import without_cues
from txt2vid_ros.speaking.speech_sink import SpeechRequest

CLAUSE_ENDS = tuple('.!?,;:…—–。！？、，।۔؟')
"""What a word ends with after which speech may be taken up again."""
_CLOSING = '"”’»」』)]'
LAST_WORD = int(0.15 * SECOND)
"""Nanoseconds of an utterance that are not worth being said again."""


@dataclasses.dataclass(frozen=True)
class Rest:
    """What is left of an utterance that was silenced."""

    text: str
    """From the beginning of the clause in which it stopped; '' where all has been heard."""
    repeated: int
    """Words of `text` that had been heard."""
    unsaid: str
    """The words that had not been heard."""


class UtteranceProgress:
    """The words of one utterance and when each is heard, as far as they have been made."""

    def __init__(self, request: SpeechRequest) -> None:
        """Take what is to be said; nothing is known of it yet."""
        self.request = request
        self._words: list[tuple[int, str]] = []
        self._ends: dict[int, int] = {}
        """When a clause is over, nanoseconds, by the number of words before that."""
        self._untimed = ''
        self._later = request.text

    def clause(self, words: str, later: str) -> None:
        """Begin a clause of `words`, after which `later` is still to be said."""
        self._untimed, self._later = words, later

    def told(self, words: Sequence[tuple[int, str]], untimed: str) -> None:
        """Take words with the times at which they are heard; `untimed` follow in the clause."""
        self._words += words
        self._untimed = untimed

    def clause_over(self, end: int) -> None:
        """Learn when the sound of the clause ends, nanoseconds."""
        self._ends[len(self._words)] = end

    def rest(self, stamp: int) -> Rest:
        """Return what is left where it is silenced at `stamp`, nanoseconds."""
        heard = sum(time <= stamp for time, _ in self._words)
        begin = heard
        if heard and stamp < self._ends.get(heard, stamp + LAST_WORD + 1) - LAST_WORD:
            begin = heard - 1
            while begin and not _ends_clause(self._words[begin - 1][1]):
                begin -= 1
        if self.request.unsaid is not None and heard <= self.request.repeated:
            # It was held before, and has not come to where it was then.
            return Rest(self._from(begin), self.request.repeated - begin, self.request.unsaid)
        unsaid = without_cues(self._from(heard))
        return Rest(self._from(begin) if unsaid or begin < heard else '', heard - begin, unsaid)

    def _from(self, word: int) -> str:
        parts = [text for _, text in self._words[word:]]
        return ' '.join(filter(None, (*parts, self._untimed, self._later)))


def _ends_clause(word: str) -> bool:
    return word.rstrip(_CLOSING).endswith(CLAUSE_ENDS)
