"""The voice for measuring, and the pauses of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from txt2vid_ros.bench.speech.clap import ClapVoice, FIRST, LENGTH
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.speaking.synthesis import CLAUSE_PAUSE, SENTENCE_PAUSE, synthesize_text
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities


def test_a_clap_a_second_for_each_character() -> None:
    voice = ClapVoice('any', 2.0)
    voice.load()
    sound = np.concatenate([chunk.samples for chunk in voice.synthesize('xyz', lambda: False)])
    voice.close()
    assert len(sound) == 3 * VOICE_RATE
    loud = np.flatnonzero(np.abs(sound) > 0.1).reshape(-1) / VOICE_RATE
    for second in range(3):
        clap = loud[(loud >= second) & (loud < second + 1)]
        assert abs(clap[0] - second - FIRST) < 0.001
        assert abs(clap[-1] - second - FIRST - LENGTH) < 0.001


def test_cancelled_it_claps_no_more() -> None:
    answers = iter([False, False, True])
    assert len(list(ClapVoice().synthesize('x' * 10, lambda: next(answers)))) == 2


class TwoPieces(TextToSpeech):
    """Yields each clause in two pieces."""

    name = 'two'
    capabilities = VoiceCapabilities(VOICE_RATE)

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        for _ in range(2):
            yield SpeechChunk(np.full(len(clause), 0.1, np.float32))


def test_pauses_come_between_clauses_and_not_within_them() -> None:
    text = 'One. ' + 'a' * 50 + ', ' + 'b' * 150 + ', ' + 'c' * 40 + '. End.'
    pauses = [each.pause for each in synthesize_text(text, TwoPieces(), lambda: False)]
    assert pauses == [0.0, 0.0, SENTENCE_PAUSE, 0.0, CLAUSE_PAUSE, 0.0, SENTENCE_PAUSE, 0.0]


def test_a_cancelled_text_ends_in_the_middle() -> None:
    said: list[int] = []
    for each in synthesize_text('One. Two. Three.', TwoPieces(), lambda: len(said) >= 3):
        said.append(len(each.chunk.samples))
    assert len(said) == 3
    assert list(synthesize_text('One.', TwoPieces(), lambda: True)) == []
