"""Resemble speaks: streaming or whole, with the prototype's file; what goes wrong is told."""

from __future__ import annotations

import json
from pathlib import Path
import socket
import struct
import threading

from hearing import transcribed, words
from loading import loading
import numpy as np
import pytest
from rig import until
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.resemble.voice import ResembleOptions, ResembleVoice
from txt2vid_ros.speaking.synthesis import synthesize_text

TEXT = 'The train to the airport leaves at half past seven.'


@pytest.fixture
def voice(resemble):
    """Return a function that loads a voice, and close what it made."""
    with loading(lambda name='Grace', speed=1.0, **options: ResembleVoice(
            name, speed, ResembleOptions(**options))) as load:
        yield load


def say(voice, text=TEXT):
    return [chunk.samples for chunk in voice.synthesize(text, lambda: False)]


def heard(chunks, voice):
    return transcribed(np.concatenate(chunks), voice.capabilities.sample_rate)


def test_it_streams(resemble, voice):
    loaded = voice(project='project1')
    chunks = say(loaded)
    assert len(chunks) > 10
    assert heard(chunks, loaded) == words(TEXT)
    (path, headers, body), = resemble.requests
    assert path == '/stream'
    assert headers['x-access-token'] == resemble.key
    assert body == {'voice_uuid': 'aaaa1111', 'project_uuid': 'project1', 'data': TEXT,
                    'precision': 'PCM_16', 'sample_rate': 32000}


def test_one_connection_serves_clause_after_clause(resemble, voice):
    loaded = voice()
    before = resemble.connections
    for _ in range(3):
        say(loaded, 'Yes.')
    assert resemble.connections == before + 1


@pytest.mark.parametrize('length', [None, 0, 0xFFFFFFFF])
def test_whatever_the_header_says_of_its_length_the_sound_is_whole(resemble, voice, length):
    resemble.length = length
    loaded = voice(rate=22050)
    assert heard(say(loaded), loaded) == words(TEXT)


def test_a_rate_that_was_not_asked_for_is_converted(resemble, voice):
    loaded = voice()
    samples = np.arange(44100)
    data = (10000 * np.sin(samples * 2 * np.pi * 441 / 44100)).astype('<i2').tobytes()
    resemble.troubles.coming.append(Trouble(body=b''.join([
        b'RIFF\0\0\0\0WAVEfmt ', struct.pack('<IHHIIHH', 16, 1, 1, 44100, 88200, 2, 16),
        b'data\0\0\0\0', data])))
    sound = np.concatenate(say(loaded))
    assert len(sound) == pytest.approx(32000, abs=10)
    assert np.argmax(np.abs(np.fft.rfft(sound[:32000]))) == pytest.approx(441, abs=1)


@pytest.mark.parametrize('status', ['account', 404, 501])
def test_where_streaming_is_refused_direct_synthesis_speaks(resemble, voice, status):
    loaded = voice()
    if status == 'account':
        resemble.streaming = False
    else:
        resemble.troubles.coming.append(Trouble(error=status, says='no such endpoint'))
    assert heard(say(loaded), loaded) == words(TEXT)
    assert not loaded.capabilities.streaming
    say(loaded)
    assert [path for path, _, _ in resemble.requests] == ['/stream', '/synthesize', '/synthesize']
    _, headers, body = resemble.requests[-1]
    assert headers['authorization'] == f'Bearer {resemble.key}'
    assert body['output_format'] == 'wav'


@pytest.mark.parametrize(('emotion', 'speed', 'text', 'sent'), [
    ('happy', 1.0, 'Yes & no.', '<speak><resemble:emotion emotions="happy">Yes and no.'
                                '</resemble:emotion></speak>'),
    ('', 1.2, 'Yes.', '<speak><prosody rate="120%">Yes.</prosody></speak>'),
    ('angry', 1.0, '<speak>Yes, <break time="1s"/>no.</speak>',
     '<speak><resemble:emotion emotions="angry">Yes, <break time="1s"/>no.'
     '</resemble:emotion></speak>'),
    ('', 1.0, '<speak>Yes. No.</speak>', '<speak>Yes. No.</speak>')])
def test_emotion_pace_and_ssml_are_sent_as_ssml(resemble, voice, emotion, speed, text, sent):
    loaded = voice(speed=speed, emotion=emotion)
    assert list(synthesize_text(text, loaded, lambda: False))
    assert [body['data'] for _, _, body in resemble.requests] == [sent]


def configured(folder: Path, content: object, mode: int = 0o600) -> Path:
    file = folder / 'resemble_config.json'
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    file.chmod(mode)
    return file


