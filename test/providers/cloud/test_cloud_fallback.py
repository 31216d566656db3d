"""A cloud that breaks in the middle is followed by what is built in, and has its work back."""

from __future__ import annotations

import time

import grpc
from hearing import transcribed, words
import numpy as np
import pytest
from rig import until
from speech_clips import clip
from stepped_time import SteppedTime
from trouble import Trouble
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import make_recognizer, make_voice
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.spoken_language import LanguageChoice
from txt2vid_ros.providers.voice_set import VoiceSet, VoiceSettings
from txt2vid_ros.speaking.synthesis import synthesize_text

TEXT = 'The train to the airport leaves at half past seven.'
SSML = '<speak>My name is Peter. <break time="300ms"/> I live in London.</speak>'
UNHURRIED = TimeLimits(20.0, 20.0, 60.0, 20.0)
"""The machine may be loaded; what breaks here says so."""


@pytest.fixture
def made():
    """Close what a test has made."""
    things = []
    yield things
    for each in things:
        each.close()


def heard(voice, text):
    chunks = [each.chunk.samples for each in synthesize_text(text, voice, lambda: False)]
    until(lambda: not voice.probing)
    return transcribed(np.concatenate(chunks), voice.capabilities.sample_rate)


@pytest.mark.parametrize('trouble', [
    Trouble(error=grpc.StatusCode.UNAVAILABLE), Trouble(error=grpc.StatusCode.RESOURCE_EXHAUSTED),
    Trouble(error=grpc.StatusCode.INTERNAL)])
def test_a_voice_that_refuses_is_followed_and_comes_back(google, made, trouble):
    clock = SteppedTime()
    health = HealthRegistry(clock.source)
    voice = make_voice('google,hibari', health=health, limits=UNHURRIED)
    made.append(voice)
    voice.load()
    assert heard(voice, TEXT) == words(TEXT)
    google.voice.always = trouble
    asked = len(google.requests)
    assert heard(voice, TEXT) == words(TEXT)
    assert len(google.requests) > asked
    assert health.figures()['google.state'] == 'open'
    google.voice.always = None
    clock.seconds += 5
    for _ in range(2):
        assert heard(voice, TEXT) == words(TEXT)
    assert health.figures()['google.state'] == 'closed'


def test_a_network_that_is_gone_at_the_start_is_waited_for(google, made):
    clock = SteppedTime()
    health = HealthRegistry(clock.source)
    google.stop()
    voice = make_voice('google,hibari', options={'google.timeout': 1}, health=health,
                       limits=UNHURRIED)
    made.append(voice)
    voice.load()
    assert heard(voice, TEXT) == words(TEXT)
    assert health.figures()['google.state'] == 'open'
    google.start()

    def back():
        clock.seconds += 60
        assert heard(voice, TEXT) == words(TEXT)
        return health.figures()['google.state'] == 'closed'

    until(back)


def test_a_german_voice_without_a_network_at_the_start_speaks_german_once_there_is_one(
        google, made, monkeypatch):
    monkeypatch.setattr('txt2vid_ros.providers.resilience.health.OPEN_TIME', Backoff(0.0, 0.0))
    google.stop()
    voices = VoiceSet(VoiceSettings(('google', 'hibari'), 'de-DE-Wavenet-C', 1.0, '', UNHURRIED,
                                    {'google.timeout': 1}))
    made.append(voices)
    choice = LanguageChoice()
    assert heard(voices.of('', 'en'), TEXT) == words(TEXT)
    google.start()

    def back():
        assert choice.choose(voices, '', 'Guten Tag, wie geht es Ihnen?', '') == 'de-DE'
        try:
            return voices.of('', 'de-DE').loaded
        except UserError:
            return False

    until(back)
    assert [*voices.of('', 'de-DE').synthesize('Guten Tag.', lambda: False)]
    assert google.requests[-1].voice.name == 'de-DE-Wavenet-C'


def test_ssml_is_said_as_words_by_who_takes_none(google, made):
    voice = make_voice('google,hibari', limits=UNHURRIED)
    made.append(voice)
    voice.load()
    google.voice.always = Trouble(error=grpc.StatusCode.UNAVAILABLE)
    assert heard(voice, SSML) == words('My name is Peter. I live in London.')


