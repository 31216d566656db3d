"""Google speaks: streaming, whole or from SSML; what goes wrong is told, and nothing hangs."""

from __future__ import annotations

import socket
import subprocess
import threading
import time

import grpc
from hearing import transcribed, words
import numpy as np
import pytest
from rig import until
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.google import voice_catalogue
from txt2vid_ros.providers.cloud.google.voice import GoogleVoice, GoogleVoiceOptions
from txt2vid_ros.speaking.synthesis import synthesize_text

TEXT = 'The train to the airport leaves at half past seven.'
CHIRP, OLD, NARROW = 'en-US-Chirp3-HD-Charon', 'en-US-Neural2-A', 'en-US-Standard-B'


def say(voice, text=TEXT):
    return [chunk.samples for chunk in voice.synthesize(text, lambda: False)]


def heard(chunks, voice):
    return transcribed(np.concatenate(chunks), voice.capabilities.sample_rate)


def test_a_voice_that_can_streams(google, voice):
    loaded = voice(CHIRP, 1.1)
    assert loaded.capabilities.streaming
    assert loaded.capabilities.sample_rate == 24000
    assert loaded.capabilities.languages == ('en-US',)
    chunks = say(loaded)
    assert len(chunks) > 10
    assert heard(chunks, loaded) == words(TEXT)
    config = google.requests[0]
    assert config.voice.name == CHIRP
    assert config.streaming_audio_config.speaking_rate == pytest.approx(1.1)


@pytest.mark.parametrize(('name', 'rate'), [(OLD, 24000), (NARROW, 16000)])
def test_one_that_cannot_speaks_whole_clauses_at_its_own_rate(google, voice, name, rate):
    loaded = voice(name, pitch=-2.5)
    assert not loaded.capabilities.streaming
    assert loaded.capabilities.sample_rate == rate
    chunks = say(loaded)
    assert len(chunks) == 1
    assert heard(chunks, loaded) == words(TEXT)
    assert google.requests[0].audio_config.pitch == -2.5
    assert google.requests[0].voice.language_code == 'en-US'


def test_streaming_can_be_switched_off(google, voice):
    loaded = voice(CHIRP, streaming=False)
    assert heard(say(loaded), loaded) == words(TEXT)
    assert google.requests[0].input.text == TEXT


def test_where_streaming_is_refused_it_speaks_whole_from_then_on(google, voice, monkeypatch):
    monkeypatch.setattr(voice_catalogue, 'STREAMING_VOICES', ('Neural2',))
    loaded = voice(OLD)
    assert loaded.capabilities.streaming
    assert heard(say(loaded), loaded) == words(TEXT)
    say(loaded)
    assert not loaded.capabilities.streaming
    assert len(google.requests) == 3


@pytest.mark.parametrize('name', [CHIRP, OLD])
def test_ssml_goes_whole(google, voice, name):
    text = '<speak>My name is Peter. <break time="300ms"/> I live in London.</speak>'
    google.beta = grpc.StatusCode.UNIMPLEMENTED
    loaded = voice(name)
    chunks = [each.chunk.samples for each in synthesize_text(text, loaded, lambda: False)]
    assert [request.input.ssml for request in google.requests] == [text]
    assert heard(chunks, loaded) == words('My name is Peter. I live in London.')


def test_nothing_to_pronounce_asks_for_nothing(google, voice):
    loaded = voice(CHIRP)
    assert say(loaded, '...') == []
    assert say(loaded, '<speak><break time="1s"/></speak>') == []
    assert not google.requests


def test_without_a_name_it_takes_a_voice_of_the_language(google, voice):
    assert voice().capabilities.streaming
    german = voice(language='de-DE')
    say(german, 'Ja.')
    assert google.requests[-1].voice.name == 'de-DE-Wavenet-C'
    with pytest.raises(UserError, match=r"no voice for the language 'tlh'. It has: de-DE, en-US"):
        voice(language='tlh')


def test_a_wrong_name_is_answered_with_near_ones(voice):
    with pytest.raises(UserError, match='en-US-Chirp3-HD-Charon') as caught:
        voice('en-US-Chirp3-HD-Sharon')
    assert 'Wavenet' not in str(caught.value)
    with pytest.raises(UserError, match='Near ones: de-DE-Wavenet-C'):
        voice('???')


def test_a_pitch_for_a_voice_without_one_is_refused(voice):
    with pytest.raises(UserError, match=r'pitch of en-US-Chirp3-HD-Charon cannot'):
        voice(CHIRP, pitch=2.0)


