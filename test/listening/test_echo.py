"""The face does not hear itself, and whoever speaks after it is heard from the first word."""

from __future__ import annotations

from collections.abc import Iterator
import sys

from hearing import words
import numpy as np
from numpy.typing import NDArray
import pytest
from rig import until
import soxr
from speech_clips import clip
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.listening.echo import EchoGuard
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.providers.vad.silero import SileroActivity

RATE = 16000
BEGIN = 1_000 * SECOND
SAID = 'I am the face, and I would rather not listen to myself all day.'


@pytest.fixture(scope='module')
def voice() -> NDArray[np.float32]:
    """Return what the face says, at 24 kHz."""
    speaker = HibariVoice()
    speaker.load()
    return np.concatenate([chunk.samples for chunk in speaker.synthesize(SAID, lambda: False)])


def room(sounds: list[tuple[float, NDArray[np.float32]]], seconds: float, noise: float = 0.002
         ) -> NDArray[np.float32]:
    """Return what a microphone hears of sounds that begin at their times, with an echo."""
    heard = noise * np.random.default_rng(2).standard_normal(int(seconds * RATE))
    for at, sound in sounds:
        for delay, gain in ((0.0, 1.0), (0.03, 0.4), (0.07, 0.2), (0.12, 0.1)):
            first = int((at + delay) * RATE)
            count = min(len(sound), len(heard) - first)
            heard[first:first + count] += gain * sound[:count]
    return heard.astype(np.float32)


def blocks(sound: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for at in range(0, len(sound) - 511, 512):
        yield BEGIN + at * SECOND // RATE, sound[at:at + 512]


def speak(guard: EchoGuard, name: str, at: float, voice: NDArray[np.float32]) -> float:
    """Have the face say something at a time; return when its last stamp is over."""
    for offset in range(0, len(voice), 960):
        guard.voice(name, BEGIN + int((at + offset / 24000) * SECOND),
                    voice[offset:offset + 960], 24000)
    end = at + len(voice) / 24000
    guard.voice(name, BEGIN + int(end * SECOND), voice[:0], 24000)
    return end


@pytest.mark.parametrize('delay', [0.1, 0.6, 2.2])
def test_the_time_from_voice_to_microphone_is_measured(
        voice: NDArray[np.float32], delay: float) -> None:
    guard = EchoGuard(1.0)
    end = speak(guard, 'face#1', 1.0, voice)
    heard = room([(1.0 + delay, 0.2 * soxr.resample(voice, 24000, RATE))], end + 5)
    for stamp, block in blocks(heard):
        guard.guard(stamp, block, RATE)
    assert guard.delay == pytest.approx(delay, abs=0.05)
    assert delay < guard.tail < delay + 0.6


@pytest.mark.parametrize('delay', [0.04, 1.0])
def test_words_that_are_said_again_at_once_are_not_taken_for_a_late_echo(
        voice: NDArray[np.float32], delay: float) -> None:
    word = voice[:24000]
    for gap in (0.4, 0.9):
        guard = EchoGuard(1.0)
        again = speak(guard, 'face#1', 1.0, word) + gap
        end = speak(guard, 'face#2', again, word)
        echo = 0.2 * soxr.resample(word, 24000, RATE)
        # The second is heard better, as a place in a room may have it.
        heard = room([(1.0 + delay, 0.7 * echo), (again + delay, echo)], end + 5)
        for stamp, block in blocks(heard):
            guard.guard(stamp, block, RATE)
            assert guard.delay is None or guard.delay == pytest.approx(delay, abs=0.05)
        assert guard.delay is not None


def test_without_an_echo_nothing_is_made_of_other_people_speaking(
        voice: NDArray[np.float32]) -> None:
    guard = EchoGuard(0.7)
    speak(guard, 'face#1', 1.0, voice)
    for stamp, block in blocks(room([(1.5, clip('0870').sound())], 12)):
        guard.guard(stamp, block, RATE)
    assert guard.delay is None
    assert guard.tail == 0.7


class Scribe:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def partial(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        """Leave it."""

    def final(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        self.texts.append(text)


def test_the_face_is_not_written_down_and_the_answer_is(voice: NDArray[np.float32]) -> None:
    answer = clip('0930')
    guard, scribe = EchoGuard(1.0), Scribe()
    activity, recognizer = SileroActivity(), MoonshineRecognizer()
    activity.load()
    recognizer.load()
    # Twice: the second time with what was measured the first time, and a quicker answer.
    first = speak(guard, 'face#1', 0.5, voice)
    second_at = first + 9.0
    second = speak(guard, 'face#2', second_at, voice)
    delay, echo = 0.4, 0.5 * soxr.resample(voice, 24000, RATE)
    heard = room([(0.5 + delay, echo), (first + 1.5, answer.sound()), (second_at + delay, echo),
                  (second + 1.0, answer.sound())], second + 6)
    pipeline = SpeechPipeline(activity, recognizer, scribe, EndpointingSettings())
    pipeline.start()
    for stamp, block in blocks(heard):
        pipeline.push(stamp, guard.guard(stamp, block, RATE))
    pipeline.flush()
    until(lambda: pipeline.idle, 'the text')
    pipeline.close()
    assert [words(text) for text in scribe.texts] == [words(answer.text)] * 2
    assert guard.delay == pytest.approx(delay, abs=0.05)
    assert guard.muted > 100


def test_an_interrupted_face_is_muted_for_as_long_as_it_spoke(voice: NDArray[np.float32]) -> None:
    guard = EchoGuard(0.5)
    loud = np.full(512, 0.1, np.float32)
    for offset in range(0, 48000, 960):
        guard.voice('face#1', BEGIN + offset * SECOND // 24000, voice[:960], 24000)
    guard.voice('face#1', BEGIN + SECOND, voice[:0], 24000)
    assert not guard.guard(BEGIN + SECOND, loud, RATE).any()
    assert not guard.guard(BEGIN + SECOND * 14 // 10, loud, RATE).any()
    assert guard.guard(BEGIN + SECOND * 16 // 10, loud, RATE).any()


def test_days_of_speech_do_not_grow_in_memory(voice: NDArray[np.float32]) -> None:
    guard = EchoGuard(0.5)
    quiet = np.zeros(RATE, np.float32)
    for number in range(400):
        at = BEGIN + number * 10 * SECOND
        guard.voice(f'face#{number}', at, voice[:24000], 24000)
        guard.voice(f'face#{number}', at + SECOND, voice[:0], 24000)
        guard.guard(at, quiet, RATE)
    assert len(guard._spans) < 10
    assert len(guard._sound) + len(guard._voice) < 5000


def test_a_voice_without_a_microphone_leaves_no_more_than_a_minute() -> None:
    guard = EchoGuard(0.5)
    frame = np.zeros(20, np.float32)

    def said(first: int, last: int) -> int:
        """Have the face speak, a new utterance every 20 ms; return how much is allocated."""
        for number in range(first, last):
            stamp = BEGIN + number * SECOND // 50
            guard.voice(f'default#{number}', stamp, frame, 1000)
            guard.voice(f'default#{number}', stamp + SECOND // 50, frame[:0], 1000)
        return sys.getallocatedblocks()

    before = said(0, 4000)
    assert said(4000, 8000) - before < 2000
