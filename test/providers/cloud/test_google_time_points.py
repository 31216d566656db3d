"""Google tells when it says each word of an SSML text, and the lips follow."""

from __future__ import annotations

import re

import grpc
from hearing import transcribed, words
import numpy as np
import pytest
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.mouth import SHAPE_INDEX
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import make_voice
from txt2vid_ros.speaking.synthesis import synthesize_text
from txt2vid_ros.speaking.visemes.track import mouth_track

TIMED, FEW, NONE = 'en-US-Neural2-A', 'en-US-Standard-B', 'en-US-Chirp3-HD-Charon'
TEXT = '<speak>My name is <mark name="who"/>Peter. <break time="700ms"/> I live in London.</speak>'
SAID = 'My name is Peter. I live in London.'
IPA = {'My': 'maɪ', 'name': 'neɪm', 'is': 'ɪz', 'Peter.': 'pitəɹ', 'I': 'aɪ', 'live': 'lɪv',
       'in': 'ɪn', 'London.': 'lʌndən'}


def say(voice, text=TEXT):
    return list(voice.synthesize(text, lambda: False))


def heard(chunks, voice):
    return transcribed(np.concatenate([chunk.samples for chunk in chunks]),
                       voice.capabilities.sample_rate)


def within(phonemes, begin, end):
    """Return the sounds whose middle is in a stretch of time."""
    return ''.join(sound.symbol.replace('ɾ', 't') for sound in phonemes
                   if begin <= sound.start + sound.duration / 2 < end)


@pytest.mark.parametrize('speed', [1.0, 1.3])
def test_the_sounds_of_each_word_are_where_the_word_is(google, voice, speed):
    loaded = voice(TIMED, speed)
    chunk, = say(loaded)
    assert chunk.last
    assert heard([chunk], loaded) == words(SAID)
    parts = google.said[0].parts
    assert [part for part, _, _ in parts] == SAID.split()
    assert {part: within(chunk.phonemes, begin, end) for part, begin, end in parts} == IPA
    assert not google.requests, 'it is made, and paid, once'


def test_the_mouth_is_at_rest_in_a_break_and_closed_on_m_and_p(google, voice):
    loaded = voice(TIMED)
    chunk, = say(loaded)
    track = mouth_track(chunk.phonemes, chunk.samples, loaded.capabilities.sample_rate)
    parts = {part: (begin, end) for part, begin, end in google.said[0].parts}
    silence = (parts['Peter.'][1] + parts['I'][0]) / 2
    assert not track.at(silence).any()
    closed = SHAPE_INDEX['lips_closed']
    for word, symbol in (('My', 'm'), ('Peter.', 'p')):
        sound = next(sound for sound in chunk.phonemes if sound.symbol == symbol
                     and sound.start >= parts[word][0] - 0.01)
        times = np.arange(sound.start - 0.05, sound.end + 0.05, 0.01)
        assert max(track.at(time)[closed] for time in times) > 0.9


def test_the_users_own_marks_stay_and_are_made_use_of(google, voice):
    say(voice(TIMED))
    sent = google.pointed[0].input.ssml
    assert re.sub(r'<mark name="w\d+"/>', '', sent) == TEXT
    assert '<mark name="who"/>Peter' in sent
    assert 'who' in dict(google.said[0].marks)


def test_what_else_is_asked_for_is_as_ever(google, voice):
    say(voice(TIMED, 1.2, pitch=-2.0))
    request, = google.pointed
    assert (request.voice.name, request.voice.language_code) == (TIMED, 'en-US')
    assert request.audio_config.speaking_rate == pytest.approx(1.2)
    assert request.audio_config.pitch == -2.0
    assert request.audio_config.sample_rate_hertz == 24000


def test_they_come_through_a_list_of_voices(google):
    listed = make_voice('google,hibari', voice=TIMED, limits=TimeLimits(20.0, 20.0, 60.0, 20.0))
    listed.load()
    spoken, = synthesize_text(TEXT, listed, lambda: False)
    chunk = spoken.chunk
    listed.close()
    part, begin, end = google.said[0].parts[3]
    assert within(chunk.phonemes, begin, end) == IPA[part]


