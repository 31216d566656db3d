"""The face's own voice is taken out of what the microphone hears, and a person's is not."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import difflib
import sys

from hearing import transcribed, words
import numpy as np
from numpy.typing import NDArray
import pytest
import soxr
from speech_clips import clip
from txt2vid_ros.bench.speech.room import Room
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.listening.echo_cancellation import EchoCanceller, PROCESSING_DELAY
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.providers.vad.silero import SileroActivity

RATE = 16000
BEGIN = 1_000
SAID = ('Good morning, how are you today? The train leaves at half past nine, and the robot has '
        'reached the kitchen, where it waits for you. I will call you back in a few minutes.')

Sound = NDArray[np.float32]


@pytest.fixture(scope='module')
def voice() -> Sound:
    """Return what the face says, about ten seconds at RATE."""
    speaker = HibariVoice()
    speaker.load()
    return soxr.resample(np.concatenate(
        [chunk.samples for chunk in speaker.synthesize(SAID, lambda: False)]), 24000, RATE)


@dataclasses.dataclass
class Microphone:
    """Hears what is played, in a room, and gives it to a canceller in messages."""

    played: Sound
    room: Room = dataclasses.field(default_factory=Room)
    block: int = 512
    shift: float = 0.0
    """Seconds by which the voice is heard after its stamps, besides the room's delay."""

    def reference(self, start: float, stop: float, rate: int) -> Sound:
        first = round((start - BEGIN) * rate)
        wanted = np.zeros(round((stop - start) * rate), np.float32)
        low, high = max(first, 0), min(first + len(wanted), len(self.played))
        if low < high:
            wanted[low - first:high - first] = self.played[low:high]
        return wanted

    def hear(self) -> Sound:
        heard = self.room.hear(self.played)
        return np.concatenate([np.zeros(int(self.shift * RATE), np.float32), heard])

    def clean(self, heard: Sound, prepare: Callable[[EchoCanceller], None] = lambda tool: None,
              *, recognize: bool = False) -> Sound:
        """Return what a detector of voices gets, or a recognizer."""
        tool = EchoCanceller(self.reference)
        prepare(tool)
        cleaned = np.zeros_like(heard)
        for at in range(0, len(heard), self.block):
            stamp, *both = tool.clean(
                BEGIN * SECOND + at * SECOND // RATE, heard[at:at + self.block])
            ready = both[not recognize]
            first = round((stamp / SECOND - BEGIN) * RATE)
            ready = ready[max(0, -first):]
            cleaned[max(0, first):max(0, first) + len(ready)] = ready
        return cleaned


def decibels(sound: Sound) -> float:
    return float(10 * np.log10(np.square(sound).mean() + 1e-12))


def speech_windows(sound: Sound) -> int:
    activity = SileroActivity()
    activity.load()
    return sum(activity.probability(np.ascontiguousarray(sound[at:at + 512])) >= 0.5
               for at in range(0, len(sound) - 511, 512))


def understood(wanted: list[str], sound: Sound) -> float:
    """Return the share of the words that are heard in a sound, in their order."""
    match = difflib.SequenceMatcher(None, wanted, transcribed(sound, RATE), autojunk=False)
    return sum(block.size for block in match.get_matching_blocks()) / len(wanted)


@pytest.mark.parametrize(('block', 'shift', 'seed'), [(512, 0.0, 4), (320, 0.6, 1)])
def test_a_voice_through_a_room_is_no_speech_any_more(
        voice: Sound, block: int, shift: float, seed: int) -> None:
    microphone = Microphone(voice, Room(seed=seed), block, shift)
    heard = microphone.hear()
    cleaned = microphone.clean(heard, lambda tool: tool.echo_found(shift or None))
    late = slice(4 * RATE, -RATE)
    assert decibels(heard[late]) - decibels(cleaned[late]) > 20
    assert speech_windows(heard) > 100
    assert speech_windows(cleaned) == 0


def test_a_voice_in_a_room_that_rings_is_no_speech_either(voice: Sound) -> None:
    microphone = Microphone(np.tile(voice, 2), Room(delay=0.05, reverberation=0.6))
    assert speech_windows(microphone.clean(microphone.hear())) == 0


def test_a_person_who_speaks_over_it_is_understood(voice: Sound) -> None:
    microphone = Microphone(np.tile(voice, 2))
    heard = microphone.hear()
    speech = clip('0870')
    sound = speech.sound()
    person = slice(len(voice), len(voice) + len(sound))
    sound = sound * np.sqrt(np.square(heard[person]).mean() / np.square(sound).mean())
    heard[person] += sound
    heard *= 0.9 / np.abs(heard).max()
    wanted = words(speech.text)
    assert understood(wanted, heard[person]) < 0.5
    assert understood(wanted, microphone.clean(heard, recognize=True)[person]) > 0.9


def test_without_a_voice_the_sound_stays_as_it_is() -> None:
    sound = clip('0880').sound()
    cleaned = Microphone(np.zeros(0, np.float32)).clean(sound, recognize=True)
    assert transcribed(cleaned, RATE) == transcribed(sound, RATE)


def test_what_comes_out_carries_the_stamp_at_which_it_went_in() -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 2 * RATE).astype(np.float32)
    cleaned = Microphone(np.zeros(0, np.float32)).clean(noise)
    late = slice(RATE, -400)
    assert np.corrcoef(cleaned[late], noise[late])[0, 1] > 0.9


def test_stamps_stay_those_of_the_samples_over_gaps_and_jitter() -> None:
    tool = EchoCanceller(lambda start, stop, rate: np.zeros(
        round((stop - start) * rate), np.float32))
    random = np.random.default_rng(5)
    count = 0
    for at in range(0, 10 * 512, 512):
        jitter = int(random.normal(0, 200_000))
        stamp, ready, _ = tool.clean(at * SECOND // RATE + jitter, np.zeros(512, np.float32))
        assert stamp / SECOND * RATE == pytest.approx(count - PROCESSING_DELAY, abs=16)
        count += len(ready)
        assert 0 <= at + 512 - count < 160
    # What was held back before a gap does not move to its other side.
    assert tool.clean(100 * SECOND, np.zeros(160, np.float32))[0] == 100 * SECOND - SECOND // 125


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'livekit.rtc.apm', None)
    with pytest.raises(UserError, match=r'needs the Python package livekit.*txt2vid_ros\[echo\]'):
        EchoCanceller(lambda start, stop, rate: np.zeros(0, np.float32))
