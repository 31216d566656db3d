"""The answers of a chat service over the real protocol, and what its errors say."""

from __future__ import annotations

from collections.abc import Iterator
import json
import re
import threading

from fake_chat import answer, DONE, event, FakeChat, Step
import pytest
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.chat.service import ChatService

QUESTION = [{'role': 'user', 'content': 'My secret question.'}]


def ask(fake: FakeChat, timeout: float = 20.0, environment: dict[str, str] | None = None
        ) -> Iterator[str]:
    service = ChatService(timeout=timeout, environment=environment or fake.environment)
    try:
        yield from service.answer(QUESTION, lambda: False)
    finally:
        service.close()


def error_of(fake: FakeChat, **options: float) -> tuple[str, list[str]]:
    """Return what an answer that fails says, and what of it came before."""
    parts: list[str] = []
    with pytest.raises((ProviderError, UserError)) as found:
        parts.extend(ask(fake, **options))
    return str(found.value), parts


def test_an_answer_comes_in_its_parts_and_the_request_says_what_is_wanted() -> None:
    with FakeChat(answer('Hello', ' th', 'ere.')) as fake:
        assert [*ask(fake)] == ['Hello', ' th', 'ere.']
    assert fake.paths == ['/v1/chat/completions']
    assert fake.requests == [{'model': 'tiny', 'messages': QUESTION, 'stream': True}]
    assert fake.headers[0]['Authorization'] == 'Bearer sk-mine'


WRITTEN = 'Grüße 😀, “yes”.'
STREAMS = {
    'carriage returns': b''.join(answer(WRITTEN)).replace(b'\n', b'\r\n'),
    'bare returns': b''.join(answer(WRITTEN)).replace(b'\n', b'\r'),
    'comments': b': hi\n\n'.join([b'', *answer(WRITTEN)]),
    'other fields': b'event: chunk\nid: 7\nretry: 10\n'.join([b'', *answer(WRITTEN)]),
    'no space': b''.join(answer(WRITTEN)).replace(b'data: ', b'data:'),
    'no end': event(WRITTEN),
    'no blank line': event(WRITTEN) + DONE.rstrip(b'\n'),
    'an end within the last event': event(WRITTEN).rstrip(b'\n'),
    'figures': event(WRITTEN) + b'data: {"choices": [], "usage": {"total_tokens": 7}}\n\n' + DONE,
    'more behind the end': event(WRITTEN) + DONE + event('No.'),
    'a tool call': event(None, delta={'content': None, 'tool_calls': [{'id': 'x'}]})
    + event(WRITTEN) + DONE,
    'several lines': b'data: {"choices": [{"delta":\ndata: {"content": "Gr\\u00fc\\u00dfe '
                     b'\\ud83d\\ude00, \\u201cyes\\u201d."}}]}\n\n' + DONE,
    'whole, no stream': json.dumps({'choices': [{'message': {'content': WRITTEN}}]}).encode(),
}


