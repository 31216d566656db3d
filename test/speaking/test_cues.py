"""Cues in brackets are shown by the face from their word on, and are neither said nor read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.render import from_text
from txt2vid_ros.speaking.cues import cues_in, without_cues
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.utterance_progress import UtteranceProgress
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities
from txt2vid_ros.speaking.word_times import words_of

RATE = 1000


class WordVoice(TextToSpeech):
    """Takes a second for each word."""

    name = 'words'
    capabilities = VoiceCapabilities(RATE, timings=True)

    def __init__(self) -> None:
        self.said: list[str] = []

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        self.said.append(clause)
        words = clause.split()
        yield SpeechChunk(np.zeros(RATE * len(words), np.float32), tuple(
            Phoneme('a', at, 1.0, begins_word=True) for at in range(len(words))))


@pytest.mark.parametrize(('text', 'left', 'cues'), [
    ('[smile] Hello there.', 'Hello there.', [(0, 'happy')]),
    ('Hello [Sad] you', 'Hello you', [(1, 'sad')]),
    ('Hi[smile]!', 'Hi!', [(1, 'happy')]),
    ('Wait [thinking] , then. [neutral]', 'Wait, then.', [(1, 'thinking'), (2, 'neutral')]),
    ('[angry] [sad] No.', 'No.', [(0, 'angry'), (0, 'sad')]),
    ('[smile]', '', [(0, 'happy')]),
    ('[sic] as in [1], [laughter] a[0] [ happy [sad', '[sic] as in [1], [laughter] a[0] '
     '[ happy [sad', []),
    ('[happy](https://a.b/c) [happy][1] ![sad] \\[sad]', '[happy](https://a.b/c) [happy][1] '
     '![sad] \\[sad]', []),
    ('[happy]: https://a.b/c', '[happy]: https://a.b/c', []),
])
def test_known_names_in_brackets_are_cues_and_all_else_stays_text(
        text: str, left: str, cues: list[tuple[int, str]]) -> None:
    found, shown = cues_in(text, lambda part: len(words_of(part)))
    assert found == without_cues(text) == left
    assert [(cue.word, cue.expression) for cue in shown] == cues


@pytest.mark.parametrize(('text', 'said', 'shown'), [
    ('[smile] Good day. How [thinking] are you? [sad]', ['Good day.', 'How are you?'],
     [(0, 'happy'), (3, 'thinking'), (4, 'sad')]),
    # Figures become words, which are counted.
    ('It costs $25 [surprised] a day.', ['It costs twenty five dollars a day.'],
     [(5, 'surprised')]),
    ('Good day. [smile] How are you?', ['Good day.', 'How are you?'], [(2, 'happy')]),
])
def test_a_cue_comes_with_the_word_behind_it(
        text: str, said: list[str], shown: list[tuple[int, str]]) -> None:
    voice = WordVoice()
    begun, found = 0.0, []
    for part in from_text(text, voice):
        found += [(round(begun + after), name) for after, name in part.expressions]
        begun += len(part.chunk.samples) / RATE
    assert voice.said == said
    assert found == shown


def test_a_clause_with_a_question_mark_is_asked() -> None:
    parts = from_text('So. "Is it?" It is! 真的吗？', WordVoice())
    assert [part.asked for part in parts][:3] == [False, True, False]


def test_what_was_not_said_of_an_utterance_has_no_cues_in_it() -> None:
    request = SpeechRequest('a#1', '[smile] Hello [sad] there.', 'a', 0)
    assert request.left == 'Hello there.'
    rest = UtteranceProgress(request).rest(0)
    assert rest.unsaid == 'Hello there.'
    # If it is only held, it is said with them later.
    assert rest.text == request.text
