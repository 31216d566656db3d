"""A server with OpenAI's interface writes down what is said, in whatever form it answers."""

from __future__ import annotations

import json

from fake_openai import Answer, FakeOpenAi
from fake_voices import heard
from hearing import words
from loading import loading
import numpy as np
import pytest
from speech_clips import clip
from trouble import Trouble
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.choice import make_recognizer
from txt2vid_ros.providers.cloud.openai.recognizer import OpenAiRecognizer, TranscriptionOptions

PATH = '/v1/audio/transcriptions'
SOUND = np.random.default_rng(0).uniform(-0.1, 0.1, 16000).astype(np.float32)


@pytest.fixture
def server():
    fake = FakeOpenAi()
    yield fake
    fake.close()


@pytest.fixture
def ear(server):
    """Return a function that loads a recognizer of the fake, and close all."""
    with loading(lambda locale='en', **options: OpenAiRecognizer(locale, TranscriptionOptions(
            **{'base_url': server.address, 'warm_up': False, **options}))) as load:
        yield load


def test_real_speech_is_written_down_over_the_fall_back(server):
    server.hear = heard
    said = clip('0930')
    recognizer = make_recognizer('openai', options={'openai.base_url': server.address})
    recognizer.load()
    recognition = recognizer.open()
    recognition.push(said.sound())
    assert words(recognition.finish().text) == words(said.text)
    recognizer.close()
    silence, _ = server.asked(PATH)
    assert len(silence['file']) == 32044, 'the warm-up'


@pytest.mark.parametrize(('locale', 'options', 'sent'), [
    ('en', {}, 'en'), ('pt-BR', {}, 'pt'), ('zh_TW', {}, 'zh'), ('en', {'language': 'auto'}, None),
    ('auto', {}, None), ('en,es', {}, None), ('auto', {'language': 'es'}, 'es'),
    ('en', {'language': 'yue', 'prompt': 'Kiel'}, 'yue')])
def test_the_request_is_openais(server, ear, locale, options, sent):
    assert ear(locale, **options).transcribe(SOUND).text == 'Two words.'
    body, = server.asked(PATH)
    file = body.pop('file')
    assert len(file) == 44 + 32000
    assert body == {'model': 'tiny', 'response_format': 'json',
                    **({'language': sent} if sent else {}),
                    **({'prompt': 'Kiel'} if 'prompt' in options else {})}


@pytest.mark.parametrize('answer', [
    {'text': ' Two  words.\n'}, {'type': 'transcript.text.done', 'text': 'Two words.'},
    {'task': 'transcribe', 'language': 'english', 'duration': 1.0, 'text': 'Two words.',
     'segments': [{'id': 0, 'text': ' Two words.'}]},
    {'segments': [{'text': ' Two'}, {'text': ' words.'}]}, b'Two words.\n', b'\nTwo words.'],
    ids=str)
def test_the_text_is_found_in_whatever_form_it_comes(server, ear, answer):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    server.texts = [Answer(body=body)]
    assert ear().transcribe(SOUND).text == 'Two words.'


@pytest.mark.parametrize('answer', [b'{"text": ""}', b'', b'{"text": "..."}',
                                    b'{"text": "' + b'Thank you for watching. ' * 20 + b'"}'])
def test_nothing_heard_is_an_empty_text(server, ear, answer):
    server.texts = [Answer(body=answer)]
    assert ear().transcribe(SOUND).text == ''


@pytest.mark.parametrize('answer', [
    b'<html>', b'{"error": {"message": "no"}}', b'{"text": null}', b'{"text": "cut', b'[]',
    b'{"segments": [{"start": 1}]}'])
def test_an_answer_without_a_text_is_told(server, ear, answer):
    server.texts = [Answer(body=answer)]
    with pytest.raises(ProviderError, match='sends no text of what it heard'):
        ear().transcribe(SOUND)


def test_an_answer_without_end_is_bounded(server, ear):
    server.texts = [Answer(body=b'{"text": "' + b'no ' * 500_000)]
    with pytest.raises(ProviderError, match='sends more than 1 MB'):
        ear().transcribe(SOUND)


@pytest.mark.parametrize(('status', 'body', 'kind', 'says'), [
    (404, '{"detail": "Not Found"}', UserError, 'has no /audio/transcriptions at this address'),
    (404, '{"detail": "Model \'tiny\' is not installed locally."}', UserError,
     r"stt.openai.model: .* has no model 'tiny'"),
    (400, '{"error": {"message": "The audio is too short"}}', ProviderError,
     'refuses the request: HTTP 400'), (503, '', ProviderError, 'a fault of its own')])
def test_refusals_are_told_apart(server, ear, status, body, kind, says):
    loaded = ear()
    server.texts = [Answer(status, body.encode())]
    with pytest.raises(kind, match=says):
        loaded.transcribe(SOUND)
    assert loaded.transcribe(SOUND).text == 'Two words.'


def test_a_server_that_refuses_silence_is_loaded_all_the_same(server, ear):
    server.texts = [Answer(400, b'{"error": {"message": "The audio is too short"}}')]
    assert ear(warm_up=True).transcribe(SOUND).text == 'Two words.'
    server.texts = [Answer(404, b'{"detail": "Not Found"}')]
    with pytest.raises(UserError, match='at this address'):
        ear(warm_up=True)


def test_a_silent_server_is_waited_for_only_so_long(server, ear):
    loaded = ear(timeout=0.3)
    server.troubles.coming.append(Trouble(delay=60))
    with pytest.raises(ProviderError, match=r'sent nothing for 0\.3 s'):
        loaded.transcribe(SOUND)
    assert server.troubles.left.acquire(timeout=20)


@pytest.mark.parametrize('drafts', [True, False])
def test_drafts_are_requests_and_can_be_forgone(server, ear, drafts):
    recognition = ear(drafts=drafts).open()
    recognition.push(SOUND)
    assert recognition.draft().text == ('Two words.' if drafts else '')
    assert len(server.asked(PATH)) == drafts
    assert recognition.hypothesis().text == recognition.finish().text == 'Two words.'
    assert len(server.asked(PATH)) == 1 + drafts, 'the text of a pause is the final one'
