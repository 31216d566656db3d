"""
Synthesizes a text: chunk after chunk, with the pauses between the clauses.

A bug of a voice costs a word, not the text: the clause that it fails on is said in parts, and the
word that it cannot say is spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import logging

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.locales import nearest
from txt2vid_ros.speaking.clauses import speakable, split_clauses
from txt2vid_ros.speaking.cues import Cue, cues_in
from txt2vid_ros.speaking.normalization.front_end import normalize, SpokenText
from txt2vid_ros.speaking.ssml import is_ssml
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech
from txt2vid_ros.speaking.word_times import words_of

log = logging.getLogger(__name__)

SENTENCE_PAUSE = 0.28
"""Seconds of silence after a clause that ends a sentence."""
CLAUSE_PAUSE = 0.12
"""Seconds of silence after any other clause."""
_SENTENCE_ENDS = (*'.!?…"”)。！？।॥۔؟', *(f'{end}{mark}' for end in '。！？' for mark in '」』'))


@dataclasses.dataclass(frozen=True)
class SpokenChunk:
    """A chunk of a text's speech."""

    pause: float
    """Seconds of silence before it."""
    chunk: SpeechChunk
    clause: str
    """The words whose speech begins with it; '' where it continues that of the chunk before."""
    later: str = ''
    """The clauses that follow."""
    cues: tuple[Cue, ...] = ()
    """Those in the words of `clause`, by how many of these come before."""


def _ignore(words: str) -> None:
    """Take no notice of what is not said."""


def synthesize_text(text: str, voice: TextToSpeech, cancelled: Callable[[], bool],
                    unsaid: Callable[[str], None] = _ignore, *, named_emoji: bool = False,
                    locale: str = '') -> Iterator[SpokenChunk]:
    """
    Yield the speech of `text`, with pauses between its clauses.

    An SSML text is one clause for a voice that takes SSML: its parts would not be well-formed.
    `unsaid` gets the words that are left out, as the voice's languages have no sounds for them or
    the voice makes none of them. Yields nothing where nothing can be said. Emoji are left out, or
    said by their names. `locale` is the language of the text, for a voice that speaks several.
    Cues (speaking/cues.py) come with the clause in which they stand.
    """
    able = voice.capabilities
    language = nearest(able.languages, locale)

    def front_end(written: str) -> SpokenText:
        return normalize(written, (language,) if language else able.languages, ssml=able.ssml,
                         named_emoji=named_emoji, locale=locale if language else '')

    # A word more or less where figures or abbreviations stand beside a cue shows nowhere.
    text, cues = cues_in(text, lambda part: len(words_of(front_end(part).text)))
    spoken = front_end(text)
    for word in spoken.left_out:
        unsaid(word)
    pause = 0.0
    clauses = [spoken.text] if is_ssml(spoken.text) else list(split_clauses(spoken.text))
    shared = _by_clause(cues, clauses)
    for number, clause in enumerate(clauses, 1):
        said = False
        for begun, chunk in _said_in_parts(clause, voice, cancelled, unsaid):
            if cancelled():
                return
            yield SpokenChunk(pause, chunk, begun, ' '.join(clauses[number:]) if begun else '',
                              shared.pop(number - 1, ()) if begun else ())
            pause = 0.0
            said = said or len(chunk.samples) > 0
        if cancelled():
            return
        if not said and speakable(clause):
            unsaid(clause)
        pause = pause_after(clause)


def _by_clause(cues: tuple[Cue, ...], clauses: list[str]) -> dict[int, tuple[Cue, ...]]:
    """Return the cues of each clause, by its number; those at the end are the last one's."""
    found: dict[int, list[Cue]] = {}
    number, begin = 0, 0
    lengths = [len(words_of(clause)) for clause in clauses] if cues else []
    for cue in cues:
        while number < len(lengths) - 1 and cue.word >= begin + lengths[number]:
            begin += lengths[number]
            number += 1
        found.setdefault(number, []).append(Cue(max(0, cue.word - begin), cue.expression))
    return {number: tuple(each) for number, each in found.items()}


def pause_after(clause: str) -> float:
    """Return the seconds of silence between a clause and what is said next."""
    return SENTENCE_PAUSE if clause.endswith(_SENTENCE_ENDS) else CLAUSE_PAUSE


def _said_in_parts(clause: str, voice: TextToSpeech, cancelled: Callable[[], bool],
                   unsaid: Callable[[str], None]) -> Iterator[tuple[str, SpeechChunk]]:
    """
    Yield the clause's speech; where the voice has a bug, that of its halves, down to a word.

    With the first chunk of the clause, or of a part of it, come its words.
    """
    begun = False
    try:
        for chunk in voice.synthesize(clause, cancelled):
            yield '' if begun else clause, chunk
            begun = True
        return
    except (ProviderError, UserError):
        raise
    except Exception:
        # A voice is code of its own, and this may be due to one word.
        if is_ssml(clause) or begun:
            log.exception('the voice failed on a clause of %d characters', len(clause))
            unsaid(clause)
            return
    words = clause.split()
    if len(words) > 1:
        for half in (words[:len(words) // 2], words[len(words) // 2:]):
            yield from _said_in_parts(' '.join(half), voice, cancelled, unsaid)
        return
    spelled = ' '.join(char for char in clause if char.isalnum())
    if spelled == clause or not spelled:
        log.error('the voice fails on a word of %d characters; it is left out', len(clause))
        unsaid(clause)
        return
    log.warning('the voice fails on a word of %d characters; it is spelled', len(clause))
    yield from _said_in_parts(spelled, voice, cancelled, unsaid)
