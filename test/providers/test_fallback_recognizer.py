"""Speech that one recognizer fails at is recognized by the next, each word once."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import logging
import threading

from hearing import words
import numpy as np
from numpy.typing import NDArray
import pytest
from rig import until
from scripted import BAD_KEY, DEAF, PATIENT, QUOTA, RESET, WAIT
from speech_clips import clip
from stepped_time import SteppedTime
from transcripts import listen_to
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE as RATE
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    SpeechToText,
    Transcript,
)
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer

CALLS = ('open', 'push', 'hypothesis', 'finish')


@dataclasses.dataclass
class Script:
    """What one recognizer does."""

    name: str
    fault: Exception | None = None
    at: str = 'finish'
    """The call that fails, or hangs."""
    hangs: bool = False
    rate: int = RATE
    opened: int = 0
    cancelled: int = 0
    over: threading.Event = dataclasses.field(default_factory=threading.Event)

    def reach(self, call: str) -> None:
        if call == self.at and self.hangs:
            self.over.wait(WAIT)
        if call == self.at and self.fault is not None:
            raise self.fault


class ScriptedRecognizer(SpeechToText):
    """Its text names itself and the sounds of sound that it was given, by their loudness."""

    name = 'scripted'

    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def capabilities(self) -> RecognizerCapabilities:
        return RecognizerCapabilities(self.script.rate, streaming=True)

    def load(self) -> None:
        if self.script.at == 'load':
            self.script.reach('load')

    def open(self) -> Recognition:  # noqa: A003
        self.script.opened += 1
        self.script.reach('open')
        return ScriptedRecognition(self.script)


class ScriptedRecognition(Recognition):
    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard: list[str] = []
        self.samples = 0

    def push(self, samples: NDArray[np.float32]) -> None:
        self.script.reach('push')
        self.samples += len(samples)
        self.heard.append(str(round(float(samples[len(samples) // 2]) * 100)))

    def hypothesis(self) -> Transcript:
        self.script.reach('hypothesis')
        return Transcript(f'{self.script.name}? ' + ' '.join(self.heard))

    def finish(self) -> Transcript:
        self.script.reach('finish')
        return Transcript(f'{self.script.name} ' + ' '.join(self.heard), self.samples / 1e6)

    def cancel(self) -> None:
        self.script.cancelled += 1


class Ears:
    """A list of scripted recognizers on a clock that the test moves."""

    def __init__(self, *scripts: Script, longest: float = 30.0) -> None:
        self.scripts = {script.name: script for script in scripts}
        self.time = SteppedTime()
        self.health = HealthRegistry(self.time.source)
        slots: list[ProviderSlot[SpeechToText]] = [
            ProviderSlot(script.name, lambda script=script: ScriptedRecognizer(script),
                         DEAF if script.hangs else PATIENT, self.health.of(script.name))
            for script in scripts]
        self.recognizer = FallbackRecognizer(slots, longest, self.time.source)
        self.recognizer.load()

    def hear(self, *sounds: int) -> str:
        """Return the final text of a segment of speech."""
        recognition = self.recognizer.open()
        for number in sounds:
            recognition.push(sound(number))
            recognition.hypothesis()
        text = recognition.finish().text
        until(lambda: not self.recognizer.probing)
        return text

    def close(self) -> None:
        for script in self.scripts.values():
            script.over.set()
        self.recognizer.close()


def sound(number: int) -> NDArray[np.float32]:
    return np.full(RATE // 10, number / 100, np.float32)


@pytest.fixture
def ears() -> Iterator[type]:
    made: list[Ears] = []

    def make(*scripts: Script, **options: float) -> Ears:
        made.append(Ears(*scripts, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_the_first_listens_while_it_is_well(ears: type[Ears]) -> None:
    two = ears(Script('a'), Script('b'))
    assert two.hear(1, 2, 3) == 'a 1 2 3'
    assert two.scripts['b'].opened == 0
    assert two.scripts['a'].opened == 1
    assert two.recognizer.open().finish().text == ''


@pytest.mark.parametrize('call', CALLS)
@pytest.mark.parametrize('fault', [QUOTA, RESET, RuntimeError('a slip')])
def test_whatever_call_fails_the_next_hears_the_whole_segment(
        ears: type[Ears], call: str, fault: Exception) -> None:
    two = ears(Script('a', fault, call), Script('b'))
    assert two.hear(1, 2, 3) == 'b 1 2 3'


@pytest.mark.parametrize('call', CALLS)
def test_whatever_call_hangs_the_next_hears_the_whole_segment(ears: type[Ears], call: str) -> None:
    two = ears(Script('a', at=call, hangs=True), Script('b'))
    assert two.hear(1, 2) == 'b 1 2'
    assert two.health.figures()['a.errors_time_limit'] == 1


def test_a_fault_in_the_middle_gives_what_was_heard_to_the_next_and_back_for_the_next_segment(
        ears: type[Ears], caplog: pytest.LogCaptureFixture) -> None:
    two = ears(Script('a'), Script('b'))
    recognition = two.recognizer.open()
    recognition.push(sound(1))
    assert recognition.hypothesis().text == 'a? 1'
    two.scripts['a'].fault, two.scripts['a'].at = QUOTA, 'hypothesis'
    recognition.push(sound(2))
    assert recognition.hypothesis().text == 'b? 1 2'
    two.scripts['a'].fault = None
    two.time.seconds += 10
    # It is due, and tried beside the other, who keeps the segment.
    recognition.push(sound(3))
    assert recognition.hypothesis().text == 'b? 1 2 3'
    until(lambda: not two.recognizer.probing)
    recognition.push(sound(4))
    assert recognition.finish().text == 'b 1 2 3 4'
    assert two.hear(5) == 'a 5'
    assert two.scripts['a'].cancelled == 1
    assert [record.message for record in caplog.records] == [
        'a: quota used up; recognizer b takes over', 'recognizer a is in use again']


def test_a_segment_whose_recognizers_all_fail_is_lost_in_one_line(ears: type[Ears]) -> None:
    two = ears(Script('a', QUOTA), Script('b', QUOTA))
    recognition = two.recognizer.open()
    recognition.push(sound(1))
    with pytest.raises(ProviderError, match='no recognizer works: a: quota used up; b: quota'):
        recognition.finish()
    # Guesses are no loss.
    recognition.push(sound(2))
    assert recognition.hypothesis().text == ''
    two.scripts['a'].fault = None
    two.time.seconds += 10
    assert recognition.finish().text == 'a 1 2'


def test_loads_that_fail_are_as_with_voices(ears: type[Ears]) -> None:
    two = ears(Script('a', BAD_KEY, 'load'), Script('b'))
    assert two.hear(1) == 'b 1'
    with pytest.raises(UserError, match='the key is wrong'):
        ears(Script('a', BAD_KEY, 'load'))


def test_sound_comes_at_the_rate_that_a_recognizer_wants(ears: type[Ears]) -> None:
    one = ears(Script('a', rate=8000))
    recognition = one.recognizer.open()
    recognition.push(sound(5))
    assert recognition.finish().confidence == 800 / 1e6


def test_no_more_is_kept_of_a_segment_than_allowed(
        ears: type[Ears], caplog: pytest.LogCaptureFixture) -> None:
    one = ears(Script('a'), longest=0.25)
    recognition = one.recognizer.open()
    for number in (1, 2, 3, 4):
        recognition.push(sound(number))
    transcript = recognition.finish()
    assert transcript.confidence == 4000 / 1e6
    assert transcript.text == 'a 1 2 3'
    assert len(caplog.records) == 1


class Cloud(SpeechToText):
    """Moonshine behind a connection that breaks in the middle of what is said."""

    name = 'cloud'
    capabilities = RecognizerCapabilities(RATE, streaming=True)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.inner = MoonshineRecognizer()

    def load(self) -> None:
        self.inner.load()

    def open(self) -> Recognition:  # noqa: A003
        outer, inner, heard = self, self.inner.open(), [0.0]

        class Broken(Recognition):
            def push(self, samples: NDArray[np.float32]) -> None:
                heard[0] += len(samples) / RATE
                if heard[0] > outer.seconds:
                    raise RESET
                inner.push(samples)

            def hypothesis(self) -> Transcript:
                return inner.hypothesis()

            def finish(self) -> Transcript:
                return inner.finish()

        return Broken()

    def close(self) -> None:
        self.inner.close()


def test_real_speech_over_a_connection_that_breaks_is_written_down_word_for_word() -> None:
    said = clip('0930')
    health = HealthRegistry()
    slots: list[ProviderSlot[SpeechToText]] = [
        ProviderSlot('cloud', lambda: Cloud(1.0), PATIENT, health.of('cloud')),
        ProviderSlot('moonshine', MoonshineRecognizer, PATIENT, health.of('moonshine'))]
    recognizer = FallbackRecognizer(slots, 25.0)
    recognizer.load()
    texts, pipeline = listen_to(recognizer, said.sound())
    recognizer.close()
    assert words(texts.said) == words(said.text)
    assert pipeline.statistics.failed == 0
    assert health.figures()['cloud.errors_outside'] >= 1


def test_a_pipeline_tells_a_lost_segment_in_one_line_and_goes_on(
        ears: type[Ears], caplog: pytest.LogCaptureFixture) -> None:
    two = ears(Script('a', QUOTA), Script('b', QUOTA))
    texts, pipeline = listen_to(two.recognizer, clip('0930').sound())
    assert texts.finals == []
    assert pipeline.statistics.failed == 1
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info is None
    two.scripts['b'].fault = None
    two.time.seconds += 10
    texts, _ = listen_to(two.recognizer, clip('0930').sound())
    assert [text.split()[0] for _, text, _ in texts.finals] == ['b']