@pytest.mark.parametrize('word', ['voices', 'users'])
def test_the_prototypes_file_is_taken(resemble, voice, tmp_path, monkeypatch, word):
    monkeypatch.delenv('RESEMBLE_API_KEY')
    file = configured(tmp_path, {
        word: {'Anna': {'token': resemble.key, 'voice_id': 'bbbb2222'}},
        'project_uuid': 'project2'})
    for name in ('Anna', ''):
        say(voice(name, config=file), 'Yes.')
        body = resemble.requests[-1][2]
        assert (body['voice_uuid'], body['project_uuid']) == ('bbbb2222', 'project2')


@pytest.mark.parametrize(('content', 'mode', 'says'), [
    ('{', 0o600, r'is no JSON \(line 1\)'), ('[]', 0o600, 'lacks'),
    ({'voices': {'Anna': {'token': 'x'}}}, 0o600, 'lacks'),
    ({'voices': {'Anna': {'token': '', 'voice_id': 'x'}}}, 0o600, "token of 'Anna' holds no"),
    ({}, 0o644, 'can be read by others')])
def test_a_file_that_cannot_be_used_is_told(resemble, voice, tmp_path, content, mode, says):
    with pytest.raises(UserError, match=says):
        voice(config=configured(tmp_path, content, mode))


def test_a_wrong_name_is_answered_with_near_ones(voice):
    with pytest.raises(UserError, match=r"no voice 'Gracie' for this key. Near ones: grace"):
        voice('Gracie')
    with pytest.raises(UserError, match='Near ones: grace, hannah, hugo'):
        voice('')


def test_an_id_that_there_is_not_is_told_when_it_speaks(voice):
    loaded = voice('dddd4444')
    with pytest.raises(UserError, match=r"no voice 'dddd4444'.*Near ones: "):
        say(loaded)


@pytest.mark.parametrize(('options', 'says'), [
    ({'emotion': 'sad'}, 'one of neutral, angry, annoyed, question, happy'),
    ({'rate': 24000}, 'one of 8000'), ({'endpoint': 'http://example.org'}, 'unencrypted'),
    ({'endpoint': 'example.org'}, 'https://HOST'), ({'endpoint': 'https://x:y'}, 'https://HOST')])
def test_options_that_cannot_be_are_refused(voice, options, says):
    with pytest.raises(UserError, match=says):
        voice(**options)


def test_keys_are_told_apart(resemble, voice, tmp_path, monkeypatch):
    resemble.expired = True
    with pytest.raises(UserError, match='has expired'):
        voice()
    resemble.expired = False
    other = tmp_path / 'key'
    other.write_text('another-key\n')
    other.chmod(0o600)
    with pytest.raises(UserError, match='is not accepted'):
        voice(api_key_file=other)
    other.write_text(resemble.key + '\n')
    assert say(voice(api_key_file=other), 'Yes.')
    monkeypatch.delenv('RESEMBLE_API_KEY')
    with pytest.raises(UserError, match='Set RESEMBLE_API_KEY'):
        voice()


def test_a_key_that_expires_in_between_is_told(resemble, voice):
    loaded = voice()
    resemble.expired = True
    with pytest.raises(UserError, match='has expired'):
        say(loaded)


@pytest.mark.parametrize(('status', 'says', 'retriable'), [
    (429, 'too much at once', True), (402, 'no quota left', False), (503, 'failed', True),
    (500, 'failed', True), (413, 'does not take', False)])
def test_errors_of_the_service_are_told_apart(resemble, voice, status, says, retriable):
    loaded = voice()
    resemble.troubles.coming.append(Trouble(error=status, says=f'cannot say {TEXT}'))
    with pytest.raises(ProviderError, match=says) as caught:
        say(loaded)
    assert caught.value.retriable == retriable
    assert TEXT not in caught.value.problem
    assert len(resemble.requests) == 1
    assert heard(say(loaded), loaded) == words(TEXT)


@pytest.mark.parametrize('length', [None, 0xFFFFFFFF])
def test_cut_in_the_middle_it_says_so_after_the_sound_before_it(resemble, voice, length):
    resemble.length = length
    loaded = voice()
    resemble.troubles.coming.append(Trouble(cut=True, after=4))
    chunks = []
    with pytest.raises(ProviderError, match='broke off') as caught:
        for chunk in loaded.synthesize(TEXT, lambda: False):
            chunks.append(chunk)
    assert caught.value.retriable
    assert chunks
    assert heard(say(loaded), loaded) == words(TEXT)


@pytest.mark.parametrize('streaming', [True, False])
def test_where_the_header_tells_the_length_the_last_chunk_is_known(resemble, voice, streaming):
    resemble.length = None
    loaded = voice(streaming=streaming)
    chunks = list(loaded.synthesize(TEXT, lambda: False))
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert heard([chunk.samples for chunk in chunks], loaded) == words(TEXT)


def test_cut_behind_the_last_sample_nothing_is_missing_where_the_length_is_known(resemble, voice):
    loaded = voice()
    for length in (None, 0xFFFFFFFF):
        resemble.length = length
        resemble.troubles.coming.append(Trouble(cut=True, after=-1))
        if length is None:
            assert heard(say(loaded), loaded) == words(TEXT)
        else:
            with pytest.raises(ProviderError, match='broke off'):
                say(loaded)