@pytest.mark.parametrize('name', [CHIRP, OLD])
@pytest.mark.parametrize(('code', 'reason', 'says', 'retriable'), [
    (grpc.StatusCode.RESOURCE_EXHAUSTED, 'RATE_LIMIT_EXCEEDED', 'quota', True),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, '', 'quota is used up', False),
    (grpc.StatusCode.UNAVAILABLE, '', 'cannot be reached', True),
    (grpc.StatusCode.OUT_OF_RANGE, '', 'does not take', False)])
def test_errors_of_the_service_are_told_apart(google, voice, name, code, reason, says, retriable):
    loaded = voice(name)
    google.voice.coming.append(Trouble(error=code, says=reason))
    with pytest.raises(ProviderError, match=says) as caught:
        say(loaded)
    assert caught.value.retriable == retriable
    assert TEXT not in caught.value.problem
    # Once is once: nothing is tried again here.
    assert len(google.requests) == 1
    assert heard(say(loaded), loaded) == words(TEXT)


def test_an_error_in_the_middle_comes_after_the_sound_before_it(google, voice):
    loaded = voice(CHIRP)
    google.voice.coming.append(Trouble(error=grpc.StatusCode.INVALID_ARGUMENT, after=3))
    chunks = []
    with pytest.raises(ProviderError):
        for chunk in loaded.synthesize(TEXT, lambda: False):
            chunks.append(chunk)
    assert len(chunks) == 3
    assert loaded.capabilities.streaming


def test_a_service_that_vanishes_in_the_middle_is_told_and_found_again(google, voice):
    loaded = voice(CHIRP)
    google.voice.coming.append(Trouble(cut=True, after=2))
    with pytest.raises(ProviderError) as caught:
        say(loaded)
    assert caught.value.retriable
    google.start()
    for attempt in range(20):
        try:
            chunks = say(loaded)
            break
        except ProviderError as error:
            assert error.retriable and attempt < 19
            threading.Event().wait(0.3)
    assert heard(chunks, loaded) == words(TEXT)


@pytest.mark.parametrize(('name', 'trouble'), [
    (CHIRP, Trouble(delay=60)), (CHIRP, Trouble(gap=60)), (OLD, Trouble(delay=60))])
def test_cancelled_it_ends_at_once_and_so_does_the_call(google, voice, name, trouble):
    loaded = voice(name)
    google.voice.coming.append(trouble)
    leave, said = threading.Event(), []

    def speak():
        for chunk in loaded.synthesize(TEXT, leave.is_set):
            said.append(chunk)

    speaking = threading.Thread(target=speak)
    speaking.start()
    until((lambda: said) if trouble.gap else (
        lambda: google.voice.begun.acquire(blocking=False)), 'the call')
    leave.set()
    speaking.join(20)
    assert not speaking.is_alive()
    assert google.voice.left.acquire(timeout=20)
    assert heard(say(loaded), loaded) == words(TEXT)


def test_a_generator_that_is_left_ends_the_call_too(google, voice):
    loaded = voice(CHIRP)
    google.voice.coming.append(Trouble(gap=60))
    speech = loaded.synthesize(TEXT, lambda: False)
    next(speech)
    speech.close()
    assert google.voice.left.acquire(timeout=20)


def test_a_slow_service_is_waited_for_only_so_long(google, voice):
    loaded = voice(OLD, timeout=0.5)
    google.voice.coming.append(Trouble(delay=60))
    with pytest.raises(ProviderError, match='took too long'):
        say(loaded)


@pytest.mark.parametrize('body', [b'', b'RIFF', b'<html>', b'RIFF\0\0\0\0WAVEdata\0\0\0\0ab'])
def test_what_is_no_sound_is_refused(google, voice, body):
    loaded = voice(OLD)
    google.voice.coming.append(Trouble(body=body))
    with pytest.raises(ProviderError, match='WAV'):
        say(loaded)


def test_other_programs_can_be_started_meanwhile(google, voice):
    """As `render` and the stream start ffmpeg: gRPC must not harm what it is not part of."""
    loaded = voice(CHIRP)
    for _ in range(20):
        speech = loaded.synthesize('Yes.', lambda: False)
        next(speech)
        # A child takes its time between fork and exec where it sets itself up, as ours do.
        done = subprocess.run(['true'], preexec_fn=lambda: time.sleep(0.02), capture_output=True,
                              check=False)
        assert (done.returncode, done.stderr) == (0, b'')
        assert list(speech)


def test_without_a_network_at_the_start_that_is_what_it_says(google):
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        address = f'127.0.0.1:{nobody.getsockname()[1]}'
    with pytest.raises(ProviderError, match='cannot be reached') as caught:
        GoogleVoice(options=GoogleVoiceOptions(endpoint=address)).load()
    assert caught.value.retriable


def test_it_has_to_be_loaded_first():
    with pytest.raises(RuntimeError, match='load'):
        say(GoogleVoice())
