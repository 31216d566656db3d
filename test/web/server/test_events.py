"""/events: what happens reaches every page that reads, and what pages ask for is done."""

from __future__ import annotations

import asyncio
import json
import socket

import aiohttp
import pytest
from web_rig import answer_of, FakeStream, until, Web

MALFORMED = {
    'no JSON': '{', 'nothing': '', 'a number': '7', 'a list': '[]', 'no type': '{}',
    'unknown type': '{"type":"shout"}', 'type of no text': '{"type":["say"]}',
    'deep': '[' * 8000, 'a long number': f'{{"type":"ping","sent":{"9" * 5000}}}',
    'no text': '{"type":"say"}', 'empty text': '{"type":"say","text":"  "}',
    'a text that is none': '{"type":"say","text":{}}',
    'half a character': '{"type":"say","text":"\\ud800"}',
    'a speaker that is none': '{"type":"say","text":"x","speaker":[1]}',
    'no number': '{"type":"ping","sent":"now"}', 'infinity': '{"type":"ping","sent":Infinity}',
    'measured nothing': '{"type":"measured"}',
    'measured no number': '{"type":"measured","av_offset_ms":true}'}


@pytest.mark.parametrize('case', MALFORMED)
def test_what_is_malformed_is_answered_and_the_page_goes_on(web: Web, case: str) -> None:
    async def talk(page: aiohttp.ClientWebSocketResponse) -> tuple[str, float]:
        await page.send_str(MALFORMED[case])
        said = (await answer_of(page, 'error'))['text']
        await page.send_json({'type': 'ping', 'sent': 1.5})
        return said, (await answer_of(page, 'pong'))['sent']

    before, said_before = web.errors().get('malformed_messages', 0), list(web.graph.said)
    said, sent = web.events(talk)
    assert said
    assert sent == 1.5
    assert web.errors()['malformed_messages'] == before + 1
    assert web.graph.said == said_before


def test_binary_is_answered_too(web: Web) -> None:
    async def talk(page: aiohttp.ClientWebSocketResponse) -> str:
        await page.send_bytes(b'{"type":"ping"}')
        return str((await answer_of(page, 'error'))['text'])

    assert 'text frames' in web.events(talk)


def test_texts_interruptions_and_figures_reach_the_graph(web: Web) -> None:
    async def talk(page: aiohttp.ClientWebSocketResponse) -> dict[str, object]:
        await page.send_json({'type': 'say', 'text': 'Grüße, 😀\0!', 'speaker': 'anna'})
        await page.send_json({'type': 'say', 'text': 'x', 'speaker': None})
        await page.send_json({'type': 'measured', 'av_offset_ms': -3, 'latency_ms': 180.5})
        await page.send_json({'type': 'interrupt'})
        await page.send_json({'type': 'ping', 'sent': 12345.678})
        return await answer_of(page, 'pong')

    pong = web.events(talk)
    assert pong == {'type': 'pong', 'sent': 12345.678, 'now': '1800000000123456789'}
    assert web.graph.said[-2:] == [('Grüße, 😀 !', 'anna'), ('x', '')]
    assert web.graph.interrupts == 1
    assert web.graph.figures == {'av_offset_ms': -3.0, 'latency_ms': 180.5}


def test_who_cannot_be_served_is_told(stream: FakeStream) -> None:
    with Web(stream) as web:
        web.graph.problem = 'nothing speaks here'

        async def talk(page: aiohttp.ClientWebSocketResponse) -> list[str]:
            texts = []
            for kind in ('say', 'interrupt'):
                await page.send_json({'type': kind, 'text': 'x'})
                texts.append((await answer_of(page, 'error'))['text'])
            return texts

        assert web.events(talk) == ['nothing speaks here'] * 2


def test_an_oversized_message_ends_its_page_alone(web: Web) -> None:
    async def talk(page: aiohttp.ClientWebSocketResponse) -> int | None:
        await page.send_str(json.dumps({'type': 'say', 'text': 'x' * 17000}))
        await page.receive()
        return page.close_code

    before = list(web.graph.said)
    assert web.events(talk) == 1009
    until(lambda: web.errors().get('oversized_messages'), 'the count')
    assert web.graph.said == before


def test_whoever_sends_too_often_is_ignored_and_then_sent_away(web: Web) -> None:
    async def talk(page: aiohttp.ClientWebSocketResponse) -> tuple[int, int | None]:
        for _ in range(400):
            await page.send_str('{"type":"ping","sent":1}')
        pongs = 0
        while (frame := await page.receive()).type == aiohttp.WSMsgType.TEXT:
            pongs += '"pong"' in frame.data
        return pongs, page.close_code

    pongs, code = web.events(talk)
    assert 0 < pongs < 200
    assert code == 1008


def test_every_page_gets_what_happens_and_who_is_late_what_holds(stream: FakeStream) -> None:
    with Web(stream) as web:
        post = web.server.parts.hub.post
        post({'type': 'state', 'level': 'ok'})
        post({'type': 'speaking', 'value': False})
        post({'type': 'caption', 'text': 'gone'})
        post({'type': 'speaking', 'value': True})
        post({'type': 'hello', 'version': 1})

        async def both() -> list[list[dict[str, object]]]:
            async with aiohttp.ClientSession() as client:
                pages = [await client.ws_connect(f'http://127.0.0.1:{web.port}/events')
                         for _ in range(2)]
                await asyncio.to_thread(until, lambda: len(web.server.parts.hub) == 2, 'pages')
                post({'type': 'caption', 'text': '<b>&"\u2028é😀'})
                return [[await page.receive_json() for _ in range(4)] for page in pages]

        for seen in asyncio.run(both()):
            assert seen == [
                {'type': 'hello', 'version': 1}, {'type': 'speaking', 'value': True},
                {'type': 'state', 'level': 'ok'},
                {'type': 'caption', 'text': '<b>&"\u2028é😀'}]
        until(lambda: len(web.server.parts.hub) == 0, 'their end')


def test_a_page_that_never_reads_is_dropped_and_the_others_get_all(
        stream: FakeStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('txt2vid_ros.web.server.events.event_door.SEND_SECONDS', 30.0)
    with Web(stream) as web:
        deaf = web.connect()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b'GET /events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
                     b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
        until(lambda: len(web.server.parts.hub) == 1, 'the page')

        async def listen(page: aiohttp.ClientWebSocketResponse) -> int:
            seen = 0
            while 'slow_pages' not in web.errors():
                web.server.parts.hub.post(
                    {'type': 'caption', 'number': seen, 'text': 'x' * 20000})
                assert (await page.receive_json())['number'] == seen
                seen += 1
            return seen

        assert web.events(listen) > 256
        until(lambda: len(web.server.parts.hub) == 0, 'its end')
        deaf.close()


def test_pages_are_told_that_the_server_ends(stream: FakeStream) -> None:
    async def wait(web: Web) -> int | None:
        async with aiohttp.ClientSession() as client, client.ws_connect(
                f'http://127.0.0.1:{web.port}/events') as page:
            await asyncio.to_thread(until, lambda: len(web.server.parts.hub) == 1, 'the page')
            await asyncio.to_thread(web.server.close)
            await page.receive()
            return page.close_code

    with Web(stream) as web:
        assert asyncio.run(wait(web)) in (1001, 1006)