def test_a_stream_that_breaks_in_the_middle_of_speech_loses_no_word(google, made):
    health = HealthRegistry()
    recognizer = make_recognizer('google,moonshine', health=health, limits=UNHURRIED)
    made.append(recognizer)
    recognizer.load()
    said = clip('0930')
    sound = said.sound()
    google.speech.always = Trouble(error=grpc.StatusCode.UNAVAILABLE)
    recognition = recognizer.open()
    for at in range(0, len(sound), 8000):
        recognition.push(sound[at:at + 8000])
        recognition.hypothesis()
    assert words(recognition.finish().text) == words(said.text)
    assert health.figures()['google.errors_outside'] >= 1


def test_a_service_that_never_comes_to_an_end_is_given_up(google, made):
    """Each piece comes in time, but there are 18 s of them; the limit leaves hibari enough."""
    health = HealthRegistry()
    voice = make_voice('google,hibari', health=health, limits=TimeLimits(20.0, 20.0, 5.0, 20.0))
    made.append(voice)
    voice.load()
    google.voice.coming.append(Trouble(gap=0.5))
    chunks = [chunk.samples for chunk in voice.synthesize(TEXT, lambda: False)]
    again = next(at for at, samples in enumerate(chunks) if not samples.any())
    assert again, 'some of it was heard'
    rate = voice.capabilities.sample_rate
    assert transcribed(np.concatenate(chunks[again:]), rate) == words(TEXT)
    assert google.voice.left.acquire(timeout=20), 'the call is ended'
    assert health.figures()['google.errors_time_limit'] == 1
    assert 'was not done within 5 s' in health.complaint()


@pytest.mark.parametrize('trouble', [Trouble(cut=True, after=-1), Trouble(tail=60)])
def test_what_goes_wrong_behind_the_last_sample_does_not_have_it_said_again(
        resemble, made, trouble):
    resemble.length = None
    health = HealthRegistry()
    voice = make_voice('resemble,hibari', voice='Grace', health=health, limits=UNHURRIED)
    made.append(voice)
    voice.load()
    resemble.troubles.always = trouble
    for _ in range(2):
        assert heard(voice, TEXT) == words(TEXT)
    assert health.figures()['resemble.state'] == 'closed'
    assert not any('errors' in key for key in health.figures())
    assert len(resemble.requests) == 2


def test_clause_after_clause_goes_over_one_connection_though_each_is_left_at_its_last_chunk(
        resemble, made, monkeypatch):
    monkeypatch.setattr('txt2vid_ros.providers.cloud.spoken_answer.END_TIMEOUT', 20.0)
    resemble.length = None
    resemble.troubles.always = Trouble(tail=0.1)
    voice = make_voice('resemble,hibari', voice='Grace', limits=UNHURRIED)
    made.append(voice)
    voice.load()
    before = resemble.connections
    for _ in range(3):
        assert list(voice.synthesize('Yes.', lambda: False))
    assert resemble.connections == before + 1


def test_where_nothing_tells_the_length_better_twice_than_cut_off(google, made):
    voice = make_voice('google,hibari', limits=UNHURRIED)
    made.append(voice)
    voice.load()
    google.voice.coming.append(Trouble(error=grpc.StatusCode.UNAVAILABLE, after=-1))
    chunks = [chunk.samples for chunk in voice.synthesize(TEXT, lambda: False)]
    again = next((at for at, samples in enumerate(chunks) if not samples.any()), 0)
    assert transcribed(np.concatenate(chunks[again:]), voice.capabilities.sample_rate) == words(
        TEXT)


def test_a_service_that_falls_silent_is_given_up(google, made):
    voice = make_voice('google,hibari', limits=TimeLimits(0.3, 0.3, 60.0, 20.0))
    made.append(voice)
    voice.load()
    google.voice.always = Trouble(delay=30.0)
    began = time.monotonic()
    assert heard(voice, TEXT) == words(TEXT)
    assert time.monotonic() - began < 29    # sooner than it would have answered
