"""A server with OpenAI's interface speaks; what it does otherwise than OpenAI is told or met."""

from __future__ import annotations

import json
import logging
import socket
import threading

from fake_openai import Answer, FakeOpenAi, tone, wav
from loading import loading
import numpy as np
import pytest
from rig import until
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import to_s16
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import make_voice
from txt2vid_ros.providers.cloud.openai.voice import OpenAiVoice, SpeechOptions

TEXT = 'The train to the airport leaves at half past seven.'
SPEECH = '/v1/audio/speech'
MP3 = b''.join(b'\xff\xfb\x90\x64' + bytes(413) for _ in range(8))
"""Frames of 128 kbit/s at 44.1 kHz."""


@pytest.fixture
def server():
    fake = FakeOpenAi()
    yield fake
    fake.close()


@pytest.fixture
def voice(server):
    """Return a function that loads a voice of the fake without a warm-up, and close all."""
    with loading(lambda name='af_heart', speed=1.0, **options: OpenAiVoice(
            name, speed, SpeechOptions(**{'base_url': server.address, 'warm_up': False, **options}
                                       ))) as load:
        yield load


def say(voice, text=TEXT):
    return np.concatenate([chunk.samples for chunk in voice.synthesize(text, lambda: False)])


def is_whole(sound, rate=24000):
    """Return whether it is the fake's tone for the text, as long and as high as it has to be."""
    wanted = tone(TEXT, rate)
    return len(sound) == len(wanted) and np.abs(sound - wanted).max() < 0.02


def test_it_is_heard_as_it_comes_and_the_request_is_openais(server, voice):
    loaded = voice(speed=1.25, extra='{"lang_code": "a"}')
    chunks = [chunk.samples for chunk in loaded.synthesize(TEXT, lambda: False)]
    assert len(chunks) > 10
    assert len(np.concatenate(chunks)) == len(tone(TEXT, 24000, 1.25))
    assert server.asked(SPEECH) == [{
        'model': 'tiny', 'input': TEXT, 'voice': 'af_heart', 'response_format': 'pcm',
        'speed': 1.25, 'lang_code': 'a'}]
    assert 'authorization' not in server.requests[-1][2]


def test_one_connection_serves_clause_after_clause(server, voice):
    loaded = voice()
    for _ in range(3):
        say(loaded)
    assert server.connections == 1
    assert not [*loaded.synthesize('...', lambda: False)]
    assert 'speed' not in server.asked(SPEECH)[0]


def test_a_server_of_ones_own_is_warmed_up(server, voice):
    voice(warm_up=True)
    assert [body['input'] for body in server.asked(SPEECH)] == ['Ready.']


@pytest.mark.parametrize('deviation', [
    {'container': True}, {'container': True, 'rate': 22050},
    {'headers': {'Content-Type': 'audio/wav'}}, {'headers': {}},
    {'headers': {'Content-Type': 'audio/mpeg'}}, {'formats': ('wav',)},
    {'headers': {'Content-Type': 'audio/pcm; rate=16000'}, 'rate': 16000},
    {'headers': {'Content-Type': 'application/octet-stream', 'X-Sample-Rate': '48000'},
     'rate': 48000}], ids=str)
def test_sound_of_another_kind_or_label_is_the_same_sound(server, voice, deviation):
    for name, value in deviation.items():
        setattr(server, name, value)
    loaded = voice()
    for _ in range(2):
        sound = say(loaded)
        if server.rate != 24000:
            # Resampled: the end may differ by a few samples.
            assert abs(len(sound) - len(tone(TEXT, 24000))) < 30
            sound = np.resize(sound, len(tone(TEXT, 24000)))
            sound[-500:] = tone(TEXT, 24000)[-500:]
        assert is_whole(sound)
    if 'formats' in deviation:
        assert [body['response_format'] for body in server.asked(SPEECH)] == ['pcm', 'wav', 'wav']