def test_who_leaves_with_the_last_sample_leaves_the_connection_to_the_next_clause(
        resemble, voice, monkeypatch):
    # However busy the machine is: the end of the answer follows.
    monkeypatch.setattr('txt2vid_ros.providers.cloud.spoken_answer.END_TIMEOUT', 20.0)
    resemble.length = None
    loaded = voice()
    before = resemble.connections
    for _ in range(3):
        for chunk in (speech := loaded.synthesize('Yes.', lambda: False)):
            if chunk.last:
                speech.close()
    assert resemble.connections == before + 1


def test_closed_it_waits_for_no_end_of_an_answer(resemble, voice):
    resemble.length = None
    loaded = voice(timeout=100)
    resemble.troubles.coming.append(Trouble(tail=60))
    for chunk in (speech := loaded.synthesize('Yes.', lambda: False)):
        if chunk.last:
            speech.close()
    loaded.close()
    assert resemble.troubles.left.acquire(timeout=30), 'before its time-out'


@pytest.mark.parametrize('body', [
    b'<html>', b'RIFF\0\0\0\0AVI fmt ', b'RIFF\0\0\0\0WAVEdata\0\0\0\0ab',
    b'RIFF\0\0\0\0WAVEfmt \x02\0\0\0ab', b'RIFF\0\0\0\0WAVEfmt ' + struct.pack(
        '<IHHIIHH', 16, 1, 1, 32000, 128000, 4, 32) + b'data\0\0\0\0abcd',
    b'RIFF\0\0\0\0WAVEcue \xff\xff\xff\xff' + bytes(1100000)])
def test_a_bad_header_is_refused(resemble, voice, body):
    loaded = voice()
    resemble.troubles.coming.append(Trouble(body=body))
    with pytest.raises(ProviderError, match='not the 16-bit mono WAV'):
        say(loaded)


@pytest.mark.parametrize('body', [b'', b'RIFF\0\0\0\0WA', b'RIFF\0\0\0\0WAVEfmt ' + struct.pack(
    '<IHHIIHH', 16, 1, 1, 32000, 64000, 2, 16) + b'data\0\0\0\0'])
def test_an_answer_without_sound_is_none(resemble, voice, body):
    loaded = voice()
    resemble.troubles.coming.append(Trouble(body=body))
    with pytest.raises(ProviderError) as caught:
        say(loaded)
    assert caught.value.retriable


@pytest.mark.parametrize('body', [b'', b'[]', b'{"audio_content": null}',
                                  b'{"audio_content": "%"}', b'{"success": false}'])
def test_a_direct_answer_without_sound_is_none(resemble, voice, body):
    loaded = voice(streaming=False)
    resemble.troubles.coming.append(Trouble(body=body))
    with pytest.raises(ProviderError, match='without sound'):
        say(loaded)


@pytest.mark.parametrize('trouble', [Trouble(delay=60), Trouble(gap=60)])
def test_cancelled_it_ends_at_once_and_so_does_the_request(resemble, voice, trouble):
    loaded = voice()
    resemble.troubles.coming.append(trouble)
    leave = threading.Event()
    speaking = threading.Thread(target=lambda: list(loaded.synthesize(TEXT, leave.is_set)))
    speaking.start()
    until(lambda: resemble.troubles.begun.acquire(blocking=False), 'the request')
    leave.set()
    speaking.join(20)
    assert not speaking.is_alive()
    until(lambda: resemble.troubles.left.acquire(blocking=False), 'the end of the request')
    assert heard(say(loaded), loaded) == words(TEXT)


def test_a_silent_server_is_waited_for_only_so_long(resemble, voice):
    loaded = voice(timeout=0.3)
    resemble.troubles.coming.append(Trouble(delay=60))
    with pytest.raises(ProviderError, match=r'sent nothing for 0.3 s'):
        say(loaded)


def test_a_slow_server_is_heard_to_the_end(resemble, voice):
    loaded = voice()
    resemble.troubles.coming.append(Trouble(gap=0.01))
    assert heard(say(loaded), loaded) == words(TEXT)


def test_without_a_network_at_the_start_that_is_what_it_says(resemble, voice):
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        address = f'http://127.0.0.1:{nobody.getsockname()[1]}'
    with pytest.raises(ProviderError, match='cannot be reached: connection refused') as caught:
        voice(account=address)
    assert caught.value.retriable
    with pytest.raises(ProviderError, match='cannot be found by its name'):
        voice(account='https://no.such.host.invalid')


def test_nothing_to_pronounce_asks_for_nothing(resemble, voice):
    assert say(voice(), '...') == []
    assert not resemble.requests


def test_it_has_to_be_loaded_first():
    with pytest.raises(RuntimeError, match='load'):
        say(ResembleVoice())
