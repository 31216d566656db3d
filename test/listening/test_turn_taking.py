"""Whether a turn is over: from its words, then from a pause as long as these want."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
import pytest
from rig import until
from speech_clips import clip
from transcripts import BEGIN, detector, silence, TranscriptRecorder
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE as RATE
from txt2vid_ros.link.codec.model import load
from txt2vid_ros.link.codec.sentence_end import SentenceEnd
from txt2vid_ros.listening.endpointing import Endpointer, EndpointingSettings, Event
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    SpeechToText,
    Transcript,
)
from txt2vid_ros.listening.turn_taking import Completeness, TurnPredictor
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer

COMPLETE, UNDECIDED, INCOMPLETE = Completeness
STEP = 0.032
ILL = 1.515
"""Seconds of clip 0880 at which "He was not an ill" is over, and "disposed young man" follows."""


@pytest.fixture(scope='module')
def english() -> TurnPredictor:
    return TurnPredictor('en-GB', SentenceEnd(load()).likelihood)


# What recognizers write at a pause: mostly with a full stop, whether it is the end or not.
ENGLISH = [
    # Sentences and answers.
    ('Good morning, how are you today?', COMPLETE),
    ('What time does the meeting start tomorrow?', COMPLETE),
    ('Could you please send me the address again?', COMPLETE),
    ('I will call you back in a few minutes.', COMPLETE),
    ('He was not an ill-disposed young man.', COMPLETE),
    ('Seven of clubs.', COMPLETE), ('Yes.', COMPLETE), ('No, thank you.', COMPLETE),
    ('yes please', COMPLETE), ('Of course.', COMPLETE), ('Where are you from?', COMPLETE),
    ('It was late. Good night!', COMPLETE), ('Turn it off.', COMPLETE),
    ('I don’t know.', COMPLETE),
    # Articles, determiners, adjectives.
    ('I would like a cup of', INCOMPLETE), ('And he gave her the.', INCOMPLETE),
    ('We saw every.', INCOMPLETE), ('That was a very.', INCOMPLETE), ('This is my.', INCOMPLETE),
    ('And Mr.', INCOMPLETE),
    # Prepositions.
    ('I am looking at.', INCOMPLETE), ('Put it next to.', INCOMPLETE),
    ('He said this because of.', INCOMPLETE), ('She went from Rome to.', INCOMPLETE),
    # Conjunctions and words that begin a clause.
    ('I was tired and.', INCOMPLETE), ('We left early because', INCOMPLETE),
    ('I think that.', INCOMPLETE), ('He came in, and then.', INCOMPLETE),
    ('Bread, butter and.', INCOMPLETE),
    # A condition whose consequence is missing.
    ('If you have a minute.', INCOMPLETE), ('Unless it rains', INCOMPLETE),
    ('Whenever I see him.', INCOMPLETE),
    # Verbs that need others.
    ('The robot has.', INCOMPLETE), ('I want to.', INCOMPLETE), ('My name is.', INCOMPLETE),
    ('We could have been.', INCOMPLETE), ("They're.", INCOMPLETE), ('I’ll', INCOMPLETE),
    # Question words and subjects.
    ('Do you know where.', INCOMPLETE), ('Tell me how', INCOMPLETE), ('And then I.', INCOMPLETE),
    # Fillers, and the marks of a recognizer that hears that it goes on.
    ('I was thinking, um.', INCOMPLETE), ('So, uh', INCOMPLETE), ('Hmm.', INCOMPLETE),
    ('When I think about normative questions,', INCOMPLETE), ('It was the best of times -',
                                                              INCOMPLETE),
    ('We need the following:', INCOMPLETE), ('Well…', INCOMPLETE),
    # Numbers and codes that are being dictated.
    ('My number is 555.', INCOMPLETE), ('It is oh one seven.', INCOMPLETE),
    ('Five five five, one.', INCOMPLETE), ('The code is A B C.', INCOMPLETE),
    ('My phone number is 5 5 5 1 2 3.', INCOMPLETE), ('twenty two, thirty three, four',
                                                      INCOMPLETE),
    ('My name is spelled H, A.', INCOMPLETE),
    # Such a number that may be whole, and numbers that nobody dictates.
    ('My number is 555-123-9876.', UNDECIDED), ('The train leaves at half past nine.', UNDECIDED),
    ('Go forward ten meters.', UNDECIDED), ('There were twenty two.', UNDECIDED),
    # Words alone do not tell.
    ('Go somewhere and do something.', UNDECIDED), ('What are you looking for?', UNDECIDED),
    ('She told me that.', UNDECIDED),
    ('That is Pocahontas.', UNDECIDED), ('', UNDECIDED), ('...', UNDECIDED), ('你好。', UNDECIDED)]


@pytest.mark.parametrize(('text', 'expected'), ENGLISH)
def test_english_words_tell_how_complete_a_turn_is(
        english: TurnPredictor, text: str, expected: Completeness) -> None:
    assert english.completeness(text) is expected


@pytest.mark.parametrize(('locale', 'text', 'expected'), [
    ('de', 'Ja.', COMPLETE), ('de-AT', 'Vielen Dank!', COMPLETE),
    ('de', 'Ich gehe morgen mit der.', INCOMPLETE), ('de', 'Ich glaube, dass', INCOMPLETE),
    ('de', 'Wenn es morgen regnet.', INCOMPLETE), ('de', 'Ich wollte, äh', INCOMPLETE),
    ('de', 'Meine Nummer ist null eins sieben.', INCOMPLETE),
    ('de', 'Das Haus ist groß.', UNDECIDED),
    ('fr_FR', "D'accord.", COMPLETE), ('fr', 'Je voudrais', INCOMPLETE),
    ('fr', 'Il est parti parce que', INCOMPLETE), ('fr', 'Je vais à la.', INCOMPLETE),
    ('fr', 'Euh.', INCOMPLETE), ('fr', 'La maison est grande.', UNDECIDED),
    ('es', 'Muchas gracias.', COMPLETE), ('es', 'Quiero ir a la', INCOMPLETE),
    ('es', 'No vino porque', INCOMPLETE), ('es', 'Me gustaría.', INCOMPLETE),
    ('es', 'La casa es grande.', UNDECIDED),
    # No words are known: silence alone decides.
    ('ja', 'はい。', UNDECIDED), ('it', 'Vorrei una', UNDECIDED)])
def test_other_languages_have_a_table_or_are_undecided(
        locale: str, text: str, expected: Completeness) -> None:
    assert TurnPredictor(locale).completeness(text) is expected


def test_a_sentence_ends_after_some_words_and_not_after_others() -> None:
    likelihood = SentenceEnd(load()).likelihood
    for ending, open_ in (('a young man', 'a young'), ('send it to me', 'send it to'),
                          ('what do you mean', 'what do')):
        end, middle = likelihood(ending.split()), likelihood(open_.split())
        assert end is not None and middle is not None and end > 4 * middle
    assert likelihood([]) is None and likelihood(['xyzzyx']) is None


@pytest.mark.parametrize(('completeness', 'ends'), [
    (COMPLETE, 0.3), (UNDECIDED, 0.5), (INCOMPLETE, 1.2), (None, 0.5)])
def test_an_utterance_ends_after_the_silence_that_its_words_want(
        completeness: Completeness | None, ends: float) -> None:
    settings = EndpointingSettings()
    endpointer = Endpointer(settings, STEP)
    for _ in range(30):
        endpointer.push(0.9)
    silent = 0
    while endpointer.speaking:
        silent += 1
        if Event.PAUSE in [mark.event for mark in endpointer.push(0.0)] and completeness:
            endpointer.wait(settings.silence_after(completeness))
    assert silent * STEP == pytest.approx(ends, abs=STEP)


def test_a_pause_does_not_keep_the_wait_of_the_one_before() -> None:
    endpointer = Endpointer(EndpointingSettings(), STEP)
    for probability, wait in ((0.9, None), (0.0, 1.2), (0.9, None)):
        for _ in range(20):
            assert Event.END not in [mark.event for mark in endpointer.push(probability)]
            if wait is not None:
                endpointer.wait(wait)
    silent = 0
    while endpointer.speaking:
        endpointer.push(0.0)
        silent += 1
    assert silent * STEP == pytest.approx(0.5, abs=STEP)


def test_the_silences_stay_in_order_whatever_is_set() -> None:
    quick, slow = (EndpointingSettings(end_silence=each) for each in (0.2, 2.0))
    assert quick.silence_after(COMPLETE) == 0.2 and slow.silence_after(INCOMPLETE) == 2.0


class SpokenActivity(VoiceActivity):
    """Takes sound for speech by its level."""

    name = 'spoken'
    window = 512

    def load(self) -> None:
        """Do nothing."""

    def probability(self, samples: NDArray[np.float32]) -> float:
        return 0.99 if samples[0] > 0 else 0.01

    def reset(self) -> None:
        """Do nothing."""


class LateTexts(SpeechToText):
    """Streams: its text of what was said changes, though no more sound comes."""

    name = 'late'
    capabilities = RecognizerCapabilities(RATE, streaming=True)

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)

    def load(self) -> None:
        """Do nothing."""

    def open(self) -> Recognition:  # noqa: A003
        return _LateRecognition(self)


class _LateRecognition(Recognition):
    def __init__(self, recognizer: LateTexts) -> None:
        self._recognizer = recognizer

    def push(self, samples: NDArray[np.float32]) -> None:
        """Do nothing."""

    def hypothesis(self) -> Transcript:
        texts = self._recognizer.texts
        return Transcript(texts.pop(0) if len(texts) > 1 else texts[0])

    def finish(self) -> Transcript:
        return Transcript(self._recognizer.texts[-1])


def test_a_recognizer_that_streams_is_asked_again_as_its_words_come_late(
        english: TurnPredictor) -> None:
    recognizer, texts = LateTexts('I am', 'I am looking at', 'I am looking at you.'), (
        TranscriptRecorder())
    pipeline = SpeechPipeline(SpokenActivity(), recognizer, texts, EndpointingSettings(),
                              partial_every=1e6, turns=english)
    pipeline.start()
    pipeline.push(BEGIN, np.concatenate([np.full(512 * 20, 1, np.float32), silence(0.2)]))
    until(lambda: len(texts.partials) >= 3, 'all three texts')
    until(lambda: pipeline.statistics.complete > 0, 'the last one judged')
    pipeline.push(BEGIN + (512 * 20 + 3200) * SECOND // RATE, silence(0.15))
    until(lambda: bool(texts.finals), 'the text, long before half a second')
    pipeline.close()
    # The same text is not sent again and again, and a pause is counted once, as what it was.
    assert (pipeline.statistics.complete, pipeline.statistics.incomplete) == (1, 0)
    assert [text for _, text, _ in texts.partials[-2:]] == ['I am looking at',
                                                            'I am looking at you.']


class _Conversation:
    """A pipeline with the real recognizer, which gets its time to write at each pause."""

    def __init__(self, recognizer: MoonshineRecognizer, turns: TurnPredictor) -> None:
        self.texts = TranscriptRecorder()
        self.pipeline = SpeechPipeline(detector(), recognizer, self.texts, EndpointingSettings(),
                                       partial_every=1e6, turns=turns)
        self.pipeline.start()
        self._at = 0

    def hear(self, sound: NDArray[np.float32]) -> None:
        """Push a sound; wherever a pause begins, wait until its words are judged."""
        for part in np.split(sound, range(512, len(sound), 512)):
            paused = self._paused
            self.pipeline.push(BEGIN + self._at * SECOND // RATE, part)
            self._at += len(part)
            if self._paused and not paused:
                until(self._judged, 'the words of the pause')

    @property
    def _paused(self) -> bool:
        segment = self.pipeline._segmenter.open
        return segment is not None and segment.paused

    def _judged(self) -> bool:
        segment = self.pipeline._segmenter.open
        return (segment is None or not segment.paused
                or self.pipeline._endpointer._end_silence != 0.5)


@pytest.fixture(scope='module')
def recognizer() -> Iterator[MoonshineRecognizer]:
    loaded = MoonshineRecognizer()
    loaded.load()
    yield loaded
    loaded.close()


def test_a_pause_in_mid_sentence_is_no_end_and_that_after_a_sentence_is_soon(
        recognizer: MoonshineRecognizer, english: TurnPredictor) -> None:
    sound = clip('0880').sound()
    middle = round(ILL * RATE)
    talk = _Conversation(recognizer, english)
    talk.hear(np.concatenate([silence(0.5), sound[:middle], silence(0.9)]))
    assert not talk.texts.finals and talk.pipeline.statistics.incomplete
    talk.hear(np.concatenate([sound[middle:], silence(0.3)]))
    until(lambda: bool(talk.texts.finals), 'the sentence, before half a second of silence')
    talk.pipeline.close()
    assert len(talk.texts.finals) == 1
    said = talk.texts.finals[0][1]
    assert said.startswith('He was not an ill') and said.endswith('young man.')