@pytest.mark.parametrize('refusal', [
    Answer(422, json.dumps({'detail': [{'loc': ['body', 'response_format'], 'input': 'pcm',
                                        'msg': "Input should be 'wav' or 'mp3'"}]}).encode()),
    Answer(500, b'{"error":{"code":500,"message":"invalid response_format","type":""}}'),
    Answer(400, b'unsupported format')], ids=['fastapi', 'localai', 'plain'])
def test_a_server_without_pcm_is_asked_for_wav(server, voice, refusal):
    server.formats, server.format_refusal = ('wav',), refusal
    assert is_whole(say(voice()))


@pytest.mark.parametrize(('body', 'kind'), [
    (MP3, 'MP3'), (b'ID3\x04' + bytes(600), 'MP3'), (b'OggS' + bytes(60), 'Ogg'),
    (b'fLaC' + bytes(60), 'FLAC')])
def test_a_server_that_sends_what_it_likes_is_refused_after_a_second_attempt(
        server, voice, body, kind):
    server.speech = [Answer(body=body, headers={'Content-Type': 'audio/pcm'})] * 2
    with pytest.raises(UserError, match=f'sends {kind}, whatever is requested.*PCM or WAV'):
        say(voice())
    assert [each['response_format'] for each in server.asked(SPEECH)] == ['pcm', 'wav']


def test_a_loud_first_sample_is_no_mp3(server, voice):
    # 0xFBFF and 0x6490: as two samples they are a click, as bytes the beginning of a frame.
    sound = np.concatenate([np.frombuffer(b'\xff\xfb\x90\x64', '<i2') / np.float32(32768),
                            tone(TEXT, 24000)])
    server.speech = [Answer(body=to_s16(sound).tobytes())]
    assert np.allclose(say(voice()), sound, atol=1e-4)


@pytest.mark.parametrize(('body', 'label', 'says'), [
    (b'<!DOCTYPE html><html>Log in</html>', 'text/html', 'sends a web page, no sound'),
    (b'{"error": {"message": "' + TEXT.encode() + b'"}}', 'application/json',
     'sends text, no sound'),
    (b'data: {"type": "speech.audio.delta"}\n\n', 'text/event-stream', 'sends text, no sound'),
    (b'', 'audio/pcm', 'sends no sound')])
def test_what_is_no_sound_is_told_and_not_played(server, voice, body, label, says):
    server.speech = [Answer(body=body, headers={'Content-Type': label})]
    with pytest.raises(ProviderError, match=says) as found:
        say(voice())
    assert TEXT not in str(found.value)
    assert len(server.asked(SPEECH)) == 1


@pytest.mark.parametrize(('status', 'body', 'kind', 'says'), [
    (401, '{"error": {"code": "invalid_api_key"}}', UserError, r'asks for a key: HTTP 401\. Set '),
    (404, '{"detail": "Not Found"}', UserError,
     r'no /audio/speech at this address: HTTP 404.*ends with /v1'),
    (404, '{"detail": "Model \'tiny\' is not installed locally."}', UserError,
     r"tts.openai.model: .* has no model 'tiny': HTTP 404\. Near ones: tiny"),
    (404, '{"error": {"message": "The model does not exist", "code": "model_not_found"}}',
     UserError, r"has no model 'tiny' \(model_not_found\)"),
    (400, '{"error": {"message": "Input should be x", "param": "voice"}}', UserError,
     r"tts.voice: .* has no voice 'af_heart': HTTP 400"),
    (422, '{"detail": [{"loc": ["body", "voice"], "msg": "Field required", "input": "SECRET"}]}',
     UserError, r'tts.voice: '),
    (422, '{"detail": [{"loc": ["body", "input"], "msg": "too long", "input": "voice model"}]}',
     ProviderError, r'refuses the request: HTTP 422$'),
    (307, '', UserError, 'sends requests elsewhere: HTTP 307'),
    (429, '{"error": {"code": "rate_limit_exceeded"}}', ProviderError, 'too many requests'),
    (500, '{"error": {"message": "could not load model: rpc error", "code": 500}}', ProviderError,
     'a fault of its own: HTTP 500; it is about the model'),
    (503, '<html>SECRET</html>', ProviderError, 'a fault of its own: HTTP 503$')])
