"""
Whether a turn is over, predicted from its words so far.

Syntactic completeness is the strongest cue to the end of a turn that words carry: G. Skantze,
"Turn-taking in Conversational Systems and Human-Robot Interaction: A Review", Computer Speech &
Language 67, 2021. How likely a sentence ends after its last words is estimated by a language model
where there is one, as in E. Ekstedt and G. Skantze, "TurnGPT", EMNLP Findings 2020. The full stop
of a recognizer counts for little: it writes one at most pauses in mid-sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import enum
import re

from txt2vid_ros.core.locales import language_of, spoken_locales
from txt2vid_ros.listening.turn_words import TURN_WORDS, TurnWords


class Completeness(enum.Enum):
    """How complete a turn is."""

    COMPLETE = 'it is probably over'
    UNDECIDED = 'the words do not tell'
    INCOMPLETE = 'it cannot be over'


EndLikelihood = Callable[[Sequence[str]], float | None]
"""From words of a sentence, in lower case, the probability that it ends after the last of them;
None where the model does not know that word."""

RARELY_ENDS = 0.04
"""Probability below which a sentence does not end there. Of 4,236 sentences of conversations 3 %
end at a lower one, while half of their other words have one."""
MAY_END = 0.1
"""Probability from which on a word that needs another may end a sentence after all, as in "turn
it on"."""
OFTEN_ENDS = 0.25
"""Probability from which on a sentence is over, if its recognizer wrote a full stop too."""
SURELY_ENDS = 0.5
"""Probability from which on it is over without that."""
DICTATED_ITEMS = 3
"""Numbers or letters in a row from which on they are dictated."""
WHOLE_NUMBER = 7
"""Digits from which on a dictated number may be whole."""
LONGEST_CONDITION = 7
"""Words up to which a sentence that begins with a condition has no second clause yet."""
_TOKENS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?|\d+")
_SENTENCES = re.compile(r'(?<=[.?!])\s+')
_OPEN_MARKS = re.compile(r'(?:[,;:…-]|\.\.\.|[–—])\s*$')
_END_MARKS = re.compile(r'[.?!]["’”]?\s*$')


@dataclasses.dataclass(frozen=True)
class _Turn:
    """The words of a turn, in lower case, and those of its last sentence."""

    text: str
    words: Sequence[str]
    sentence: Sequence[str]
    likelihood: float | None
    """That the sentence ends here; None where that is not known."""

    @property
    def last(self) -> str:
        return self.sentence[-1]

    def ends_with(self, phrases: frozenset[str]) -> bool:
        return any(' '.join(self.sentence[-count:]) in phrases for count in (2, 3, 4)
                   if count <= len(self.sentence))

    def may_end(self) -> bool:
        return self.likelihood is not None and self.likelihood >= MAY_END


_Rule = Callable[[_Turn, TurnWords], bool]


def _is_answer(turn: _Turn, words: TurnWords) -> bool:
    return ' '.join(turn.sentence) in words.answers


def _has_open_mark(turn: _Turn, _: TurnWords) -> bool:
    return _OPEN_MARKS.search(turn.text) is not None


def _hesitates(turn: _Turn, words: TurnWords) -> bool:
    return turn.last in words.fillers


def _is_dictated(turn: _Turn, words: TurnWords) -> bool:
    """Return whether a number, or a code that is being spelled, has only begun."""
    items, digits, at = 0, 0, len(turn.words)
    while at and (size := _dictated_size(turn.words[at - 1], words)):
        at -= 1
        # A ten and the digit after it are one number.
        if not (items and turn.words[at] in words.tens and turn.words[at + 1] in words.digits):
            items += 1
        digits += size
    announced = items > 0 and bool(words.number_cues.intersection(turn.words[max(0, at - 2):at]))
    return (items >= DICTATED_ITEMS or announced) and digits < WHOLE_NUMBER


def _dictated_size(word: str, words: TurnWords) -> int:
    """Return how many digits or letters a word stands for; 0 where it is another word."""
    if word.isdigit():
        return len(word)
    return int(len(word) == 1 or word in words.digits or word in words.tens)


def _needs_more(turn: _Turn, words: TurnWords) -> bool:
    if turn.last in words.prepositions and '?' in turn.text:
        # "What are you looking for?"
        return False
    return (turn.last in words.openers or turn.last in words.prepositions
            or turn.ends_with(words.phrases)) and not turn.may_end()


def _lacks_main_clause(turn: _Turn, words: TurnWords) -> bool:
    return (turn.sentence[0] in words.conditions and len(turn.sentence) <= LONGEST_CONDITION
            and not {',', '?'}.intersection(turn.text))


def _rarely_ends(turn: _Turn, _: TurnWords) -> bool:
    return turn.likelihood is not None and turn.likelihood < RARELY_ENDS


def _often_ends(turn: _Turn, _: TurnWords) -> bool:
    needed = OFTEN_ENDS if _END_MARKS.search(turn.text) else SURELY_ENDS
    return turn.likelihood is not None and turn.likelihood >= needed


_RULES: tuple[tuple[_Rule, Completeness], ...] = (
    (_is_answer, Completeness.COMPLETE),
    (_has_open_mark, Completeness.INCOMPLETE),
    (_hesitates, Completeness.INCOMPLETE),
    (_is_dictated, Completeness.INCOMPLETE),
    (_needs_more, Completeness.INCOMPLETE),
    (_lacks_main_clause, Completeness.INCOMPLETE),
    (_rarely_ends, Completeness.INCOMPLETE),
    (_often_ends, Completeness.COMPLETE))
"""In order: the first that applies decides."""


class TurnPredictor:
    """Says of a turn's words how complete it is."""

    def __init__(self, locale: str, likelihood: EndLikelihood | None = None) -> None:
        """
        Take the language that is spoken, and what knows how likely English sentences end where.

        `locale` is as spoken_locales() reads it.
        """
        self._usual = [language_of(each) for each in spoken_locales(locale)]
        self._likelihood = likelihood

    @property
    def knows_language(self) -> bool:
        """Return whether there are words for a language; else every turn is undecided."""
        return not self._usual or not TURN_WORDS.keys().isdisjoint(self._usual)

    def completeness(self, text: str, locale: str = '') -> Completeness:
        """
        Return how complete a turn is whose words so far are `text`.

        `locale` is the language of these; '' for the usual one.
        """
        words = tokens(text)
        language = language_of(locale) or next(iter(self._usual), '')
        known = TURN_WORDS.get(language)
        if known is None or not words:
            return Completeness.UNDECIDED
        last = _SENTENCES.split(text.strip())[-1]
        sentence = tokens(last) or words
        turn = _Turn(last, words, sentence,
                     self._likelihood(sentence)
                     if self._likelihood is not None and language == 'en' else None)
        return next((found for rule, found in _RULES if rule(turn, known)),
                    Completeness.UNDECIDED)


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text, in lower case."""
    return [word.lower().replace('’', "'") for word in _TOKENS.findall(text)]
