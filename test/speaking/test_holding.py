"""Speech that is held goes on from the clause in which it stopped, or is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.mouth import MouthTrack, Phoneme, SHAPES
from txt2vid_ros.core.people import continuation_id, origin_of, speaker_of
from txt2vid_ros.media.captions import Caption, Captions
from txt2vid_ros.media.speech_timeline import SpeechTimeline
from txt2vid_ros.speaking.scheduler import SpeechScheduler
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 16000
LEAD = 0.1
WAIT = 30.0
TEXT = 'First of all, one two three. Second, four five six, seven eight.'


class WordVoice(TextToSpeech):
    """Says each word in half a second, at a level that only it has."""

    name = 'words'

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(RATE, timings=True)

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        words = clause.split()
        yield SpeechChunk(
            np.concatenate([np.full(RATE // 2, level(word), np.float32) for word in words]),
            tuple(Phoneme('a', number / 2, number / 2 + 0.5, begins_word=True)
                  for number in range(len(words))))


def level(word: str) -> float:
    return (sum(map(ord, word)) % 89 + 10) / 100


class Face:
    """A scheduler on a clock that is moved by hand, and what is heard, seen and read of it."""

    def __init__(self) -> None:
        self.time = 1_000_000 * SECOND
        self.speech = SpeechTimeline(memory=1000)
        self.captions: list[Caption] = []
        self.holds: list[bool] = []
        self.ends: list[str] = []
        self.ids: list[str] = []
        self._read = threading.Condition()
        self._tool = Captions(self, self._on_caption, lambda speaking: None)
        self.scheduler = SpeechScheduler(
            lambda speaker: WordVoice(), _articulate, self, self, lambda: LEAD, rate=RATE,
            ahead=100_000.0, spacing=0)
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._tool.run, args=(self._stop,))
        self._reader.start()
        self.scheduler.start()

    def now(self) -> int:
        return self.time

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        with self._read:
            self.ids += [utterance] * (utterance not in self.ids)
            assert self.speech.push(utterance, start, samples, rate)
            self._tool.audio(utterance, start)

    def mouth(self, utterance: str, track: MouthTrack) -> None:
        self.speech.push_mouth(utterance, track)

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        self._tool.words(utterance, words, locale)

    def left_out(self, utterance: str, described: str) -> None:
        raise AssertionError(f'{described} of {utterance}')

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        self._end(utterance, end)
        self._tool.ended(utterance, end, interrupted=interrupted, unsaid=unsaid)

    def _end(self, utterance: str, end: int) -> None:
        with self._read:
            self.ends.append(utterance)
            self.speech.end(utterance, end)
            self._read.notify_all()

    def held(self, utterance: str, end: int, continuation: str, repeated: int) -> None:
        self._end(utterance, end)
        self._tool.held(utterance, end, continuation, repeated)

    def holding(self, holds: bool) -> None:
        self.holds.append(holds)

    def say(self, text: str, name: str = 'ann#1') -> None:
        """Have a text spoken whose sound is all there at once."""
        before = len(self.ends)
        self.scheduler.say(SpeechRequest(name, text, 'ann', self.time))
        self.wait(lambda: len(self.ends) > before)

    def go_on(self) -> None:
        before = len(self.ends)
        self.scheduler.resume()
        self.wait(lambda: len(self.ends) > before)

    def wait(self, condition: Callable[[], bool]) -> None:
        with self._read:
            assert self._read.wait_for(condition, WAIT), (self.ends, self.captions)

    def pass_words(self, count: float) -> None:
        """Let the time pass in which so many words are heard."""
        self.time += round(count * SECOND / 2)

    def read(self, text: str, *, final: bool = False) -> Caption:
        """Wait for a caption; return it."""
        def found() -> list[Caption]:
            return [each for each in self.captions if (each.text, each.final) == (text, final)]
        self.wait(lambda: bool(found()))
        return found()[-1]

    def heard(self, after: float) -> str:
        """Return the first letter of the word that is heard in `after` seconds; '' for none."""
        at = self.time / SECOND + after
        value = self.speech.samples(at, at + 0.01, RATE).mean()
        return next((word for word in TEXT.split() if abs(level(word) - value) < 1e-3), '')

    def lips(self, after: float) -> float:
        pose = self.speech.mouth(self.time / SECOND + after)
        return 0.0 if pose is None else float(pose.max())

    def close(self) -> None:
        self.scheduler.close()
        self._stop.set()
        self._reader.join(WAIT)

    def _on_caption(self, caption: Caption) -> None:
        with self._read:
            self.captions.append(caption)
            self._read.notify_all()


def _articulate(phonemes: tuple[Phoneme, ...], samples: NDArray[np.float32], rate: int
                ) -> MouthTrack:
    times = np.array([phonemes[0].start, phonemes[-1].end])
    return MouthTrack(times, np.full((2, len(SHAPES)), 0.5, np.float32))


@pytest.fixture
def face() -> Iterator[Face]:
    face = Face()
    yield face
    face.close()


def test_what_is_held_is_silent_at_once_and_goes_on_from_its_clause(face: Face) -> None:
    face.say(TEXT)
    face.time += round(LEAD * SECOND)
    face.pass_words(4.5)
    face.read('First of all, one two')
    assert (face.heard(0.0), face.lips(0.0)) == ('two', 0.5)
    assert face.scheduler.hold()
    assert face.heard(0.01) == '' and face.lips(0.01) == 0.0
    face.time += 3 * SECOND
    assert face.heard(-2.0) == '' and face.lips(-2.0) == 0.0
    face.go_on()
    assert [face.heard(LEAD + 0.25 + number / 2) for number in range(3)] == [
        'one', 'two', 'three.']
    assert face.lips(LEAD + 0.25) == 0.5
    assert face.holds == [True, False]
    # Under an id of its own: what of the first comes late is dropped.
    assert face.ids == ['ann#1', 'ann#1~1']
    assert face.ends == ['ann#1', 'ann#1', 'ann#1~1']
    face.time += 60 * SECOND
    final = face.read(TEXT, final=True)
    # Who reads the caption sees it pause and go on: it is one, and no word comes twice.
    assert {each.start for each in face.captions} == {final.start}
    assert all(TEXT.startswith(each.text) for each in face.captions)
    assert sum(each.final for each in face.captions) == 1


def test_what_is_dropped_is_told_in_words(face: Face) -> None:
    face.say(TEXT)
    face.scheduler.say(SpeechRequest('ann#2', 'And this.', 'ann', face.time))
    face.wait(lambda: 'ann#2' in face.ends)
    face.time += round(LEAD * SECOND)
    face.pass_words(4.5)
    face.read('First of all, one two')
    face.scheduler.hold()
    face.time += SECOND
    assert face.scheduler.drop() == 2
    cut = face.read('First of all, one two —', final=True)
    assert cut.unsaid == 'three. Second, four five six, seven eight. And this.'
    assert face.holds == [True, False]
    assert not face.scheduler.busy
    face.scheduler.resume()
    assert not face.scheduler.busy


def test_the_answer_to_an_interruption_is_not_dropped_with_it(face: Face) -> None:
    face.say(TEXT)
    face.time += SECOND
    face.scheduler.hold()
    face.time += SECOND
    face.scheduler.say(SpeechRequest('ann#2', 'Second,', 'ann', face.time))
    assert face.scheduler.drop() == 1
    face.wait(lambda: 'ann#2' in face.ends)
    assert face.heard(LEAD + 0.25) == 'Second,'
    assert face.scheduler.drop() == 0


def test_held_twice_within_a_clause_it_repeats_no_caption(face: Face) -> None:
    face.say('one two three four five.')
    face.time += round(LEAD * SECOND)
    face.pass_words(3.5)
    face.read('one two three four')
    face.scheduler.hold()
    face.go_on()
    # Before it comes to where it was.
    face.time += round(LEAD * SECOND)
    face.pass_words(1.5)
    face.scheduler.hold()
    face.time += SECOND
    face.go_on()
    assert face.ids == ['ann#1', 'ann#1~1', 'ann#1~2']
    face.scheduler.hold()
    face.scheduler.drop()
    assert face.read('one two three four —', final=True).unsaid == 'five.'
    assert [each.text for each in face.captions] == [
        'one two three four', 'one two three four —']


def test_what_was_not_heard_yet_is_said_whole(face: Face) -> None:
    face.say(TEXT)
    assert face.scheduler.hold()
    face.time += SECOND
    face.go_on()
    assert face.heard(LEAD + 0.25) == 'First'
    face.time += 60 * SECOND
    final = face.read(TEXT, final=True)
    assert final.start == face.time - 59 * SECOND + round((LEAD - 1.0) * SECOND)


def test_silence_cannot_be_held_and_new_words_wait_while_it_is_held(face: Face) -> None:
    assert not face.scheduler.hold()
    face.scheduler.resume()
    face.scheduler.drop()
    face.say('one two')
    face.time += 60 * SECOND
    assert not face.scheduler.hold()
    assert not face.holds
    face.say('three. four', name='ann#2')
    face.time += SECOND
    assert face.scheduler.hold()
    face.scheduler.say(SpeechRequest('ann#3', 'Second,', 'ann', face.time))
    assert face.scheduler.interrupt_one('ann#2')
    assert face.scheduler.interrupt() == 1
    assert face.holds == [True, False]
    assert not face.scheduler.busy


def test_fifty_interruptions_leave_lips_sound_and_captions_as_they_were() -> None:
    def spoken(face: Face) -> tuple[list[str], list[float], list[str]]:
        face.captions.clear()
        face.say(TEXT, name='ann#last')
        times = [LEAD + 0.25 + number / 4 for number in range(30)]
        heard = [face.heard(at) for at in times], [face.lips(at) for at in times]
        for _ in range(14):
            face.pass_words(1.0)
            face.wait(lambda: True)
        face.time += 10 * SECOND
        face.read(TEXT, final=True)
        return *heard, [each.text for each in face.captions if each.final]

    fresh, used = Face(), Face()
    try:
        for number in range(50):
            used.say(TEXT, name=f'ann#{number}')
            used.time += round((LEAD + 0.3 + 0.11 * (number % 30)) * SECOND)
            if number % 5 == 4:
                used.scheduler.interrupt()
            else:
                assert used.scheduler.hold()
                assert used.heard(0.01) == '' and used.lips(0.01) == 0.0
                used.time += round(0.1 * (number % 7) * SECOND)
                if number % 2:
                    used.go_on()
                    used.time += SECOND
                    assert used.scheduler.hold()
                used.time += SECOND
                assert used.scheduler.drop() == 1
            assert used.heard(0.01) == '' and used.lips(0.01) == 0.0
            used.wait(lambda number=number: sum(
                each.final for each in used.captions) == number + 1)
            used.time += SECOND
            assert not used.scheduler.busy
        assert all(each.text.endswith(' —') and each.unsaid for each in used.captions
                   if each.final)
        assert used.holds == [True, False] * (len(used.holds) // 2)
        assert spoken(used) == spoken(fresh)
    finally:
        fresh.close()
        used.close()


def test_the_id_of_what_goes_on_tells_where_it_began() -> None:
    first = continuation_id('a~b#7')
    assert (first, continuation_id(first)) == ('a~b#7~1', 'a~b#7~2')
    assert origin_of('a~b#7~2') == origin_of('a~b#7') == 'a~b#7'
    assert speaker_of('a~b#7~2') == 'a~b'
    assert origin_of('no id') == 'no id'