def test_refusals_say_what_to_do_and_nothing_of_what_was_said(
        server, voice, status, body, kind, says):
    loaded = voice()
    server.speech = [Answer(status, body.encode(), {'Location': '/v2'})]
    with pytest.raises(kind, match=says) as found:
        say(loaded)
    assert 'SECRET' not in str(found.value) and TEXT not in str(found.value)
    if kind is ProviderError:
        assert found.value.retriable == (status != 422)
    assert is_whole(say(loaded)), 'and the next clause is said'


def test_a_quota_that_is_used_up_is_not_tried_again(server, voice):
    server.speech = [Answer(429, b'{"error": {"code": "insufficient_quota"}}')]
    with pytest.raises(ProviderError, match='insufficient_quota') as found:
        say(voice())
    assert not found.value.retriable


@pytest.mark.parametrize('voices', [
    ['af_heart', 'am_michael'], [{'id': 'af_heart', 'name': 'Heart'}, {'id': 'am_michael'}], None])
def test_a_wrong_voice_is_answered_with_near_ones_where_they_are_listed(server, voice, voices):
    server.voices = voices
    if voices is None:
        server.speech = [Answer(400, b'{"error": {"message": "Invalid voice"}}')]
    near = r'Near ones: am_michael\.' if voices else r'Correct tts\.voice\.'
    with pytest.raises(UserError, match=rf"tts.voice: .* no voice 'michael': HTTP 400. {near}"):
        say(voice('michael'))


def test_a_model_that_is_not_named_is_the_only_one_or_asked_for(server, voice):
    server.models = ['kokoro', 'piper']
    with pytest.raises(UserError, match=r'tts.openai.model: no model .* It has kokoro, piper\.'):
        voice()
    say(voice(model='orpheus'))
    assert server.asked(SPEECH)[-1]['model'] == 'orpheus'