@pytest.mark.parametrize('name', [NONE, FEW])
def test_a_voice_without_time_points_speaks_and_is_not_asked_again(google, voice, caplog, name):
    loaded = voice(name)
    for _ in range(3):
        chunk, = say(loaded)
        assert chunk.phonemes is None
        assert chunk.last
        assert heard([chunk], loaded) == words(SAID)
    assert len(google.pointed) == 1
    assert [request.input.ssml for request in google.requests] == [TEXT, TEXT]
    assert [record.message for record in caplog.records] == [
        f'Google Text-to-Speech gives no time points for {name}, or too few; the lips follow the '
        'sound alone']


@pytest.mark.parametrize('code', [
    grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INVALID_ARGUMENT])
def test_a_service_that_refuses_them_speaks_all_the_same(google, voice, caplog, code):
    google.beta = code
    loaded = voice(TIMED)
    for _ in range(2):
        chunk, = say(loaded)
        assert chunk.phonemes is None
        assert heard([chunk], loaded) == words(SAID)
    assert len(google.pointed) == 1
    assert len(caplog.records) == 1


@pytest.mark.parametrize('text', [
    '<speak>My <emphasis>name is Peter.</speak>', '<speak>1 < 2, said Peter.</speak>'])
def test_ssml_that_is_none_is_refused_as_before(google, voice, caplog, text):
    loaded = voice(TIMED)
    with pytest.raises(ProviderError, match='does not take') as caught:
        say(loaded, text)
    assert not caught.value.retriable
    assert not caplog.records
    chunk, = say(loaded)
    assert chunk.phonemes, 'that says nothing of the voice'


@pytest.mark.parametrize(('code', 'says'), [
    (grpc.StatusCode.UNAVAILABLE, 'cannot be reached'),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, 'quota is used up')])
def test_other_errors_are_told_as_ever(google, voice, code, says):
    loaded = voice(TIMED)
    google.voice.coming.append(Trouble(error=code))
    with pytest.raises(ProviderError, match=says):
        say(loaded)
    assert len(google.pointed) == 1
    assert not google.requests
    assert say(loaded)[0].phonemes


def test_where_the_sounds_of_a_language_are_not_known_nothing_is_asked(google, voice):
    loaded = voice('de-DE-Wavenet-C')
    chunk, = say(loaded, '<speak>Ja.</speak>')
    assert chunk.phonemes is None
    assert not google.pointed


def test_a_text_that_marks_make_too_long_goes_without(google, voice):
    loaded = voice(TIMED)
    text = f'<speak>{"I " * 300}</speak>'
    assert len(text) < 5000
    chunk, = say(loaded, text)
    assert chunk.phonemes is None
    assert not google.pointed
    assert say(loaded)[0].phonemes


def test_plain_text_has_them_only_where_that_is_wanted(google, voice):
    plain = 'My name is Peter & I live in London.'
    usual = voice(TIMED)
    assert not usual.capabilities.timings
    assert say(usual, plain)[0].phonemes is None
    wanted = voice(TIMED, time_points='all')
    assert wanted.capabilities.timings
    chunk, = say(wanted, plain)
    assert chunk.phonemes
    assert heard([chunk], wanted) == words(plain.replace('&', 'and'))
    streams = voice(NONE, time_points='all')
    assert not streams.capabilities.timings
    assert len(say(streams, plain)) > 5


def test_they_can_be_done_without(google, voice):
    loaded = voice(TIMED, time_points='none')
    assert say(loaded)[0].phonemes is None
    assert not google.pointed
    with pytest.raises(UserError, match=r"time_points is 'yes'.*one of none, ssml, all"):
        voice(TIMED, time_points='yes')


def test_cancelled_it_ends_at_once_and_so_does_the_call(google, voice):
    loaded = voice(TIMED)
    google.voice.coming.append(Trouble(delay=60))
    begun = google.voice.begun

    def cancelled():
        return begun.acquire(blocking=False)

    assert list(loaded.synthesize(TEXT, cancelled)) == []
    assert google.voice.left.acquire(timeout=20)
