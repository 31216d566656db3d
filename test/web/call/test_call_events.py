"""What pages of a call are told, and what they ask for over their WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import aiohttp
from call_rig import CallServer
import pytest
from txt2vid_ros.web.server.call.drafts import DraftLines, FORGOTTEN_AFTER, MOST_LINES
from txt2vid_ros.web.server.call.peer import LONGEST_TEXT, read_peer

SECOND = 1_000_000_000
EDIT = {'type': 'edit', 'speaker': 'guest', 'start': '1800000000123456789', 'action': 'send',
        'text': 'Hello.'}


@pytest.fixture(scope='module')
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallServer]:
    with CallServer(tmp_path_factory.mktemp('faces')) as running:
        yield running


def answers(server: CallServer, *messages: dict[str, Any]) -> list[str]:
    """Send messages, and return the errors that they are answered with."""
    async def talk() -> list[str]:
        async with aiohttp.ClientSession() as client, client.ws_connect(
                f'{server.url}/events') as page:
            for message in (*messages, {'type': 'ping', 'sent': 1}):
                await page.send_json(message)
            errors = []
            while (event := await page.receive_json(timeout=60))['type'] != 'pong':
                if event['type'] == 'error':
                    errors.append(event['text'])
            return errors

    return asyncio.run(talk())


def test_corrections_and_the_end_of_the_call_reach_the_graph(server: CallServer) -> None:
    assert answers(server, EDIT, {**EDIT, 'action': 'hold', 'text': 'Grüße\0'},
                   {**EDIT, 'action': 'discard', 'text': ''}, {'type': 'hang_up'}) == []
    start = 1_800_000_000_123_456_789
    assert server.call.edits == [('guest', start, 'send', 'Hello.'),
                                 ('guest', start, 'hold', 'Grüße '),
                                 ('guest', start, 'discard', '')]
    assert server.call.hung_up == 1


@pytest.mark.parametrize('wrong', [
    {'speaker': None}, {'start': 7}, {'start': '-1'}, {'start': '1' * 30}, {'start': '٣'},
    {'start': ''}, {'action': 'shout'}, {'action': None}, {'action': []}, {'text': None},
    {'text': 'x' * 2001}, {'text': '\ud800'}])
def test_corrections_that_are_none_are_answered(server: CallServer, wrong: dict[str, Any]) -> None:
    before = list(server.call.edits)
    said, = answers(server, {**EDIT, **wrong})
    assert said.startswith('edit')
    assert server.call.edits == before


def test_without_a_call_it_says_so(tmp_path: Path) -> None:
    with CallServer(tmp_path) as server:
        server.call.there = False
        assert answers(server, EDIT, {'type': 'hang_up'}) == ['there is no call here'] * 2
        assert (server.call.edits, server.call.hung_up) == ([], 0)


def test_what_came_from_somebody_else_has_bounds() -> None:
    told = read_peer(json.dumps({
        'state': 'connected', 'name': 'A' * 9000, 'voice': ['x'], 'face': None, 'script': '<b>',
        'progress': [12, 30], 'own_card': {
            'face': 'clip', 'bytes': 5000, 'sent': True, 'progress': [1, 2], 'more': {'deep': 1},
            'far': 1e300, **{f'x{number}': '' for number in range(50)}}}))
    assert told is not None
    own = told.pop('own_card')
    assert told == {'state': 'connected', 'name': 'A' * LONGEST_TEXT, 'voice': '', 'face': '',
                    'locale': '', 'refusal': '', 'progress': [12, 30]}
    assert {name: value for name, value in own.items() if not name.startswith('x')} == {
        'face': 'clip', 'bytes': 5000, 'sent': True, 'progress': [1, 2]}
    assert len(own) <= 16


@pytest.mark.parametrize('report', ['', '7', '[]', 'null', '{', '[' * 60000, '"' + 'x' * 70000])
def test_what_is_no_report_is_none(report: str) -> None:
    assert read_peer(report) is None


@pytest.mark.parametrize('progress', [None, 7, [1], [1, 2, 3], [-1, 2], ['1', 2], [1.5, 2],
                                      [True, 2], [1, 1 << 60]])
def test_progress_is_two_numbers_or_none(progress: object) -> None:
    told = read_peer(json.dumps({'progress': progress}))
    assert told is not None
    assert told['progress'] is None


def test_lines_stand_in_order_until_they_are_empty() -> None:
    lines = DraftLines()
    lines.take('a', 5, '', 'First.', 10 * SECOND, 3.0)
    lines.take('a', 6, '', 'Second.', 11 * SECOND, 3.0)
    event = lines.take('a', 5, 'First, held', '', 12 * SECOND, 3.0)
    assert event == {'type': 'drafts', 'lines': [
        {'speaker': 'a', 'start': '5', 'text': 'First, held', 'held': True, 'due': ''},
        {'speaker': 'a', 'start': '6', 'text': 'Second.', 'held': False,
         'due': str(14 * SECOND)}]}
    assert [each['text'] for each in lines.take('a', 5, '', '', 13 * SECOND, 3.0)['lines']] == [
        'Second.']
    # Without a word of its end it goes by itself; and of many, pages get a few.
    assert lines.event(11 * SECOND + FORGOTTEN_AFTER + 1)['lines'] == []
    for number in range(50):
        event = lines.take('a', number, '', 'x', 0, 0.0)
    assert len(event['lines']) == MOST_LINES
    assert event['lines'][0]['due'] == ''
