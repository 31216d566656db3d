"""The nodes web and link by their topics of a call: what a page does there arrives, and back."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
from pathlib import Path
import socket
import types
import urllib.request

from graph_harness import Command, eventually, TIMEOUT
from hri_msgs.msg import LiveSpeech
import pytest
from ros_observer import Observer, Recording
from std_msgs.msg import Empty, String
from test_web import Events
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.ros import messages, qos

DELAY = 2.0
"""Seconds that a text stands where it is not corrected."""
JPEG = b'\xff\xd8\xff\xe0' + bytes(200)


class Call:
    """One end's web and link, the other end's link, and publishers in the place of the rest."""

    def __init__(self, folder: Path, parts: contextlib.ExitStack) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(('127.0.0.1', 0))
            address = f'127.0.0.1:{free.getsockname()[1]}'
        state = {'XDG_STATE_HOME': str(folder / 'state')}
        self.web = parts.enter_context(Command(
            folder, '--ros-args', '-r', '__ns:=/near', '-p', 'http:=127.0.0.1:0',
            module='txt2vid_ros.nodes.web', environment=state))
        common = ('-p', 'role:=peer', '-p', f'address:={address}', '-p', 'state_file:=off')
        self.links = [parts.enter_context(Command(
            folder, '--ros-args', '-r', f'__ns:=/{name}', *common, *more,
            module='txt2vid_ros.nodes.link', domain=self.web.domain, environment=state))
            for name, more in (('near', ('-p', f'send_delay:={DELAY}')),
                               ('far', ('-p', 'listen:=true')))]
        self.url = self.web.wait_line(r'watch in a browser: (http://\S+)/')[1]
        head = types.SimpleNamespace(domain=self.web.domain, namespace='/near')
        self.near = parts.enter_context(Observer(head))  # type: ignore[arg-type]
        self.far = parts.enter_context(Observer(head, '/far'))  # type: ignore[arg-type]
        self.page = parts.enter_context(Events(self.url))
        self.folder = folder
        self.speech = self.near.publisher(LiveSpeech, 'speech', qos.SPEECH)
        self.heard = self.far.record(LiveSpeech, 'heard', qos.SPEECH)
        self.draft = self.near.record(LiveSpeech, 'speech/draft', qos.SPEECH)
        self.stamp = SECOND

    def report(self, **peer: object) -> None:
        """Tell how the call stands, as the node call does."""
        self.near.publisher(String, 'call/peer', qos.INFO).publish(String(data=json.dumps(peer)))

    def recognize(self, text: str, *, partial: str = '') -> str:
        """Say a text, as stt does; return its stamp as pages have it."""
        self.stamp = self.near.node.get_clock().now().nanoseconds
        self.speech.publish(messages.to_speech('guest', self.stamp, 'en', 1.0, partial=partial,
                                               final=text))
        return str(self.stamp)

    def ask(self, method: str, body: bytes | None = None) -> int:
        request = urllib.request.Request(f'{self.url}/call/face', body, {
            'X-Face-Consent': 'agreed'}, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return int(answer.status)

    def edit(self, start: str, action: str, text: str = '') -> None:
        self.page.send(type='edit', speaker='guest', start=start, action=action, text=text)


@pytest.fixture(scope='module')
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    with contextlib.ExitStack() as parts:
        made = Call(tmp_path_factory.mktemp('call'), parts)
        made.report(state='connected', name='Anna', voice='heart', progress=[1, 2],
                    own_card={'face': 'none'})
        # The link is there, and says for how long a text stands.
        made.page.wait('call', lambda event: event['there'] and (
            event['bits_per_second'] is not None))
        eventually(lambda: made.speech.get_subscription_count() == 2, 'those who follow speech')
        yield made
        for process in (made.web, *made.links):
            assert 'Traceback' not in process.text


def lines(call: Call, count: int, after: int) -> list[dict[str, object]]:
    """Wait until so many lines stand, as pages are told; return them."""
    found: list[dict[str, object]] = call.page.wait(
        'drafts', lambda event: len(event['lines']) == count, after)['lines']
    return found


def heard(recording: Recording, after: int) -> str:
    return str(recording.wait(lambda message: message.final, after).final)


def test_a_page_learns_of_the_peer_and_the_link(call: Call) -> None:
    first = len(call.page.seen)
    call.near.publisher(String, 'link/mode', qos.INFO).publish(String(data='audio'))
    event = call.page.wait('call', lambda event: event['mode'] == 'audio', first)
    assert (event['state'], event['name'], event['voice'], event['progress']) == (
        'connected', 'Anna', 'heart', [1, 2])
    assert event['own_card'] == {'face': 'none'}
    assert event['lost_seconds'] == 0
    # Who comes later learns of it as well.
    with Events(call.url) as late:
        assert late.wait('call')['name'] == 'Anna'


def test_what_is_not_corrected_is_sent_after_its_delay(call: Call) -> None:
    before, page = len(call.heard.messages), len(call.page.seen)
    call.recognize('', partial='It is')
    start = call.recognize('It is as I said.')
    line, = lines(call, 1, page)
    assert (line['text'], line['start'], line['held']) == ('It is as I said.', start, False)
    arrived = int(str(line['due'])) - round(DELAY * SECOND)
    assert 0 <= arrived - int(start) < TIMEOUT * SECOND
    assert heard(call.heard, before) == 'It is as I said.'
    assert lines(call, 0, page) == []
    # Nothing of it went out before.
    assert [each.final for each in call.heard.messages[before:]] == ['It is as I said.']


def test_a_text_is_held_corrected_and_said(call: Call) -> None:
    before, page = len(call.heard.messages), len(call.page.seen)
    start = call.recognize('I scream.')
    lines(call, 1, page)
    call.edit(start, 'hold', 'Ice cre')
    call.page.wait('drafts', lambda event: [each['held'] for each in event['lines']] == [True],
                   page)
    # What is said meanwhile waits for it, beyond its own delay.
    call.recognize('Please.')
    held = lines(call, 2, page)
    assert [each['text'] for each in held] == ['Ice cre', 'Please.']
    call.edit(start, 'send', 'Ice cream.')
    assert heard(call.heard, before) == 'Ice cream.'
    assert heard(call.heard, before + 1) == 'Please.'
    assert lines(call, 0, page) == []


def test_a_text_is_discarded(call: Call) -> None:
    before, page = len(call.heard.messages), len(call.page.seen)
    start = call.recognize('Oh no.')
    lines(call, 1, page)
    call.edit(start, 'discard')
    assert lines(call, 0, page) == []
    call.recognize('What comes after.')
    assert heard(call.heard, before) == 'What comes after.'


def test_the_delay_can_be_changed_while_it_runs(call: Call) -> None:
    assert call.near.set_parameter('link', 'send_delay', 0.0) == (True, '')
    before, drafts = len(call.heard.messages), len(call.draft.messages)
    call.recognize('At once.')
    assert heard(call.heard, before) == 'At once.'
    assert len(call.draft.messages) == drafts
    assert call.near.set_parameter('link', 'send_delay', -1.0)[0] is False


def test_an_own_face_is_told_by_its_path_and_given_up(call: Call) -> None:
    told = call.near.record(String, 'call/own_face', qos.INFO)
    first = len(call.page.seen)
    assert call.ask('POST', JPEG) == 204
    path = Path(told.wait(lambda message: message.data).data)
    assert path.read_bytes() == JPEG
    assert path.is_relative_to(call.folder / 'state' / 'txt2vid' / 'shared_face')
    call.page.wait('call', lambda event: event['shares'], first)
    assert call.ask('DELETE') == 204
    told.wait(lambda message: not message.data)
    assert not path.exists()


def test_a_page_hangs_up(call: Call) -> None:
    told = call.near.record(Empty, 'call/hang_up', qos.TEXT)

    def hung_up() -> bool:
        call.page.send(type='hang_up')
        with contextlib.suppress(AssertionError):
            told.wait(timeout=1.0)
        return bool(told.messages)

    # Who has only just subscribed may miss the first.
    eventually(hung_up, 'the end of the call')


def test_what_was_shared_ends_with_the_node(call: Call) -> None:
    assert call.ask('POST', JPEG) == 204
    kept = list((call.folder / 'state').rglob('*.jpg'))
    assert len(kept) == 1
    call.web.close()
    assert call.web.process.returncode == 0
    assert not kept[0].exists()
