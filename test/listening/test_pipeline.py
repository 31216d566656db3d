"""What is said becomes text: each word once, the end soon after the end, and noise never."""

from __future__ import annotations

import difflib
import threading
import time
import tracemalloc

from hearing import words
import numpy as np
from numpy.typing import NDArray
import pytest
from rig import until
from speech_clips import clip
from transcripts import BEGIN, detector, hear, silence, TranscriptRecorder
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE as RATE
from txt2vid_ros.listening import pipeline as listening
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.listening.voice_activity import VoiceActivity
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.tts.hibari import HibariVoice


@pytest.fixture(scope='module')
def recognizer() -> MoonshineRecognizer:
    loaded = MoonshineRecognizer()
    loaded.load()
    return loaded


@pytest.fixture(scope='module')
def voice() -> HibariVoice:
    loaded = HibariVoice()
    loaded.load()
    return loaded


def spoken(voice: HibariVoice, text: str) -> NDArray[np.float32]:
    """Return a sentence at 16 kHz, a little softer than full scale."""
    import soxr
    sound = np.concatenate([chunk.samples for chunk in voice.synthesize(text, lambda: False)])
    return (0.6 * soxr.resample(sound, 24000, RATE)).astype(np.float32)


@pytest.mark.parametrize(('stem', 'chunk'), [('0930', 512), ('goforward', 320), ('003', 1024),
                                             ('0870', 512)])
def test_real_speech_is_written_down_word_for_word(
        recognizer: MoonshineRecognizer, stem: str, chunk: int) -> None:
    said = clip(stem)
    sound = np.concatenate([silence(0.7), said.sound(), silence(1)])
    texts, _ = hear(recognizer, sound, chunk)
    assert words(texts.said.replace('Mr.', 'Mister')) == words(said.text)
    assert len(texts.finals) == 1
    stamp, _, confidence = texts.finals[0]
    # The first word begins soon after the file does.
    assert 0.6 < (stamp - BEGIN) / SECOND < 1.3
    assert 0.8 < confidence <= 1


def test_silence_between_sentences_makes_them_utterances_of_their_own(
        recognizer: MoonshineRecognizer, voice: HibariVoice) -> None:
    sentences = ('The train leaves at half past nine.', 'Could you please send me the address?')
    sound = np.concatenate([part for sentence in sentences
                            for part in (silence(1), spoken(voice, sentence))] + [silence(1)])
    texts, _ = hear(recognizer, sound)
    assert [words(text) for _, text, _ in texts.finals] == [words(each) for each in sentences]


def noise(kind: str, seconds: float = 12.0) -> NDArray[np.float32]:
    """Return what is heard where nobody speaks."""
    random = np.random.default_rng(5)
    count = int(seconds * RATE)
    time_axis = np.arange(count) / RATE
    white = random.standard_normal(count)
    if kind == 'silence':
        return silence(seconds)
    if kind == 'hiss':
        return (0.05 * white).astype(np.float32)
    if kind == 'hum':
        return sum(0.3 / n * np.sin(2 * np.pi * 50 * n * time_axis) for n in (1, 2, 3)
                   ).astype(np.float32)
    if kind == 'breath':
        spectrum = np.fft.rfft(white)
        at = np.fft.rfftfreq(count, 1 / RATE)
        spectrum[(at < 300) | (at > 3000)] = 0
        swell = np.clip(np.sin(2 * np.pi * 0.3 * time_axis), 0, 1) ** 2
        return (0.2 * np.fft.irfft(spectrum, count) * swell).astype(np.float32)
    if kind == 'typing':
        sound = np.zeros(count)
        for key in random.integers(0, count - 800, 80):
            sound[key:key + 800] += random.standard_normal(800) * np.exp(-np.arange(800) / 90)
        return (0.3 * sound).astype(np.float32)
    assert kind == 'music'
    sound = np.zeros(count)
    for at in range(0, count - 8000, 8000):
        note = random.choice([220.0, 247.0, 262.0, 294.0, 330.0, 392.0])
        beat = np.arange(8000) / RATE
        for third in (1, 1.25, 1.5):
            for n in range(1, 6):
                sound[at:at + 8000] += np.sin(2 * np.pi * note * third * n * beat) / n * np.exp(
                    -3 * beat)
    return (0.08 * sound).astype(np.float32)


@pytest.mark.parametrize('kind', ['silence', 'hiss', 'hum', 'breath', 'typing', 'music'])
def test_what_is_no_speech_gives_no_text(recognizer: MoonshineRecognizer, kind: str) -> None:
    texts, _ = hear(recognizer, noise(kind))
    assert not texts.finals and not texts.partials


