"""A streamed voice at another rate: no seam, exact lengths, sounds at their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.mouth import MouthTrack, Phoneme, SHAPES
from txt2vid_ros.speaking.resampled_voice import ResampledVoice
from txt2vid_ros.speaking.scheduler import SpeechScheduler
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 24000


def sine(rate: int) -> NDArray[np.float32]:
    """Return a second of 200 Hz that fades in and out, so that no step is its own."""
    time = np.arange(rate) / rate
    fade = np.sin(np.pi * time) ** 2
    return (fade * np.sin(2 * np.pi * 200 * time)).astype(np.float32)


class StreamedSine(TextToSpeech):
    """A sine of one second in chunks of `size` samples, each a phoneme."""

    name = 'sine'

    def __init__(self, size: int, *, marks_last: bool = False, breaks_after: int = RATE) -> None:
        self._size = size
        self._marks_last = marks_last
        self._breaks_after = breaks_after

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(RATE, timings=True, streaming=True)

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        whole = sine(RATE)
        for at in range(0, RATE, self._size):
            if at >= self._breaks_after:
                raise ProviderError('connection reset', retriable=True)
            chunk = whole[at:at + self._size]
            yield SpeechChunk(chunk, (Phoneme(clause, 0.0, len(chunk) / RATE),),
                              self._marks_last and at + self._size >= RATE)


def never() -> bool:
    return False


@pytest.mark.parametrize('rate', [16000, 32000, 44100, 48000])
@pytest.mark.parametrize('size', [50, 480, 960, 2400, RATE])
def test_each_clause_is_one_stream(rate: int, size: int) -> None:
    voice = ResampledVoice(StreamedSine(size), rate)
    assert voice.capabilities.sample_rate == rate
    for clause in ('a', 'e'):
        chunks = list(voice.synthesize(clause, never))
        heard = np.concatenate([chunk.samples for chunk in chunks])
        assert len(heard) == rate
        assert np.abs(np.diff(heard)).max() < 2 * np.pi * 200 / rate * 1.001
        assert heard == pytest.approx(sine(rate), abs=1e-5)
        # Counted from the start of the clause, every phoneme is where the voice had it.
        begins, at = [], 0
        for chunk in chunks:
            begins += [at / rate + each.start for each in chunk.phonemes or ()]
            at += len(chunk.samples)
        assert begins == pytest.approx(np.arange(0, RATE, size) / RATE, abs=1e-4)


def test_the_last_chunk_is_whole_and_nothing_follows_it() -> None:
    chunks = list(ResampledVoice(StreamedSine(4800, marks_last=True), 48000).synthesize(
        'a', never))
    assert [chunk.last for chunk in chunks] == [False] * 4 + [True]
    assert sum(len(chunk.samples) for chunk in chunks) == 48000


def test_what_a_voice_had_said_before_it_failed_is_heard() -> None:
    said = 0
    with pytest.raises(ProviderError, match='reset'):
        for chunk in ResampledVoice(StreamedSine(480, breaks_after=9600), 32000).synthesize(
                'a', never):
            said += len(chunk.samples)
    assert said == 12800


def test_a_voice_at_the_rate_wanted_is_left_alone() -> None:
    voice = StreamedSine(480)
    for given, taken in zip(voice.synthesize('a', never),
                            ResampledVoice(voice, RATE).synthesize('a', never), strict=True):
        np.testing.assert_array_equal(taken.samples, given.samples)
        assert taken.phonemes == given.phonemes


class StandingClock:
    def now(self) -> int:
        return 1_763_800_000 * SECOND


class Played:
    """What a scheduler puts out."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, NDArray[np.float32]]] = []
        self.mouths: list[float] = []
        self.done = threading.Event()

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        self.parts.append((start, samples))

    def mouth(self, utterance: str, track: MouthTrack) -> None:
        self.mouths.append(float(track.times[0]))

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        return

    def left_out(self, utterance: str, described: str) -> None:
        return

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        self.done.set()


def test_the_scheduler_hands_a_streamed_clause_out_without_a_gap() -> None:
    rate, played = 32000, Played()
    scheduler = SpeechScheduler(
        lambda speaker: StreamedSine(480),
        lambda phonemes, samples, rate: MouthTrack(
            np.array([phonemes[0].start, phonemes[0].end]),
            np.zeros((2, len(SHAPES)), np.float32)),
        played, StandingClock(), lambda: 0.1, rate=rate, ahead=5.0, spacing=0.0)
    scheduler.start()
    scheduler.say(SpeechRequest('1', 'Hello.', '', 0))
    assert played.done.wait(30)
    scheduler.close()
    heard = np.concatenate([samples for _, samples in played.parts])
    assert heard == pytest.approx(sine(rate), abs=1e-5)
    first = played.parts[0][0]
    places = np.cumsum([0, *(len(samples) for _, samples in played.parts[:-1])])
    assert [(start - first) / SECOND for start, _ in played.parts] == pytest.approx(
        places / rate, abs=1e-6)
    assert np.array(played.mouths) - first / SECOND == pytest.approx(
        np.arange(0, 1, 0.02), abs=1e-4)