def test_keys_come_from_files_and_variables_and_go_only_where_they_belong(
        server, voice, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    server.key = 'sk-very-secret'
    monkeypatch.setenv('OPENAI_API_KEY', server.key)
    with pytest.raises(UserError, match='asks for a key'):
        voice()  # base_url names another server than the key's
    monkeypatch.setenv('OPENAI_BASE_URL', server.address + '/')
    assert is_whole(say(voice(base_url='')))
    monkeypatch.setenv('OPENAI_API_KEY', 'sk-wrong')
    with pytest.raises(UserError, match=r'refuses the key.*Correct OPENAI_API_KEY') as found:
        voice(base_url='')
    monkeypatch.delenv('OPENAI_BASE_URL')
    monkeypatch.setenv('SPEECH_KEY', server.key)
    assert is_whole(say(voice(key_variable='SPEECH_KEY')))
    file = tmp_path / 'key'
    file.write_text(server.key + '\n')
    file.chmod(0o644)
    with pytest.raises(UserError, match='can be read by others'):
        voice(api_key_file=file)
    file.chmod(0o600)
    assert is_whole(say(voice(api_key_file=file)))
    with pytest.raises(UserError, match='key_variable names is not set') as mistaken:
        voice(key_variable=server.key)
    assert server.key not in f'{found.value}{mistaken.value}{caplog.text}'


def test_openai_itself_needs_a_key_and_a_key_needs_encryption(voice, monkeypatch):
    with pytest.raises(UserError, match=r'OPENAI_API_KEY is not set, and .* only with a key'):
        voice(base_url='')
    monkeypatch.setenv('SPEECH_KEY', 'sk-mine')
    with pytest.raises(UserError, match='the key would travel unencrypted'):
        voice(base_url='http://192.0.2.1:8880/v1', key_variable='SPEECH_KEY')


def test_it_speaks_tls(certificate, monkeypatch):
    server = FakeOpenAi('sk-mine', certificate)
    try:
        monkeypatch.setenv('SPEECH_KEY', server.key)
        options = SpeechOptions(base_url=server.address, key_variable='SPEECH_KEY')
        with loading(OpenAiVoice) as load:
            with pytest.raises(ProviderError, match='certificate that is not trusted'):
                load('af_heart', 1.0, options)
            monkeypatch.setenv('SSL_CERT_FILE', str(certificate.file))
            assert is_whole(say(load('af_heart', 1.0, options)))
    finally:
        server.close()


@pytest.mark.parametrize('trouble', [Trouble(delay=60), Trouble(gap=60)])
def test_cancelled_it_ends_at_once_and_so_does_the_request(server, voice, trouble):
    loaded = voice()
    server.troubles.coming.append(trouble)
    leave = threading.Event()
    speaking = threading.Thread(target=lambda: list(loaded.synthesize(TEXT, leave.is_set)))
    speaking.start()
    until(lambda: server.troubles.begun.acquire(blocking=False), 'the request')
    leave.set()
    speaking.join(20)
    assert not speaking.is_alive()
    until(lambda: server.troubles.left.acquire(blocking=False), 'the end of the request')
    assert is_whole(say(loaded))


def test_a_silent_server_is_waited_for_only_so_long(server, voice):
    loaded = voice(timeout=0.3)
    server.troubles.coming.append(Trouble(delay=60))
    with pytest.raises(ProviderError, match=r'sent nothing for 0.3 s'):
        say(loaded)


def test_a_connection_that_breaks_off_is_told_after_the_sound_before_it(server, voice):
    server.troubles.coming.append(Trouble(cut=True, after=4))
    chunks = []
    with pytest.raises(ProviderError, match='broke off') as found:
        for chunk in voice().synthesize(TEXT, lambda: False):
            chunks.append(chunk)
    assert found.value.retriable and chunks


def test_an_answer_without_end_is_bounded(server, voice, monkeypatch):
    monkeypatch.setattr('txt2vid_ros.providers.cloud.openai.voice.MAX_SOUND_BYTES', 50000)
    with pytest.raises(ProviderError, match='sends more than a clause'):
        say(voice())


def test_where_nobody_listens_that_is_told(voice):
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        address = f'http://127.0.0.1:{nobody.getsockname()[1]}/v1'
    with pytest.raises(ProviderError, match='cannot be reached: connection refused'):
        voice(base_url=address)


@pytest.mark.parametrize(('options', 'says'), [
    ({'base_url': 'speech.local'}, 'tts.openai.base_url is'), ({'rate': 100}, 'rate'),
    ({'response_format': 'mp3'}, 'one of pcm, wav'), ({'extra': '[1]'}, 'JSON object'),
    ({'extra': '{"input": "no"}'}, 'other than input')])
def test_options_that_cannot_be_are_refused(voice, options, says):
    with pytest.raises(UserError, match=says):
        voice(**options)


def test_in_a_list_it_is_followed_by_the_next_and_tried_again(server):
    """The retries are those of the fall-back: one more attempt, then the next voice."""
    voice = make_voice('openai,clap', 'af_heart', options={
        'openai.base_url': server.address, 'openai.warm_up': False},
        limits=TimeLimits(20.0, 20.0, 60.0, 20.0))
    voice.load()
    server.speech = [Answer(503)]
    assert is_whole(say(voice)) and len(server.asked(SPEECH)) == 2
    server.speech = [Answer(503)] * 2
    assert not is_whole(say(voice)) and len(server.asked(SPEECH)) == 4
    voice.close()


def test_a_wav_file_is_read_whatever_it_says_of_its_length(server, voice):
    data = wav(to_s16(tone(TEXT, 24000)).tobytes(), 24000)
    unknown = data[:4] + b'\xff\xff\xff\xff' + data[8:40] + b'\xff\xff\xff\xff' + data[44:]
    server.speech = [Answer(body=data), Answer(body=unknown)]
    loaded = voice(response_format='wav')
    assert is_whole(say(loaded)) and is_whole(say(loaded))