def test_speech_is_heard_through_hum_and_offset(recognizer: MoonshineRecognizer) -> None:
    said = clip('0930')
    speech = np.concatenate([silence(1), said.sound(), silence(1)])
    texts, _ = hear(recognizer, speech + noise('hum')[:len(speech)] * 0.05)
    assert words(texts.said) == words(said.text)


def test_partials_grow_while_somebody_speaks(
        recognizer: MoonshineRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, 'STALL_TIMEOUT', 60.0)
    said = clip('0870')
    sound = np.concatenate([silence(0.5), said.sound(), silence(1.5)])
    texts = TranscriptRecorder()
    pipeline = SpeechPipeline(detector(), recognizer, texts, EndpointingSettings(),
                              partial_every=0.1)
    pipeline.start()
    # Half a second of sound, then as long as the guess at it takes: no clock has a say in it.
    guessed = 0
    for at in range(0, len(sound), 8000):
        before = len(texts.partials)
        pipeline.push(BEGIN + at * SECOND // RATE, sound[at:at + 8000])
        segment = pipeline._segmenter.open
        if segment and not segment.paused and len(segment.windows) > 16 and \
                segment.windows[-1].probability > 0.5:
            until(lambda count=before: len(texts.partials) > count, f'a guess at {at / RATE} s')
            guessed += 1
    until(lambda: bool(texts.finals), 'the text')
    pipeline.close()
    lengths = [len(text) for _, text, _ in texts.partials]
    assert guessed >= 6 and lengths[0] < 40 < lengths[-1]
    assert {stamp for stamp, _, _ in texts.partials} == {texts.finals[0][0]}
    # What was guessed last is not far from what was said, though it was put together from parts.
    assert similar(words(texts.partials[-1][1]), words(texts.finals[0][1])) < 0.3


class TimedRecognizer(WholeRecognizer):
    """Takes note of how much it is given."""

    name = 'timed'
    capabilities = RecognizerCapabilities(RATE)

    def __init__(self) -> None:
        self.given: list[float] = []

    def load(self) -> None:
        """Do nothing."""

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        self.given.append(len(samples) / RATE)
        return Transcript(f'{len(samples)}')


def test_a_guess_costs_the_same_however_long_somebody_has_been_speaking() -> None:
    recognizer = TimedRecognizer()
    recognition = recognizer.open()
    random = np.random.default_rng(3)
    for _ in range(50):
        recognition.push(random.standard_normal(RATE * 2 // 5).astype(np.float32))
        text = recognition.draft().text
    assert max(recognizer.given) < 4.5
    # Each sample is in one part of the guess.
    assert sum(int(part) for part in text.split()) == 50 * RATE * 2 // 5
    # The final text is made from the whole.
    recognition.finish()
    assert recognizer.given[-1] == pytest.approx(20.0)


STORY = (
    'The old lighthouse keeper climbed the stairs every evening, carrying a lamp in his hand. '
    'From the top he could see the whole bay, the fishing boats, and the lights of the village. '
    'One night a storm came up from the west, and the waves were higher than the harbour wall. '
    'He saw a small boat turning in the wind, and he rang the bell until the village woke up. '
    'The people ran down to the beach with ropes and lanterns, and they waited in the rain. '
    'When the morning came, the boat was lying on the sand, and everybody was alive. ')


def similar(found: list[str], wanted: list[str]) -> float:
    """Return the share of words that are wrong, missing or too many."""
    same = sum(block.size for block in difflib.SequenceMatcher(
        None, found, wanted, autojunk=False).get_matching_blocks())
    return 1 - 2 * same / (len(found) + len(wanted))


@pytest.mark.parametrize('send_clauses', [False, True])
def test_a_monologue_loses_no_word_and_says_none_twice(
        recognizer: MoonshineRecognizer, voice: HibariVoice, send_clauses: bool) -> None:
    # Between its sentences the speaker pauses for less than an endpoint needs.
    parts = [part for sentence in STORY.split('. ') if sentence
             for part in (spoken(voice, sentence.rstrip('. ') + '.'), silence(0.3))]
    sound = np.concatenate([silence(0.5), *parts, silence(1.0)])
    settings = EndpointingSettings(clause_length=1.2) if send_clauses else EndpointingSettings()
    texts, pipeline = hear(recognizer, sound, settings=settings, send_clauses=send_clauses)
    assert similar(words(texts.said), words(STORY)) < 0.03
    stamps = [stamp for stamp, _, _ in texts.finals]
    assert stamps == sorted(set(stamps)), texts.finals
    # Nothing waits for the end of the whole monologue; clauses come more often than that.
    assert len(texts.finals) >= (5 if send_clauses else 2)
    assert pipeline.statistics.failed == 0


class MarkedActivity(VoiceActivity):
    """Takes sound for speech by its level; costs nothing."""

    name = 'marked'
    window = 512

    def load(self) -> None:
        """Do nothing."""

    def probability(self, samples: NDArray[np.float32]) -> float:
        return 0.99 if samples[0] > 0 else 0.01

    def reset(self) -> None:
        """Do nothing."""


class CountingRecognizer(WholeRecognizer):
    """Writes down the numbers of the words that its sound is made of."""

    name = 'counting'
    capabilities = RecognizerCapabilities(RATE)

    def __init__(self) -> None:
        self.longest = self.calls = 0
        self.failures = 0
        self.error: type[Exception] = RuntimeError

    def load(self) -> None:
        """Do nothing."""

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        if self.failures:
            self.failures -= 1
            raise self.error('out of order')
        self.calls += 1
        self.longest = max(self.longest, len(samples))
        windows = samples[::512]
        return Transcript(' '.join(f'w{round(v)}' for v in windows[windows > 0]), 0.5)


def test_half_an_hour_without_an_end_loses_nothing_and_does_not_grow_in_memory(
        monkeypatch: pytest.MonkeyPatch) -> None:
    # Half an hour comes in seconds here: what waits, at most 32 segments, must not be the measure.
    monkeypatch.setattr(listening, 'MAX_WAITING_SEGMENTS', 2)
    random = np.random.default_rng(7)
    recognizer, texts = CountingRecognizer(), TranscriptRecorder()
    pipeline = SpeechPipeline(MarkedActivity(), recognizer, texts, EndpointingSettings())
    pipeline.start()
    number, sent, at = 0, [], 0
    tracemalloc.start()
    held = []
    while at < 1800 * RATE:
        # Words of one window each, in phrases with pauses that are too short for an end.
        for _ in range(random.integers(5, 300)):
            number += 1
            sent.append(f'w{number}')
            pipeline.push(BEGIN + at * SECOND // RATE, np.full(512, number, np.float32))
            at += 512
        for _ in range(random.integers(1, 12)):
            pipeline.push(BEGIN + at * SECOND // RATE, np.zeros(512, np.float32))
            at += 512
        if len(held) < at // (450 * RATE):
            texts.partials.clear()
            held.append(tracemalloc.get_traced_memory()[0])
    pipeline.flush()
    until(lambda: pipeline.idle, 'the text')
    tracemalloc.stop()
    pipeline.close()
    assert texts.said.split() == sent
    assert recognizer.longest <= 21 * RATE
    assert held[-1] - held[0] < 10e6
    assert [confidence for _, _, confidence in texts.finals] == pytest.approx(
        [0.5] * len(texts.finals))


class OutageError(ProviderError):
    def __init__(self, problem: str) -> None:
        super().__init__(problem, retriable=True)


@pytest.mark.parametrize(('error', 'failures', 'lost'), [
    (RuntimeError, 0, 0), (UserError, 1, 1), (OutageError, 1, 1), (RuntimeError, 1, 1)])
def test_a_recognizer_that_fails_is_asked_once_and_costs_a_segment_and_not_the_pipeline(
        error: type[Exception], failures: int, lost: int) -> None:
    recognizer, texts = CountingRecognizer(), TranscriptRecorder()
    recognizer.failures, recognizer.error = failures, error
    pipeline = SpeechPipeline(MarkedActivity(), recognizer, texts, EndpointingSettings(),
                              partial_every=1e6)
    pipeline._guessed_at = time.monotonic()
    pipeline.start()

    def say(number: int, at: float) -> None:
        sound = np.concatenate([np.full(512 * 5, number, np.float32), silence(0.2)])
        pipeline.push(BEGIN + int(at * SECOND), sound)
        pipeline.flush()
        until(lambda: pipeline.idle, 'the text')

    say(1, 0)
    assert pipeline.statistics.failed == lost
    say(2, 10)
    pipeline.close()
    assert words(texts.said)[-1] == 'w2'
    assert len(texts.finals) == 2 - lost


def test_a_guess_that_fails_is_no_loss() -> None:
    recognizer, texts = CountingRecognizer(), TranscriptRecorder()
    recognizer.failures = 1
    pipeline = SpeechPipeline(MarkedActivity(), recognizer, texts, EndpointingSettings())
    pipeline.start()
    pipeline.push(BEGIN, np.concatenate([np.full(512 * 30, 4, np.float32), silence(0.15)]))
    until(lambda: recognizer.failures == 0, 'the guess')
    pipeline.flush()
    until(lambda: bool(texts.finals), 'the text')
    pipeline.close()
    assert words(texts.said) == ['w4'] * 30
    assert pipeline.statistics.failed == 0


def test_the_text_is_ready_before_the_end_of_speech_is_certain() -> None:
    recognizer, texts = CountingRecognizer(), TranscriptRecorder()
    pipeline = SpeechPipeline(MarkedActivity(), recognizer, texts, EndpointingSettings())
    pipeline.start()
    pipeline.push(BEGIN, np.concatenate([np.full(512 * 30, 4, np.float32), silence(0.15)]))
    until(lambda: bool(texts.partials), 'the text of the pause')
    until(lambda: texts.partials[-1][1].count('w4') == 30, 'all of it')
    assert not texts.finals
    calls = recognizer.calls
    pipeline.push(BEGIN + (512 * 30 + 2400) * SECOND // RATE, silence(0.5))
    until(lambda: bool(texts.finals), 'the final text')
    pipeline.close()
    assert texts.finals[0][1] == texts.partials[-1][1]
    assert recognizer.calls == calls


def test_sound_that_stops_in_the_middle_of_a_word_still_becomes_text(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, 'STALL_TIMEOUT', 0.1)
    texts = TranscriptRecorder()
    pipeline = SpeechPipeline(MarkedActivity(), CountingRecognizer(), texts, EndpointingSettings())
    pipeline.start()
    pipeline.push(BEGIN, np.full(512 * 20, 4, np.float32))
    until(lambda: bool(texts.finals), 'the text')
    pipeline.close()
    assert set(words(texts.said)) == {'w4'}


def test_a_gap_in_the_sound_ends_what_was_said_before_it() -> None:
    texts = TranscriptRecorder()
    pipeline = SpeechPipeline(MarkedActivity(), CountingRecognizer(), texts, EndpointingSettings())
    pipeline.start()
    pipeline.push(BEGIN, np.full(512 * 20, 1, np.float32))
    pipeline.push(BEGIN + 60 * SECOND, np.full(512 * 20, 2, np.float32))
    pipeline.flush()
    until(lambda: pipeline.idle, 'the text')
    pipeline.close()
    assert [set(words(text)) for _, text, _ in texts.finals] == [{'w1'}, {'w2'}]
    assert [stamp for stamp, _, _ in texts.finals] == [BEGIN, BEGIN + 60 * SECOND]
    assert pipeline.statistics.breaks == 1


def test_sound_waits_for_a_recognizer_that_is_far_behind() -> None:
    gate = threading.Event()

    class Slow(CountingRecognizer):
        def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
            assert gate.wait(30)
            return super().transcribe(samples)

    texts = TranscriptRecorder()
    pipeline = SpeechPipeline(MarkedActivity(), Slow(), texts, EndpointingSettings())
    pipeline.start()
    pushed = []

    def speak() -> None:
        for number in range(1, 60):
            at = BEGIN + number * 2 * SECOND
            pipeline.push(at, np.concatenate([np.full(512 * 5, number, np.float32), silence(1)]))
            pushed.append(number)
        pipeline.flush()

    speaker = threading.Thread(target=speak)
    speaker.start()
    until(lambda: len(pushed) >= listening.MAX_WAITING_SEGMENTS - 2, 'a full queue')
    assert len(pushed) <= listening.MAX_WAITING_SEGMENTS + 2
    gate.set()
    speaker.join(30)
    until(lambda: pipeline.idle, 'the text')
    pipeline.close()
    assert [words(text)[0] for _, text, _ in texts.finals] == [f'w{n}' for n in range(1, 60)]


@pytest.mark.parametrize(('text', 'seconds', 'kept'), [
    ('Hello there.', 1.0, True), ('', 1.0, False), ('...', 1.0, False), ('♪♪', 3.0, False),
    ('the way to be able to be able to be able to be able to be able to be able', 9.0, False),
    ('a' * 300, 2.0, False), ('It was the best of times, it was the worst of times.', 4.0, True),
    ('No, no, no, no.', 2.0, True), ('Zero zero zero zero one.', 3.0, True)])
def test_what_a_mouth_cannot_have_said_is_dropped(text: str, seconds: float, kept: bool) -> None:
    assert bool(drop_hallucination(text, seconds)) == kept


def test_a_locale_that_it_does_not_speak_is_refused() -> None:
    with pytest.raises(UserError, match=r'stt\.locale.*English'):
        MoonshineRecognizer('de').load()