@pytest.mark.parametrize('name', STREAMS)
def test_events_may_be_written_and_cut_anyhow(name: str) -> None:
    stream = STREAMS[name]
    whole, single = [stream], [stream[at:at + 1] for at in range(len(stream))]
    halves = [stream[:len(stream) // 2], stream[len(stream) // 2:]]
    with FakeChat(whole, single, halves) as fake:
        for _ in range(3):
            assert ''.join(ask(fake)) == WRITTEN


@pytest.mark.parametrize(('given', 'says'), [
    ((401, b'{"error": {"message": "Incorrect API key provided: sk-mine", "code": '
           b'"invalid_api_key"}}'), r'refuses the key \(invalid_api_key\).*OPENAI_API_KEY'),
    ((404, b'{"error": {"code": "model_not_found"}}'), "no model 'tiny'.*OPENAI_MODEL"),
    ((404, b'<html>nothing here'), 'OPENAI_BASE_URL, which usually ends with /v1'),
    ((429, b'{"error": {"type": "insufficient_quota"}}'), r'used up \(insufficient_quota\)'),
    ((400, b'{"error": {"message": "My secret question.", "code": "My secret question."}}'),
     'refuses the request: HTTP 400'),
    ((500, b''), 'a fault of its own: HTTP 500'),
    ((302, b''), 'HTTP 302'),
    ([b'data: {"choices": [}\n\n'], 'what is not JSON'),
    ([b'data: [1, 2]\n\n'], 'what is not JSON'),
    ([b'<!DOCTYPE html><p>Log in first</p>'], 'without an answer'),
    ([b''], 'without an answer'),
    ([b'data: ' + b'x' * 1_100_000], 'an event of more than 1 MB'),
    ([b'{"error": {"code": "overloaded"}}'], r'broke off with an error \(overloaded\)'),
])
def test_what_goes_wrong_is_said_without_the_key_or_what_was_said(
        given: list[Step] | tuple[int, bytes], says: str) -> None:
    with FakeChat(given) as fake:
        line, parts = error_of(fake)
    assert parts == []
    assert re.search(says, line), line
    assert 'sk-mine' not in line
    assert 'secret' not in line
    assert '\n' not in line


@pytest.mark.parametrize(('then', 'says'), [
    ([b'data: {"error": {"message": "x", "type": "server_error"}}\n\n'],
     r'broke off with an error \(server_error\)'),
    ([None], 'the chat service broke off'),
    ([threading.Event()], 'wrote nothing for 0.3 s'),
])
def test_what_goes_wrong_in_mid_stream_comes_behind_what_came_before(
        then: list[Step], says: str) -> None:
    with FakeChat([event('Hello'), *then]) as fake:
        line, parts = error_of(fake, timeout=0.3)
    assert parts == ['Hello']
    assert says.replace('\\', '') in line


def test_without_anybody_there_it_is_said_so() -> None:
    with FakeChat(answer('x')) as fake:
        environment = fake.environment
    with pytest.raises(ProviderError, match='cannot be reached: connection refused'):
        [*ask(fake, environment=environment)]


def test_an_answer_that_nobody_wants_ends_at_once_at_the_service_too() -> None:
    unwanted = threading.Event()
    with FakeChat([event('Hello'), threading.Event()], answer('Yes.')) as fake:
        service = ChatService(environment=fake.environment)
        parts = service.answer(QUESTION, unwanted.is_set)
        assert next(parts) == 'Hello'
        unwanted.set()
        assert [*parts] == []
        assert fake.left.acquire(timeout=30)
        assert [*service.answer(QUESTION, lambda: False)] == ['Yes.']
        service.close()


@pytest.mark.parametrize(('environment', 'says'), [
    ({}, 'OPENAI_API_KEY is not set, and https://api.openai.com'),
    ({'OPENAI_API_KEY': 'two words'}, 'OPENAI_API_KEY holds no API key'),
    ({'OPENAI_BASE_URL': 'http://127.0.0.1:1/v1'}, 'no model of the chat service is named'),
    ({'OPENAI_BASE_URL': 'localhost:1', 'OPENAI_MODEL': 'x'}, "OPENAI_BASE_URL is 'localhost:1'"),
    ({'OPENAI_BASE_URL': 'http://192.0.2.1/v1', 'OPENAI_MODEL': 'x', 'OPENAI_API_KEY': 'k'},
     'the key would travel unencrypted'),
])
def test_what_is_missing_is_said_before_anybody_speaks(
        environment: dict[str, str], says: str) -> None:
    with pytest.raises(UserError, match=says) as found:
        ChatService(environment=environment)
    assert 'two words' not in str(found.value)


def test_a_service_without_a_key_may_be_on_any_machine_and_gets_none() -> None:
    ChatService(environment={'OPENAI_BASE_URL': 'http://192.0.2.1/v1', 'OPENAI_MODEL': 'x'})
    with FakeChat(answer('Hi')) as fake:
        environment = {**fake.environment, 'OPENAI_API_KEY': ''}
        assert [*ask(fake, environment=environment)] == ['Hi']
    assert 'Authorization' not in fake.headers[0]
